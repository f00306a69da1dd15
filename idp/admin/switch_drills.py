"""Drills as the console shows them: their form, their words, the steps of a report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from idp.admin.switch_form import OTHER, length
from idp.admin.switch_reason import reason_problem
from idp.clients.client import Client
from idp.kernel.texts import Text
from idp.upstream_status.drill_choice import LONGEST, Ending
from idp.upstream_status.drill_report import DrillReport

ENDINGS: dict[Ending, Text] = {
    Ending.TIME: Text("Llegó su hora"),
    Ending.OPERATOR: Text("Lo terminó un operador"),
    Ending.UPSTREAM: Text("SUNAT pasó a contingencia"),
}
REFUSED: dict[str, Text] = {
    "drill_upstream_down": Text("Ese ingreso está en contingencia: ya no sería un simulacro."),
    "drill_overlaps": Text("Ya hay un simulacro en curso para ese ingreso y esos componentes."),
}
# Where a login stopped, as the report names it.
STAGES: dict[str, Text] = {
    "not_eligible": Text("No podía ingresar por correo"),
    "mail": Text("El correo no salió"),
    "link": Text("El enlace no sirvió"),
    "limit": Text("Llegó a un límite de intentos"),
    "captcha": Text("No pasó el captcha"),
}
_STEPS: tuple[tuple[str, Text], ...] = (
    ("chosen", Text("Elegidos")),
    ("shown", Text("Vieron el formulario")),
    ("asked", Text("Pidieron un enlace")),
    ("accepted", Text("Su correo salió")),
    ("opened", Text("Abrieron el enlace")),
    ("consumed", Text("Usaron el enlace")),
    ("entered", Text("Ingresaron")),
    ("token", Text("Llegaron al componente")),
    ("left", Text("Prefirieron SUNAT")),
    ("under_way", Text("Siguen en camino")),
    ("gave_up", Text("Lo dejaron")),
)
_REALM = Text("Elija el ingreso.")
_CLIENTS = Text("Elija componentes que usen ese ingreso y admitan la contingencia.")
_PERCENT = Text("Escriba un porcentaje de 1 a 100.")
_LENGTH = Text("Escriba cuánto debe durar, hasta 24h: por ejemplo 90m, 2h o 1h30m.")


@dataclass(frozen=True)
class Plan:
    """A drill, as somebody wants it. clients: none for all."""

    realm: str
    clients: tuple[str, ...]
    percent: int
    lasts: timedelta
    reason: str


@dataclass(frozen=True)
class Typed:
    """What the form holds, and what is wrong with it, by its fields' ids."""

    values: Mapping[str, str] = field(default_factory=dict)
    clients: tuple[str, ...] = ()
    errors: Mapping[str, Text] = field(default_factory=dict)
    plan: Plan | None = None


def offered(clients: Iterable[Client]) -> list[Client]:
    """The components that a drill can be for."""
    return [one for one in clients if one.contingency.allowed and one.realms and not one.disabled]


def read(
    form: Mapping[str, str],
    chosen: Iterable[str],
    realms: Iterable[str],
    clients: Iterable[Client],
) -> Typed:
    """The form of a drill. chosen: the components that were ticked."""
    names = ("ingreso", "porcentaje", "plazo", "otra", "motivo")
    values = {name: form.get(name, "").strip() for name in names}
    ticked, realm = tuple(dict.fromkeys(chosen)), values["ingreso"]
    errors: dict[str, Text] = {}
    if realm not in realms:
        errors["ingreso"] = _REALM
    fit = {one.client_id for one in offered(clients) if realm in one.realms}
    if not fit.issuperset(ticked):
        errors["componentes"] = _CLIENTS
    percent = _percent(values["porcentaje"])
    if percent is None:
        errors["porcentaje"] = _PERCENT
    lasts = length(values["otra"] if values["plazo"] == OTHER else f"{values['plazo']}m")
    if lasts is None or lasts > LONGEST:
        errors["otra"] = _LENGTH
    problem = reason_problem(values["motivo"])
    if problem is not None:
        errors["motivo"] = problem
    if errors or percent is None or lasts is None:
        return Typed(values, ticked, errors)
    return Typed(values, ticked, {}, Plan(realm, ticked, percent, lasts, values["motivo"]))


def steps(report: DrillReport) -> list[tuple[Text, int]]:
    """How many logins came how far."""
    return [(label, getattr(report, name)) for name, label in _STEPS]


def why_not(report: DrillReport) -> list[tuple[Text | str, str, int]]:
    """What stopped logins: where, by which code, how many."""
    found = []
    for name, count in report.why_not.items():
        stage, _, code = name.partition(":")
        found.append((STAGES.get(stage, stage), code, count))
    return found


def _percent(text: str) -> int | None:
    digits = text.isascii() and text.isdigit() and len(text) <= 3
    return int(text) if digits and 1 <= int(text) <= 100 else None
