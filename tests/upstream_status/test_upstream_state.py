"""What is in force, as a table: an operator's word, windows, ends, evidence, and the hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from idp.upstream_status.state import (
    Facts,
    Flag,
    FlagState,
    Health,
    Judgement,
    Why,
    Window,
    effective,
)

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
AUTO, UP, DOWN = FlagState.AUTO, FlagState.FORCED_UP, FlagState.FORCED_DOWN


def at(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


def flag(state: FlagState, until: int | None = None, said: int = -60) -> Flag:
    end = at(until) if until is not None else None
    return Flag("sol", state, "motivo", "ana", at(said), end, changed_at=at(said))


def failing(since: int, *, sick: int | None = None) -> Health:
    """The last probe failed, as all since then; the verdict since `sick`, if there is one."""
    verdict = at(sick) if sick is not None else at(-600)
    return Health("sol", sick is None, verdict, "no responde", at(-1), False, at(since))


def well(since: int = -600) -> Health:
    return Health("sol", True, at(since), "", at(-1), True, None)


def recovering(sick: int) -> Health:
    """The last probe went well, and the verdict waits for more."""
    return Health("sol", False, at(sick), "no responde", at(-1), True, None)


def window(starts: int, ends: int, *, cancelled: int | None = None) -> Window:
    when = at(cancelled) if cancelled is not None else None
    return Window("win_a", "sol", at(starts), at(ends), "mantenimiento", "luis", when)


def judged(up: bool, since: int = -5) -> Judgement:
    return Judgement("sol", up, at(since), "sonda")


CASES: list[tuple[str, Facts, bool, Why, int | None]] = [
    ("never set", Facts(), True, Why.DEFAULT, None),
    ("auto", Facts(flag(AUTO)), True, Why.DEFAULT, -60),
    ("forced up", Facts(flag(UP)), True, Why.FORCED_UP, -60),
    ("forced down", Facts(flag(DOWN)), False, Why.FORCED_DOWN, -60),
    ("down for a minute more", Facts(flag(DOWN, 1)), False, Why.FORCED_DOWN, -60),
    ("down until now, unprobed", Facts(flag(DOWN, 0)), True, Why.DEFAULT, 0),
    ("down until now, well", Facts(flag(DOWN, 0), health=well()), True, Why.DEFAULT, 0),
    ("down until now, fails", Facts(flag(DOWN, 0), health=failing(-2)), False, Why.HELD, 0),
    (
        "ended, first failed as it ended",
        Facts(flag(DOWN, -9), health=failing(-9)),
        False,
        Why.HELD,
        -9,
    ),
    ("ended, first failed later", Facts(flag(DOWN, -9), health=failing(-8)), True, Why.DEFAULT, -9),
    (
        "ended, a probe went well, the verdict waits",
        Facts(flag(DOWN, -9), health=recovering(-99)),
        False,
        Why.HELD,
        -9,
    ),
    (
        "ended, the verdict came later",
        Facts(flag(DOWN, -9), health=failing(-3, sick=-2)),
        True,
        Why.DEFAULT,
        -9,
    ),
    (
        "ended, and well again since",
        Facts(flag(DOWN, -9), health=well(-4)),
        True,
        Why.DEFAULT,
        -4,
    ),
    ("up until now, fails", Facts(flag(UP, 0), health=failing(-60)), True, Why.DEFAULT, 0),
    ("up until now, judged down", Facts(flag(UP, 0), judged(False)), False, Why.JUDGED, -5),
    ("auto, judged down", Facts(flag(AUTO), judged(False)), False, Why.JUDGED, -5),
    ("auto, judged up", Facts(flag(AUTO), judged(True)), True, Why.JUDGED, -5),
    ("never set, judged down", Facts(judgement=judged(False)), False, Why.JUDGED, -5),
    ("forced up, judged down", Facts(flag(UP), judged(False)), True, Why.FORCED_UP, -60),
    ("forced down, judged up", Facts(flag(DOWN), judged(True)), False, Why.FORCED_DOWN, -60),
    ("sick, not judged", Facts(flag(AUTO), health=failing(-9, sick=-8)), True, Why.DEFAULT, -60),
    ("window ahead", Facts(windows=(window(1, 9),)), True, Why.DEFAULT, None),
    ("window begins now", Facts(windows=(window(0, 9),)), False, Why.WINDOW, 0),
    ("window on", Facts(windows=(window(-3, 9),)), False, Why.WINDOW, -3),
    ("window until now", Facts(windows=(window(-3, 0),)), True, Why.DEFAULT, 0),
    ("window over, fails", Facts(windows=(window(-3, 0),), health=failing(-2)), False, Why.HELD, 0),
    ("window on, forced up", Facts(flag(UP), windows=(window(-3, 9),)), True, Why.FORCED_UP, -60),
    ("window on, auto since", Facts(flag(AUTO), windows=(window(-3, 9),)), False, Why.WINDOW, -3),
    ("window taken back", Facts(windows=(window(-3, 9, cancelled=-1),)), True, Why.DEFAULT, None),
    (
        "window over, fails, somebody spoke since",
        Facts(flag(AUTO, said=-1), windows=(window(-9, -5),), health=failing(-8)),
        True,
        Why.DEFAULT,
        -1,
    ),
    (
        "two ends, the later one holds",
        Facts(flag(DOWN, -7), windows=(window(-6, -2),), health=failing(-50)),
        False,
        Why.HELD,
        -2,
    ),
    (
        "failed anew between two ends",
        Facts(flag(DOWN, -7), windows=(window(-6, -2),), health=failing(-5)),
        False,
        Why.HELD,
        -2,
    ),
]


@pytest.mark.parametrize(
    ("facts", "up", "why", "since"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_effective(facts: Facts, up: bool, why: Why, since: int | None) -> None:
    found = effective(facts, NOW)
    assert (found.up, found.why) == (up, why)
    assert found.since == (at(since) if since is not None else None)


def test_effective_names_who_and_why_and_until_when() -> None:
    forced = effective(Facts(flag(DOWN, 30)), NOW)
    assert (forced.reason, forced.who, forced.until) == ("motivo", "ana", at(30))
    planned = effective(Facts(windows=(window(-3, 9),)), NOW)
    assert (planned.reason, planned.who, planned.until) == ("mantenimiento", "luis", at(9))
    held = effective(Facts(flag(DOWN, 0), health=failing(-2)), NOW)
    assert (held.reason, held.who, held.until) == ("motivo", "ana", None)
    assert effective(Facts(judgement=judged(False)), NOW).reason == "sonda"
