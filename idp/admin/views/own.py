"""`/admin/cuenta` and `/admin/confirmar`: a visitor's own account, and proving themselves again."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, Response, request

from idp.admin.own_account import OwnAccount
from idp.admin.roles import Permission
from idp.admin.session import OpenSession
from idp.admin.sessions import Sessions, Visit
from idp.admin.views.gate import PROVE, Gate, back_to
from idp.admin.views.menu import OWN_ACCOUNT
from idp.kernel.texts import Text
from idp.web.redirects import see_other

_CODES = f"{OWN_ACCOUNT}/codigos"


def blueprint(*, own: OwnAccount, sessions: Sessions, gate: Gate) -> Blueprint:
    """Everybody who is logged in has them."""
    routes = Blueprint("console_own", __name__)

    def page(visit: Visit, errors: Mapping[str, Text], status: int = 200) -> Response:
        return gate.page(
            "consola/cuenta.html",
            visit,
            status=status,
            errors=errors,
            done=request.args.get("hecho"),
            codes_left=own.codes_left(visit),
            sessions=sessions.of(visit),
        )

    @routes.get(OWN_ACCOUNT)
    @gate.needs(Permission.OWN_ACCOUNT)
    def show(visit: Visit) -> Response:
        return page(visit, {})

    @routes.post(f"{OWN_ACCOUNT}/clave")
    @gate.needs(Permission.OWN_ACCOUNT)
    def change_password(visit: Visit) -> Response:
        form = request.form
        errors = own.change_password(
            visit,
            form.get("actual", ""),
            form.get("nueva", ""),
            form.get("repetida", ""),
            gate.personal(),
        )
        if errors:
            return page(visit, errors, 422)
        return gate.let_in(see_other(f"{OWN_ACCOUNT}?hecho=clave"), own.begin_anew(visit))

    @routes.get(_CODES)
    @gate.needs(Permission.OWN_ACCOUNT, fresh=True)
    def ask_codes(visit: Visit) -> Response:
        return gate.page(
            "consola/nuevos_codigos.html", visit, codes_left=own.codes_left(visit), action=_CODES
        )

    @routes.post(_CODES)
    @gate.needs(Permission.OWN_ACCOUNT, fresh=True)
    def renew_codes(visit: Visit) -> Response:
        codes = own.renew_codes(visit)
        return gate.page(
            "consola/codigos.html", visit, codes=codes, on=OWN_ACCOUNT, first=False, entered=True
        )

    def end(visit: Visit, chosen: Callable[[OpenSession], bool]) -> Response:
        # What is not there any more counts as ended.
        sessions.end(visit, chosen)
        return see_other(f"{OWN_ACCOUNT}?hecho=sesiones")

    @routes.post(f"{OWN_ACCOUNT}/sesiones/otras")
    @gate.needs(Permission.OWN_ACCOUNT)
    def end_others(visit: Visit) -> Response:
        return end(visit, lambda one: one.session.sid != visit.session.sid)

    @routes.post(f"{OWN_ACCOUNT}/sesiones/<sid>")
    @gate.needs(Permission.OWN_ACCOUNT)
    def end_one(visit: Visit, sid: str) -> Response:
        return end(visit, lambda one: one.session.sid == sid)

    def prove_page(visit: Visit, back: str, error: Text | None, status: int = 200) -> Response:
        return gate.page(
            "consola/confirmar.html",
            visit,
            status=status,
            query={"volver": back},
            back=back,
            error=error,
        )

    @routes.get(PROVE)
    @gate.needs(Permission.OWN_ACCOUNT)
    def ask_proof(visit: Visit) -> Response:
        return prove_page(visit, back_to(request.args.get("volver")), None)

    @routes.post(PROVE)
    @gate.needs(Permission.OWN_ACCOUNT)
    def prove(visit: Visit) -> Response:
        back = back_to(request.form.get("volver"))
        wrong = own.prove(visit, request.form.get("clave", ""), gate.personal())
        return prove_page(visit, back, wrong, 422) if wrong else see_other(back)

    return routes
