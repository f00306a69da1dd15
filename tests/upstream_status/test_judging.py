"""What is done about a verdict: as a table, and never faster than the policy allows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idp.upstream_status.hysteresis import Thresholds, Verdict, observe
from idp.upstream_status.judging import ENOUGH, Decision, Do, Situation, decide
from idp.upstream_status.observations import Live
from idp.upstream_status.state import Policy

NOW = datetime(2026, 11, 23, 15, 40, tzinfo=UTC)
SINCE = NOW - timedelta(minutes=1)
DWELL = 300.0
RULES = Thresholds(
    failures=3, window=10, window_failures=6, successes=2, quiet=30, live_failures=3, forget=200
)
WELL = Verdict(healthy=True, since=SINCE)
ILL = Verdict(healthy=False, since=SINCE, reason="form: timeout")
MANUAL, ASSISTED, AUTOMATIC = Policy.MANUAL, Policy.ASSISTED, Policy.AUTOMATIC
LATELY = NOW - timedelta(seconds=DWELL - 1)
LONG_AGO = NOW - timedelta(seconds=DWELL)


def situation(policy: Policy, verdict: Verdict, **changes: object) -> Situation:
    return replace(Situation(policy, up=True, forced=False, verdict=verdict), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("policy", "verdict", "changes", "do"),
    [
        (MANUAL, WELL, {}, Do.NOTHING),
        (MANUAL, ILL, {}, Do.ADVISE),
        (MANUAL, ILL, {"up": False, "forced": True}, Do.NOTHING),
        (MANUAL, WELL, {"up": False, "forced": True}, Do.ADVISE),
        (MANUAL, ILL, {"up": True, "forced": True}, Do.ADVISE),
        (ASSISTED, ILL, {}, Do.ASK),
        (ASSISTED, ILL, {"proposed": False}, Do.NOTHING),
        (ASSISTED, ILL, {"proposed": True}, Do.WITHDRAW),
        (ASSISTED, WELL, {"proposed": False}, Do.WITHDRAW),
        (ASSISTED, ILL, {"judged_at": LATELY}, Do.NOTHING),
        (ASSISTED, ILL, {"judged_at": LONG_AGO}, Do.ASK),
        (ASSISTED, WELL, {"up": False, "judged_up": False, "judged_at": LONG_AGO}, Do.ASK),
        (ASSISTED, ILL, {"up": True, "forced": True}, Do.ADVISE),
        (ASSISTED, ILL, {"up": True, "forced": True, "proposed": False}, Do.WITHDRAW),
        (AUTOMATIC, ILL, {}, Do.FLIP),
        (AUTOMATIC, ILL, {"judged_at": LATELY}, Do.NOTHING),
        (AUTOMATIC, ILL, {"judged_at": LONG_AGO}, Do.FLIP),
        (AUTOMATIC, WELL, {"up": False, "judged_up": False, "judged_at": LONG_AGO}, Do.FLIP),
        (AUTOMATIC, WELL, {"up": False, "judged_up": False, "judged_at": LATELY}, Do.NOTHING),
        # Somebody's word: it is told that it errs, and what will follow it is kept right.
        (AUTOMATIC, ILL, {"forced": True}, Do.FLIP),
        (AUTOMATIC, ILL, {"forced": True, "judged_up": False, "judged_at": LATELY}, Do.ADVISE),
        (AUTOMATIC, ILL, {"forced": True, "judged_at": LATELY}, Do.ADVISE),
        # Announced maintenance: down, and nobody is told what everybody knows.
        (AUTOMATIC, ILL, {"up": False}, Do.NOTHING),
        (AUTOMATIC, WELL, {"up": False}, Do.NOTHING),
        (ASSISTED, WELL, {"up": False}, Do.NOTHING),
        (MANUAL, WELL, {"up": False}, Do.NOTHING),
        # Nothing was probed yet.
        (AUTOMATIC, Verdict(), {"up": False, "judged_up": False}, Do.NOTHING),
        (AUTOMATIC, replace(ILL, since=None), {}, Do.NOTHING),
    ],
)
def test_what_is_done(policy: Policy, verdict: Verdict, changes: dict[str, object], do: Do) -> None:
    found = decide(NOW, situation(policy, verdict, **changes), RULES, DWELL)
    assert found.do is do
    if do in (Do.ADVISE, Do.ASK, Do.FLIP):
        assert found.up is verdict.healthy
        assert found.episode == SINCE
        assert found.reason


@pytest.mark.parametrize(
    ("minute", "people", "reason"),
    [
        (Live(failed=4, ok=1), Live(), "Fallan ingresos de personas, aunque la sonda no falla"),
        (Live(), Live(doubtful=ENOUGH, ok=3), "Se rechazan los códigos de quienes vuelven"),
        (Live(), Live(started=ENOUGH, ok=1), "Pocas personas vuelven de la página de ingreso"),
    ],
)
@pytest.mark.parametrize("policy", list(Policy))
def test_what_people_meet_only_advises_once_an_hour(
    policy: Policy, minute: Live, people: Live, reason: str
) -> None:
    found = decide(NOW, situation(policy, WELL, last_minute=minute, people=people), RULES, DWELL)
    assert found == Decision(Do.ADVISE, False, reason, NOW.replace(minute=0))


@pytest.mark.parametrize(
    ("minute", "people"),
    [
        (Live(failed=2), Live(doubtful=ENOUGH - 1)),
        (Live(failed=5, ok=5), Live(doubtful=50, ok=50)),
        (Live(), Live(started=ENOUGH - 1)),
        (Live(), Live(started=50, ok=10)),
    ],
    ids=["few", "as many get in", "few began", "enough come back"],
)
def test_what_happens_daily_advises_nobody(minute: Live, people: Live) -> None:
    at = situation(Policy.AUTOMATIC, WELL, last_minute=minute, people=people)
    assert decide(NOW, at, RULES, DWELL).do is Do.NOTHING


LIVES = st.builds(Live, *[st.sampled_from([0, 1, 5, 20, 1_000_000])] * 4)


@settings(max_examples=60)
@given(st.lists(st.tuples(LIVES, LIVES), max_size=40), st.sampled_from(list(Policy)))
def test_nobody_outside_brings_about_more_than_advice(
    lives: list[tuple[Live, Live]], policy: Policy
) -> None:
    """Whatever browsers do, as long as our own probes succeed."""
    verdict, now = Verdict(), NOW
    for minute, people in lives:
        now += timedelta(seconds=20)
        verdict = observe(verdict, now, "", minute, RULES)
        at = situation(policy, verdict, last_minute=minute, people=people)
        assert decide(now, at, RULES, DWELL).do in (Do.NOTHING, Do.ADVISE)


PROBES = st.lists(st.tuples(st.booleans(), st.integers(1, 90), LIVES, st.booleans()), max_size=120)


@settings(max_examples=60)
@given(PROBES, st.sampled_from(list(Policy)))
def test_no_sequence_of_probes_flips_faster_than_the_policy_allows(
    probes: list[tuple[bool, int, Live, bool]], policy: Policy
) -> None:
    """A world in which whatever is asked is granted at once."""
    verdict, now = Verdict(), NOW
    up, judged_at = True, None
    for ok, gap, live, forced in probes:
        now += timedelta(seconds=gap)
        verdict = observe(verdict, now, "" if ok else "form: timeout", live, RULES)
        at = situation(
            policy, verdict, up=up, judged_up=up, judged_at=judged_at, forced=forced,
            last_minute=live, people=live,
        )  # fmt: skip
        found = decide(now, at, RULES, DWELL)
        if found.do not in (Do.ASK, Do.FLIP):
            continue
        assert found.do is {ASSISTED: Do.ASK, AUTOMATIC: Do.FLIP}[policy]
        assert found.up is not up
        assert judged_at is None or (now - judged_at).total_seconds() >= DWELL
        up, judged_at = found.up, now
