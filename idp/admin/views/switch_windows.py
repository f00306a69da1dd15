"""`/admin/mantenimientos`: maintenance that is announced ahead."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from flask import Blueprint, Response, request

from idp.admin.now import Now
from idp.admin.roles import Permission
from idp.admin.sessions import Visit
from idp.admin.switch_reason import LONGEST, reason_problem
from idp.admin.views.gate import Gate
from idp.admin.views.menu import WINDOWS
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.kernel.texts import Text
from idp.kernel.times import LIMA
from idp.upstream_status.state import Window
from idp.upstream_status.windows import Windows
from idp.web.redirects import see_other

NEW = f"{WINDOWS}/nuevo"
_FIELDS = ("ingreso", "desde", "hasta", "motivo")
_REALM = Text("Elija el ingreso.")
_WHEN = Text("Escriba el día y la hora.")
_SPAN = Text(
    "Debe terminar después de comenzar y de este momento, durar una semana como máximo y comenzar "
    "dentro de un año."
)


def blueprint(*, windows: Windows, now: Now, clock: Clock, gate: Gate) -> Blueprint:
    """Everybody reads them; planning is for who may flip."""
    routes = Blueprint("console_windows", __name__)

    def ask(
        visit: Visit, values: Mapping[str, str], errors: Mapping[str, Text], code: int = 200
    ) -> Response:
        return gate.page(
            "consola/mantenimiento_nuevo.html",
            visit,
            status=code,
            realms=now.realms,
            typed=values,
            errors=errors,
            most=LONGEST,
        )

    def ask_cancel(visit: Visit, window: Window, error: Text | None, code: int = 200) -> Response:
        return gate.page(
            "consola/mantenimiento_anular.html",
            visit,
            status=code,
            window=window,
            label=now.label(window.realm),
            on=window.open(clock.now()),
            errors={"motivo": error} if error else {},
            typed=request.form.get("motivo", ""),
            most=LONGEST,
        )

    def found(window_id: str) -> Window:
        at = clock.now()
        for one in windows.all():
            if one.id == window_id and (one.open(at) or one.ahead(at)):
                return one
        raise IdpError("window_unknown", 404)

    @routes.get(WINDOWS)
    @gate.needs(Permission.SEE_STATE)
    def show(visit: Visit) -> Response:
        at, known = clock.now(), windows.all()
        coming = [one for one in known if one.open(at) or one.ahead(at)]
        return gate.page(
            "consola/mantenimientos.html",
            visit,
            coming=coming,
            over=[one for one in reversed(known) if one not in coming],
            at=at,
            label=now.label,
            done=request.args.get("hecho", ""),
        )

    @routes.get(NEW)
    @gate.needs(Permission.FLIP, fresh=True)
    def form(visit: Visit) -> Response:
        return ask(visit, dict.fromkeys(_FIELDS, ""), {})

    @routes.post(NEW)
    @gate.needs(Permission.FLIP, fresh=True)
    def plan(visit: Visit) -> Response:
        values = {name: request.form.get(name, "").strip() for name in _FIELDS}
        starts, ends = _moment(values["desde"]), _moment(values["hasta"])
        errors = _errors(values, starts, ends, [realm for realm, _ in now.realms])
        if errors or starts is None or ends is None:
            return ask(visit, values, errors, 422)
        try:
            windows.plan(
                values["ingreso"], starts, ends, reason=values["motivo"], who=visit.account.actor
            )
        except IdpError as error:
            if error.code != "window_refused":
                raise
            return ask(visit, values, {"hasta": _SPAN}, 422)
        return see_other(f"{WINDOWS}?hecho=anunciado")

    @routes.get(f"{WINDOWS}/<window_id>")
    @gate.needs(Permission.FLIP, fresh=True)
    def cancel_form(visit: Visit, window_id: str) -> Response:
        return ask_cancel(visit, found(window_id), None)

    @routes.post(f"{WINDOWS}/<window_id>")
    @gate.needs(Permission.FLIP, fresh=True)
    def cancel(visit: Visit, window_id: str) -> Response:
        reason = request.form.get("motivo", "").strip()
        problem = reason_problem(reason)
        if problem is not None:
            return ask_cancel(visit, found(window_id), problem, 422)
        windows.cancel(window_id, reason=reason, who=visit.account.actor)
        return see_other(f"{WINDOWS}?hecho=anulado")

    return routes


def _errors(
    values: Mapping[str, str],
    starts: datetime | None,
    ends: datetime | None,
    realms: list[str],
) -> dict[str, Text]:
    errors: dict[str, Text] = {}
    if values["ingreso"] not in realms:
        errors["ingreso"] = _REALM
    for name, moment in (("desde", starts), ("hasta", ends)):
        if moment is None:
            errors[name] = _WHEN
    problem = reason_problem(values["motivo"])
    if problem is not None:
        errors["motivo"] = problem
    return errors


def _moment(text: str) -> datetime | None:
    """`2026-12-05T22:00`, as browsers send it, or with a space, as people type it: in Lima."""
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=LIMA).astimezone(UTC) if found.tzinfo is None else None
    except (ValueError, OverflowError):
        return None
