"""`/admin/solicitudes`: what waits for somebody's word, and what became of the others."""

from __future__ import annotations

from flask import Blueprint, Response, request

from idp.admin.now import Now
from idp.admin.roles import Permission
from idp.admin.sessions import Visit
from idp.admin.switch_evidence import shown
from idp.admin.switch_words import DECISIONS, KINDS, wanted
from idp.admin.views.gate import Gate
from idp.admin.views.menu import REQUESTS
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.upstream_status.request import Request
from idp.upstream_status.requests import Requests
from idp.web.redirects import see_other

_RECENT = 50


def blueprint(*, requests: Requests, now: Now, clock: Clock, gate: Gate) -> Blueprint:
    """Everybody reads them; a word is for who may flip."""
    routes = Blueprint("console_requests", __name__)

    def found(request_id: str) -> Request:
        one = requests.get(request_id)
        if one is None:
            raise IdpError("not_found", 404)
        return one

    def page(visit: Visit, one: Request, refused: str = "", code: int = 200) -> Response:
        open_still = one.decision is None and one.deadline > clock.now()
        return gate.page(
            "consola/solicitud.html",
            visit,
            status=code,
            request=one,
            open=open_still,
            own=one.own(visit.account.actor),
            refused=refused,
            done=request.args.get("hecho") == "1",
            label=now.label(one.realm),
            kinds=KINDS,
            decisions=DECISIONS,
            wanted=wanted,
            evidence=shown(one.evidence),
        )

    @routes.get(REQUESTS)
    @gate.needs(Permission.SEE_STATE)
    def show(visit: Visit) -> Response:
        waiting = now.waiting()
        open_ids = {one.id for one in waiting}
        return gate.page(
            "consola/solicitudes.html",
            visit,
            waiting=waiting,
            over=[one for one in requests.recent(None, _RECENT) if one.id not in open_ids],
            label=now.label,
            kinds=KINDS,
            decisions=DECISIONS,
            wanted=wanted,
        )

    @routes.get(f"{REQUESTS}/<request_id>")
    @gate.needs(Permission.SEE_STATE)
    def one(visit: Visit, request_id: str) -> Response:
        return page(visit, found(request_id))

    @routes.post(f"{REQUESTS}/<request_id>")
    @gate.needs(Permission.FLIP, fresh=True)
    def decide(visit: Visit, request_id: str) -> Response:
        word = request.form.get("palabra")
        if word not in ("aprobar", "rechazar"):
            raise IdpError("invalid_request", 400, detail="neither yes nor no")
        try:
            requests.decide(request_id, approve=word == "aprobar", who=visit.account.actor)
        except IdpError as error:
            if error.code not in ("request_over", "request_own"):
                raise
            return page(visit, found(request_id), error.code, error.status)
        return see_other(f"{REQUESTS}/{request_id}?hecho=1")

    return routes
