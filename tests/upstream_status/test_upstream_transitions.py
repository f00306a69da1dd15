"""Each change of what is in force is kept once, whoever notices it, with what was known then."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from idp.adapters.sql.audit import SqlAuditStore
from idp.adapters.sql.database import Database
from idp.audit.events import AuditEvent
from idp.audit.records import AuditFilter
from idp.kernel.clock import FixedClock
from idp.upstream_status.service import UpstreamStatus
from idp.upstream_status.state import FlagState, Health, Policy, Why
from idp.upstream_status.writing import digest_of
from idp.wiring.surface import Switch

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
DOWN, AUTO = FlagState.FORCED_DOWN, FlagState.AUTO
Build = Callable[..., UpstreamStatus]
Switched = Callable[..., Switch]


def seconds(count: float) -> datetime:
    return NOW + timedelta(seconds=count)


def health(*, ok: bool, at: float = 0, since: float = -60) -> Health:
    return Health(
        "sol", ok, seconds(since), "" if ok else "no responde", seconds(at), ok,
        None if ok else seconds(since),
    )  # fmt: skip


def kept(switch: Switch) -> list[tuple[str, bool, str]]:
    """Oldest first."""
    found = switch.transitions.find("sol", None, None, 100)
    return [(one.id, one.up, one.why.value) for one in reversed(found)]


def test_word_of_an_operator_is_a_transition_with_its_evidence(
    build: Build, switched: Switched, database: Database
) -> None:
    status = build()
    status.set("sol", DOWN, reason="cayó", who="ana", evidence={"failed": 7})
    status.set("sol", DOWN, reason="sigue", who="luis")
    status.set("sol", AUTO, reason="volvió", who="ana")
    switch = switched(status)
    assert kept(switch) == [("sol-1", False, "forced_down"), ("sol-2", True, "default")]
    first = switch.transitions.untold(1)[0]
    assert (first.reason, first.who, first.evidence) == ("cayó", "ana", {"failed": 7})
    told = AuditFilter(event=AuditEvent.UPSTREAM_STATE_CHANGED)
    records = SqlAuditStore(database).search(told, 10)
    assert records[-1].details == {
        "transition": "sol-1",
        "up": "false",
        "why": "forced_down",
        "evidence": digest_of({"failed": 7}),
    }
    assert status.history("sol")[-1].evidence == {"failed": 7}


def test_hour_that_comes_is_noticed_once_by_two_workers(
    build: Build, switched: Switched, clock: FixedClock, database: Database
) -> None:
    status = build()
    status.set("sol", DOWN, reason="cayó", who="ana", until=seconds(60))
    stewards = [switched(build()).steward for _ in range(2)]
    clock.advance(61)
    with ThreadPoolExecutor(2) as both:
        list(both.map(lambda steward: steward.step(), stewards))
    assert kept(switched(status)) == [("sol-1", False, "forced_down"), ("sol-2", True, "default")]
    told = AuditFilter(event=AuditEvent.UPSTREAM_STATE_CHANGED)
    assert len(SqlAuditStore(database).search(told, 10)) == 2


def test_end_that_finds_it_failing_holds_until_the_first_sign_of_life(
    build: Build, switched: Switched, clock: FixedClock
) -> None:
    status = build()
    status.set("sol", DOWN, reason="cayó", who="ana", until=seconds(60))
    switch = switched(status)
    status.diagnosed(health(ok=False, at=50))
    clock.advance(61)
    switch.steward.step()
    assert not status.up("sol")
    status.diagnosed(health(ok=True, at=70, since=70))
    switch.steward.step()
    status.diagnosed(health(ok=False, at=80, since=80))
    switch.steward.step()
    assert status.up("sol")
    assert [why for _, _, why in kept(switch)] == ["forced_down", "held", "default"]


def test_clock_that_goes_after_another_takes_nothing_back(
    build: Build, switched: Switched, clock: FixedClock
) -> None:
    status = build()
    switch = switched(status)
    status.set("sol", DOWN, reason="cayó", who="ana", until=seconds(60))
    clock.advance(60.4)
    switch.steward.step()
    clock.advance(-0.9)
    switch.steward.step()
    assert [up for _, up, _ in kept(switch)] == [False, True]


def test_later_probe_stays_when_an_earlier_one_comes_late(build: Build) -> None:
    status = build()
    assert status.diagnosed(health(ok=False, at=10))
    assert not status.diagnosed(health(ok=True, at=5))
    found = status.facts("sol").health
    assert found is not None and not found.healthy


def test_judgement_counts_while_the_flag_is_automatic(build: Build, switched: Switched) -> None:
    status = build(policy=Policy.AUTOMATIC)
    assert not status.judge("sol", True, reason="bien", evidence={})
    assert status.judge("sol", False, reason="no responde", evidence={"failed": 5})
    assert not status.judge("sol", False, reason="no responde", evidence={"failed": 6})
    assert (status.up("sol"), status.state("sol").why) == (False, Why.JUDGED)
    status.set("sol", FlagState.FORCED_UP, reason="r", who="ana")
    assert status.up("sol")
    assert status.judge("sol", True, reason="bien", evidence={})
    status.set("sol", AUTO, reason="r", who="ana")
    assert status.up("sol")
    assert kept(switched(status)) == [
        ("sol-1", False, "judged"), ("sol-2", True, "forced_up"), ("sol-3", True, "judged"),
    ]  # fmt: skip


def test_return_to_auto_follows_the_evidence_where_it_decides(build: Build) -> None:
    for policy, up in [(Policy.AUTOMATIC, False), (Policy.ASSISTED, True), (Policy.MANUAL, True)]:
        status = build(policy=policy)
        status.refresh()
        status.diagnosed(health(ok=False))
        status.set("sol", DOWN, reason="cayó", who="ana")
        status.set("sol", AUTO, reason="que decida la sonda", who="ana")
        assert status.up("sol") is up


def test_telling_of_a_transition_is_taken_once(build: Build, switched: Switched) -> None:
    status = build()
    status.set("sol", DOWN, reason="cayó", who="ana")
    store = switched(status).transitions
    assert [store.told("sol-1", NOW), store.told("sol-1", NOW)] == [True, False]
    assert store.untold(5) == []


def test_recovery_counts_from_the_end_of_the_last_fall_whatever_the_cause(
    build: Build, switched: Switched, clock: FixedClock
) -> None:
    status = build()
    assert status.back_since("sol") is None
    status.set("sol", FlagState.FORCED_UP, reason="r", who="ana")
    status.set("sol", DOWN, reason="cayó", who="ana", until=seconds(60))
    assert status.back_since("sol") is None
    clock.advance(61)
    assert status.back_since("sol") == seconds(60)
    switched(status).steward.step()
    status.refresh()
    assert status.back_since("sol") == seconds(61)
    clock.advance(600)
    status.set("sol", FlagState.FORCED_UP, reason="r", who="ana")
    assert status.back_since("sol") == seconds(61)
    assert status.back_since("extranet") is None


def test_purge_leaves_what_is_in_force_and_its_number(
    build: Build, switched: Switched, clock: FixedClock
) -> None:
    status = build()
    switch = switched(status)
    for state in (DOWN, AUTO, DOWN):
        status.set("sol", state, reason="r", who="ana")
    clock.advance(3 * 366 * 86_400)
    assert switch.transitions.due(clock.now()) == 2
    assert switch.transitions.purge(clock.now()) == 2
    assert kept(switch) == [("sol-3", False, "forced_down")]
    switch.steward.step()
    status.set("sol", AUTO, reason="r", who="ana")
    assert [one[0] for one in kept(switch)] == ["sol-3", "sol-4"]
