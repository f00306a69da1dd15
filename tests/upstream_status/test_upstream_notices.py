"""What the admins are told of and when, and what the mail says: pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from idp.upstream_status.changes import FlagChange, Transition
from idp.upstream_status.judging import WORRIES
from idp.upstream_status.notice_words import Covered, message
from idp.upstream_status.notices import (
    Kind,
    Notice,
    due,
    of_change,
    of_request,
    of_transition,
    of_window,
    of_worry,
)
from idp.upstream_status.observations import Act
from idp.upstream_status.request import Request, RequestKind
from idp.upstream_status.state import (
    Facts,
    Flag,
    FlagState,
    Health,
    Policy,
    Why,
    Window,
    effective,
)

NOW = datetime(2026, 11, 23, 15, 42, tzinfo=UTC)
DOWN, UP, AUTO = FlagState.FORCED_DOWN, FlagState.FORCED_UP, FlagState.AUTO


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def flag(state: FlagState, since: float, until: float | None = None, said: float = 0.0) -> Flag:
    end = None if until is None else at(until)
    return Flag("sol", state, "cayó", "ana", at(since), end, at(said or since))


def health(*, ok: bool, probed: float = -0.5, since: float = -10) -> Health:
    return Health("sol", ok, at(since), "" if ok else "no responde", at(probed), ok,
                  None if ok else at(since))  # fmt: skip


WINDOW = Window("win_1", "sol", at(-60), at(60), "aviso", "ana")
CASES: dict[str, tuple[Facts, Policy, list[tuple[str, bool | None]]]] = {
    "nothing is known": (Facts(), Policy.MANUAL, []),
    "all is well": (Facts(health=health(ok=True)), Policy.MANUAL, []),
    "it ends in an hour": (Facts(flag(DOWN, -60, 60)), Policy.MANUAL, []),
    "it ends in 15 minutes": (Facts(flag(DOWN, -60, 15)), Policy.MANUAL, [("ending", False)]),
    "it ends in a moment": (Facts(flag(UP, -60, 0.1)), Policy.MANUAL, [("ending", True)]),
    "it was set for a moment": (Facts(flag(DOWN, -1, 9)), Policy.MANUAL, []),
    "it was made longer by a moment": (Facts(flag(DOWN, -90, 9, -1)), Policy.MANUAL, []),
    "it ended": (Facts(flag(DOWN, -60, -1)), Policy.MANUAL, []),
    "forced for less than a day": (Facts(flag(DOWN, -1439)), Policy.MANUAL, []),
    "forced for a day": (Facts(flag(DOWN, -1440)), Policy.MANUAL, [("forced", False)]),
    "forced up for days": (Facts(flag(UP, -5000)), Policy.AUTOMATIC, [("forced", True)]),
    "automatic for days": (Facts(flag(AUTO, -5000)), Policy.MANUAL, []),
    "it fails and nobody acts": (Facts(health=health(ok=False)), Policy.MANUAL, [("advice", False)]),
    "it fails and the prober asks": (Facts(health=health(ok=False)), Policy.ASSISTED, []),
    "it fails and the prober acts": (Facts(health=health(ok=False)), Policy.AUTOMATIC, []),
    "it fails though forced up": (
        Facts(flag(UP, -60), health=health(ok=False)), Policy.AUTOMATIC, [("advice", False)],
    ),
    "it works though forced down": (
        Facts(flag(DOWN, -60), health=health(ok=True)), Policy.ASSISTED, [("advice", True)],
    ),
    "it works in its own maintenance": (
        Facts(health=health(ok=True), windows=(WINDOW,)), Policy.MANUAL, [],
    ),
    "the prober is silent": (
        Facts(health=health(ok=True, probed=-5)), Policy.MANUAL, [("silent", None)],
    ),
    "what a silent prober saw is no advice": (
        Facts(health=health(ok=False, probed=-5)), Policy.MANUAL, [("silent", None)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_moment_asks_for_these_notices(
    case: tuple[Facts, Policy, list[tuple[str, bool | None]]],
) -> None:
    facts, policy, expected = case
    found = list(due("sol", facts, policy, effective(facts, NOW), NOW))
    assert [(one.kind.value, one.up) for one in found] == expected


def keys(facts: Facts, now: datetime) -> list[str]:
    return [one.key for one in due("sol", facts, Policy.MANUAL, effective(facts, now), now)]


def test_occurrence_keeps_its_key_and_another_has_another() -> None:
    forced = Facts(flag(DOWN, -1440 * 2))
    day = keys(forced, NOW)
    assert keys(forced, at(60)) == day
    assert keys(forced, at(1440)) != day
    ending = keys(Facts(flag(DOWN, -60, 10)), NOW)
    assert keys(Facts(flag(DOWN, -60, 10)), at(5)) == ending
    assert keys(Facts(flag(DOWN, -60, 11)), NOW) != ending
    silent = keys(Facts(health=health(ok=True, probed=-9)), NOW)
    assert keys(Facts(health=health(ok=True, probed=-9)), at(30)) == silent
    assert keys(Facts(health=health(ok=True, probed=-8)), NOW) != silent
    assert all(len(one) <= 160 for one in [*day, *ending, *silent])


def transition(up: bool, why: Why, **more: Any) -> Transition:
    return Transition("sol", 7, NOW, up, why, **more)


SAID: dict[str, tuple[Notice, str, str]] = {
    "down by an operator": (
        of_transition(transition(False, Why.FORCED_DOWN, reason="cayó", who="ana"), None, True),
        "Importador / Exportador: contingencia desde las 10:42 h", "vuelva a automático",
    ),
    "down by evidence": (
        of_transition(transition(False, Why.JUDGED), None, True),
        "contingencia desde las 10:42 h", "los correos salgan",
    ),
    "down for another reason": (
        of_transition(transition(False, Why.WINDOW), None, False),
        "la contingencia sigue por otra causa", "ya era así antes",
    ),
    "held": (
        of_transition(transition(False, Why.HELD), None, False),
        "la contingencia sigue, SUNAT todavía falla", "termina por sí sola cuando SUNAT responda",
    ),
    "up again": (of_transition(transition(True, Why.DEFAULT), None, False), "SUNAT otra vez", "No hace"),
    "forced up": (
        of_transition(transition(True, Why.FORCED_UP), None, True), "forzado a SUNAT", "automático",
    ),
    "no longer forced up": (
        of_transition(transition(True, Why.DEFAULT), None, True), "ya nadie fuerza", "evidencia",
    ),
    "a word without effect": (
        of_change(FlagChange("sol", DOWN, "sigue", "ana", NOW)), "forzado a contingencia", "no cambió",
    ),
    "maintenance": (of_window(WINDOW, NOW), "mantenimiento anunciado", "de las 09:42 h del 23/11"),
    "no maintenance": (
        of_window(replace(WINDOW, cancelled_at=NOW), NOW), "mantenimiento cancelado", "No hace falta",
    ),
    "a proposal": (
        of_request(Request("req_1", "sol", RequestKind.PROPOSAL, "down", "falla", "sonda", NOW,
                           at(5), True)),
        "pasar a contingencia", "Si nadie responde hasta las 10:47 h del 23/11/2026, se hará.",
    ),
    "a flip for a second person": (
        of_request(Request("req_1", "sol", RequestKind.FLIP, "forced_up", "falla", "ana", NOW,
                           at(30), False)),
        "forzado a SUNAT", "no se hará",
    ),
    "a policy": (
        Notice("policy:x", Kind.POLICY, "sol", NOW, state="automatic", who="ana"),
        "política automática", "la sonda actúa",
    ),
    "a worry": (
        of_worry(Act("sol", "advise", NOW, False, WORRIES[0], NOW)),
        "conviene mirar cómo van los ingresos", "Nada cambia por sí solo",
    ),
    "silence": (
        Notice("silent:x", Kind.SILENT, "extranet", NOW, since=NOW),
        "Funcionario: la sonda no informa", "idp prober",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SAID.values(), ids=SAID.keys())
def test_mail_says_what_happened_and_what_to_do(case: tuple[Notice, str, str]) -> None:
    notice, subject, words = case
    told = message(notice, None)
    assert subject in str(told["subject"])
    assert words in f"{told['lead']} {told['todo']}"
    assert told["todo"]
    assert "http" not in str(told)


@pytest.mark.parametrize(
    ("facts", "kinds"),
    [
        (Facts(flag(DOWN, -1440, 10)), {Kind.ENDING, Kind.FORCED}),
        (Facts(flag(UP, -1440, 10)), {Kind.ENDING, Kind.FORCED}),
        (Facts(health=health(ok=False)), {Kind.ADVICE}),
        (Facts(flag(DOWN, -60), health=health(ok=True)), {Kind.ADVICE}),
    ],
)
def test_mail_of_what_is_due_says_when(facts: Facts, kinds: set[Kind]) -> None:
    found = list(due("sol", facts, Policy.MANUAL, effective(facts, NOW), NOW))
    assert {one.kind for one in found} == kinds
    for one in found:
        assert " h del 2" in str(message(one, None)["lead"])


def test_mail_names_who_and_why_and_how_many_are_covered() -> None:
    change = FlagChange("sol", DOWN, "cayó", "ana", NOW, approved_by="luis")
    notice = of_transition(
        transition(False, Why.FORCED_DOWN, reason="cayó", who="ana", until=at(60)), change, True
    )
    told = dict(message(notice, Covered(812, 1000))["facts"])  # type: ignore[call-overload]
    assert told == {
        "Usuarios": "Importador / Exportador (sol)",
        "Causa": "un operador activó la contingencia",
        "Motivo": "cayó",
        "Quién": "ana",
        "Aprobó": "luis",
        "Hasta": "las 11:42 h del 23/11/2026",
        "Pueden ingresar por correo": "812 de 1000 (81 %), según las últimas cifras",
    }


def test_mail_says_that_nobody_approved_only_where_somebody_usually_does() -> None:
    change = FlagChange("sol", DOWN, "cayó", "ana", NOW)
    notice = of_transition(transition(False, Why.FORCED_DOWN, who="ana"), change, True)
    assert "Aprobó" not in str(message(notice, None))
    assert "nadie: la contingencia no espera" in str(message(notice, None, second=True))
