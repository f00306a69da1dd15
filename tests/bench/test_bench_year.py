"""The bench of a year skips nothing that counts, and counts what it says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.year.__main__ import defaults, row
from bench.year.detector import Change, moment, probe_fails, verdicts, well_for
from bench.year.policies import Flip, flips, outcome
from bench.year.world import DAY, WELL, Condition, Episode, World
from idp.upstream_status.hysteresis import Verdict, observe
from idp.upstream_status.observations import Live
from idp.upstream_status.state import Policy

TUNING = defaults()
DEAD = Condition(form_fails=1.0, token_fails=1.0)
OUTAGE = Episode(DAY / 2, DAY / 2 + 3_600, "outage", DEAD)


def test_good_probes_that_are_skipped_would_have_changed_nothing() -> None:
    seen, now = Verdict(), 0.0
    for _ in range(TUNING.thresholds.window):
        now += TUNING.interval
        seen = observe(seen, moment(now), "", Live(), TUNING.thresholds)
    lived = seen
    for _ in range(50):
        now += TUNING.interval
        lived = observe(lived, moment(now), "", Live(), TUNING.thresholds)
    assert well_for(seen, now, 50) == lived


def test_outage_is_seen_and_its_end_as_well() -> None:
    changes, probes = verdicts(World(1, [OUTAGE]), TUNING, 1, until=DAY)
    assert [change.verdict.healthy for change in changes] == [True, False, True]
    _, down, back = changes
    assert 0 < down.at - OUTAGE.begin < TUNING.thresholds.failures * TUNING.interval * 1.15
    assert TUNING.thresholds.quiet <= back.at - OUTAGE.end < 400
    assert probes == pytest.approx(DAY / TUNING.interval, rel=0.02)


def test_calm_days_are_calm() -> None:
    changes, _ = verdicts(World(1, []), TUNING, 1, until=3 * DAY)
    assert len(changes) == 1
    assert 0.01 < probe_fails(WELL, TUNING.slow) < 0.02


def seen_at(*moments: tuple[float, bool]) -> list[Change]:
    return [
        Change(at, Verdict(healthy=healthy, since=moment(at), reason="" if healthy else "x"))
        for at, healthy in moments
    ]


def test_each_policy_is_judged_by_the_code_that_runs() -> None:
    begin = OUTAGE.begin
    changes = seen_at((0, True), (begin + 90, False), (begin + 100, True), (begin + 900, False))
    automatic = flips(Policy.AUTOMATIC, changes, TUNING, 1)
    # The good verdict in between waited for the rest between two decisions, and was told then.
    assert automatic == [
        Flip(begin + 90, False),
        Flip(begin + 90 + TUNING.dwell, True),
        Flip(begin + 900, False),
    ]
    quick = flips(Policy.AUTOMATIC, changes, replace(TUNING, dwell=0.0), 1)
    assert [flip.at - begin for flip in quick] == [90, 100, 900]
    assisted = flips(Policy.ASSISTED, changes, TUNING, 1)
    # What was asked first was withdrawn within ten seconds.
    assert len(assisted) == 1
    assert begin + 900 < assisted[0].at <= begin + 900 + TUNING.deadline


def test_outcome_counts_what_was_wrong_and_for_how_long() -> None:
    brief = Episode(2 * DAY, 2 * DAY + 60, "blip", DEAD)
    partial = Episode(3 * DAY, 3 * DAY + 3_600, "partial", Condition(0.3, 0.3))
    world = World(1, [OUTAGE, brief, partial])
    found = outcome(
        world,
        [
            Flip(OUTAGE.begin + 120, False),
            Flip(OUTAGE.end + 300, True),
            Flip(DAY * 1.5, False),
            Flip(DAY * 1.5 + 600, True),
            Flip(brief.begin + 50, False),
            Flip(brief.begin + 650, True),
            Flip(partial.begin + 60, False),
            Flip(partial.begin + 660, True),
            Flip(partial.begin + 960, False),
            Flip(partial.begin + 1_560, True),
        ],
    )
    assert (found.detected, found.recovered, found.worthwhile) == ([120], [300], 1)
    assert (found.calm, found.brief, found.partial, found.flaps) == (1, 1, 2, 1)
    assert (found.down, found.dead) == (5 + 4 * 10, 2)
    assert found.people == pytest.approx(2 * 20, rel=0.1)
    assert "1/1" in row("x", found)
