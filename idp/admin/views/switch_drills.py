"""`/admin/simulacros`: some people meet the contingency while SUNAT works."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flask import Blueprint, Response, request

from idp.admin.now import Now
from idp.admin.roles import Permission
from idp.admin.sessions import Visit
from idp.admin.switch_drills import (
    ENDINGS,
    REFUSED,
    Typed,
    offered,
    read,
    steps,
    why_not,
)
from idp.admin.switch_form import LENGTHS, OTHER
from idp.admin.switch_reason import LONGEST, reason_problem
from idp.admin.views.coverage import number, percent
from idp.admin.views.gate import Gate
from idp.admin.views.menu import DRILLS
from idp.clients.client import Client
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.kernel.texts import Text, waited
from idp.kernel.times import duration
from idp.upstream_status.drills import Drills
from idp.web.redirects import see_other

NEW = f"{DRILLS}/nuevo"


def blueprint(
    *,
    drills: Drills,
    clients: Callable[[], Iterable[Client]],
    now: Now,
    clock: Clock,
    gate: Gate,
) -> Blueprint:
    """Everybody reads them; beginning and ending is for operators."""
    routes = Blueprint("console_drills", __name__)

    def names(ids: Iterable[str]) -> list[str]:
        known = {one.client_id: one.client_name for one in clients()}
        return [known.get(one, one) for one in ids]

    def ask(visit: Visit, typed: Typed, code: int = 200) -> Response:
        return gate.page(
            "consola/simulacro_nuevo.html",
            visit,
            status=code,
            realms=now.realms,
            clients=offered(clients()),
            typed=typed.values,
            ticked=typed.clients,
            errors=typed.errors,
            lengths=[(minutes, duration(minutes * 60)) for minutes in LENGTHS],
            other=OTHER,
            most=LONGEST,
        )

    def page(visit: Visit, drill_id: str, error: Text | None = None, code: int = 200) -> Response:
        drill = drills.get(drill_id)
        found = drills.report(drill_id)
        return gate.page(
            "consola/simulacro.html",
            visit,
            status=code,
            drill=drill,
            on=drill.on(clock.now()),
            label=now.label(drill.realm),
            names=names(drill.clients),
            report=found,
            steps=steps(found),
            why_not=why_not(found),
            endings=ENDINGS,
            may_drill=visit.may(Permission.DRILL),
            done=request.args.get("hecho", ""),
            errors={"motivo": error} if error else {},
            typed=request.form.get("motivo", ""),
            most=LONGEST,
            number=number,
            percent=percent,
            waited=lambda seconds: waited(int(seconds)),
        )

    @routes.get(DRILLS)
    @gate.needs(Permission.SEE_STATE)
    def show(visit: Visit) -> Response:
        at, found = clock.now(), drills.list()
        return gate.page(
            "consola/simulacros.html",
            visit,
            active=[one for one in found if one.on(at)],
            over=[one for one in found if not one.on(at)],
            label=now.label,
            names=names,
            endings=ENDINGS,
            may_drill=visit.may(Permission.DRILL),
        )

    @routes.get(NEW)
    @gate.needs(Permission.DRILL, fresh=True)
    def form(visit: Visit) -> Response:
        empty = read({}, (), (), ())
        return ask(visit, Typed(empty.values))

    @routes.post(NEW)
    @gate.needs(Permission.DRILL, fresh=True)
    def begin(visit: Visit) -> Response:
        realms = [realm for realm, _ in now.realms]
        typed = read(request.form, request.form.getlist("componentes"), realms, clients())
        plan = typed.plan
        if plan is None:
            return ask(visit, typed, 422)
        try:
            drill = drills.begin(
                realm=plan.realm,
                clients=plan.clients,
                percent=plan.percent,
                lasts=plan.lasts,
                who=visit.account.actor,
                reason=plan.reason,
            )
        except IdpError as error:
            if error.code not in REFUSED:
                raise
            errors = {"ingreso": REFUSED[error.code]}
            return ask(visit, Typed(typed.values, typed.clients, errors), error.status)
        return see_other(f"{DRILLS}/{drill.id}?hecho=comenzado")

    @routes.get(f"{DRILLS}/<drill_id>")
    @gate.needs(Permission.SEE_STATE)
    def one(visit: Visit, drill_id: str) -> Response:
        return page(visit, drill_id)

    @routes.post(f"{DRILLS}/<drill_id>")
    @gate.needs(Permission.DRILL, fresh=True)
    def end(visit: Visit, drill_id: str) -> Response:
        reason = request.form.get("motivo", "").strip()
        problem = reason_problem(reason)
        if problem is not None:
            return page(visit, drill_id, problem, 422)
        drills.end(drill_id, visit.account.actor, reason)
        return see_other(f"{DRILLS}/{drill_id}?hecho=terminado")

    return routes
