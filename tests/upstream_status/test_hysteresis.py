"""From probes to a verdict: as a table, and whatever the sequence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idp.upstream_status.hysteresis import CONFIRMED, Thresholds, Verdict, observe, resumed
from idp.upstream_status.observations import Live

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
RULES = Thresholds(
    failures=4,
    window=10,
    window_failures=6,
    successes=3,
    quiet=50,
    live_failures=3,
    forget=200,
)
QUIET = Live()
TROUBLE = Live(ok=1, failed=5)


def after(
    probes: str, live: Live = QUIET, start: Verdict | None = None, every: float = 20
) -> Verdict:
    """`.` went well, `x` failed."""
    found = start or Verdict()
    at = (found.at or NOW) + timedelta(seconds=every)
    for sign in probes:
        found = observe(found, at, "" if sign == "." else "form: timeout", live, RULES)
        at += timedelta(seconds=every)
    return found


@pytest.mark.parametrize(
    ("probes", "healthy"),
    [
        ("", True),
        (".", True),
        ("x", True),
        ("....xxx", True),
        ("....xxxx", False),
        ("xxxx", False),
        ("..x.x.x.x", True),
        (".xx.xx.xx", False),
        ("xx.xx.x.x", False),
        ("xxxx.", False),
        ("xxxx..", False),
        # Three in a row, but only forty seconds since the first of them.
        ("xxxx...", False),
        ("xxxx....", True),
        ("xxxx..x...", False),
        ("xxxx..x....", True),
    ],
)
def test_verdict_after_a_sequence(probes: str, healthy: bool) -> None:
    assert after(probes).healthy is healthy


def test_failures_before_a_recovery_do_not_count_again() -> None:
    recovered = after("xxxxxx....")
    assert recovered.healthy
    assert after("x", start=recovered).healthy


def test_people_who_fail_make_two_failed_probes_enough_and_never_one() -> None:
    assert after("x", TROUBLE).healthy
    assert not after("xx", TROUBLE).healthy
    assert CONFIRMED == 2


@pytest.mark.parametrize(
    "live",
    [
        Live(failed=2),
        Live(ok=5, failed=5),
        Live(doubtful=10_000, started=10_000),
    ],
    ids=["few", "as many get in", "what browsers cause"],
)
def test_two_failed_probes_are_not_enough_while_people_do_not_fail(live: Live) -> None:
    assert after("xx", live).healthy


@settings(max_examples=60)
@given(
    st.lists(
        st.builds(Live, *[st.integers(0, 10**6)] * 4),
        max_size=60,
    )
)
def test_whatever_people_meet_never_makes_it_unhealthy_while_probes_succeed(
    lives: list[Live],
) -> None:
    found, at = Verdict(), NOW
    for live in lives:
        at += timedelta(seconds=20)
        found = observe(found, at, "", live, RULES)
        assert found.healthy


@settings(max_examples=60)
@given(st.lists(st.tuples(st.booleans(), st.integers(-30, 400)), max_size=80))
def test_verdict_changes_only_after_enough_probes_of_its_kind(
    probes: list[tuple[bool, int]],
) -> None:
    found, at = Verdict(), NOW
    for ok, gap in probes:
        at += timedelta(seconds=gap)
        before = found
        found = observe(before, at, "" if ok else "token: html_body", QUIET, RULES)
        if before.healthy and not found.healthy:
            assert not ok
            assert found.run >= RULES.failures or before.recent.count(False) >= 5
        if found.healthy and not before.healthy:
            assert ok
            assert found.run >= RULES.successes
            assert found.at is not None
            assert found.run_since is not None
            assert (found.at - found.run_since).total_seconds() >= RULES.quiet


def test_long_silence_makes_what_was_before_say_nothing() -> None:
    failing = after("xxx")
    later = failing.at + timedelta(seconds=RULES.forget + 1) if failing.at else NOW
    found = observe(failing, later, "form: connect", QUIET, RULES)
    assert found.healthy
    assert (found.run, found.run_since, found.recent) == (1, later, (False,))


def test_probe_of_before_the_last_one_changes_nothing() -> None:
    found = after("xxx")
    assert found.at is not None
    assert observe(found, found.at - timedelta(seconds=1), "form: timeout", QUIET, RULES) is found
    assert observe(found, found.at, "form: timeout", QUIET, RULES) is found


def test_clock_that_was_set_back_does_not_silence_the_prober() -> None:
    found = after("x" * 3)
    assert found.at is not None
    at = found.at - timedelta(days=1)
    for _ in range(RULES.failures):
        assert found.healthy
        at += timedelta(seconds=20)
        found = observe(found, at, "form: timeout", QUIET, RULES)
    assert not found.healthy


@pytest.mark.parametrize("before", ["", "...", "..xxx", "xxxx", "xxxx..", "xxxx....x", ".xx.xx.x"])
@pytest.mark.parametrize("then", ["x", ".", "xx", "xxxx", "....", "x.x"])
def test_resuming_after_a_restart_loses_nothing(before: str, then: str) -> None:
    lived = after(before)
    probes = [
        (NOW + timedelta(seconds=20 * (number + 1)), sign == ".")
        for number, sign in enumerate(before)
    ]
    told = Verdict(healthy=lived.healthy, since=lived.since, reason=lived.reason)
    back = resumed(told, probes, RULES)
    assert back.healthy is lived.healthy
    assert after(then, start=replace(back, at=back.at or lived.at)).healthy is (
        after(then, start=lived).healthy
    )


@settings(max_examples=60)
@given(st.lists(st.booleans(), max_size=30), st.booleans())
def test_resuming_never_changes_a_verdict(probes: list[bool], healthy: bool) -> None:
    history = [(NOW + timedelta(seconds=20 * number), ok) for number, ok in enumerate(probes)]
    told = Verdict(healthy=healthy, since=NOW)
    assert resumed(told, history, RULES).healthy is healthy
