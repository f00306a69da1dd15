"""How people's logins fare: counted by all processes, and never in anybody's way."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from idp.adapters.redis.connection import RedisGateway
from idp.adapters.redis.evidence import RedisLiveCounts
from idp.adapters.sql.database import Database
from idp.adapters.sql.probes import SqlProbeStore
from idp.federation.driver import Failure, Refusal
from idp.kernel.clock import FixedClock
from idp.upstream_status.evidence import LAST, Evidence, counted_as
from idp.upstream_status.observations import Live, Outcome, ProbeResult, Step, StepResult

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
WELL = StepResult(Step.FORM, Outcome.OK, 412, status=200)
ILL = StepResult(Step.TOKEN, Outcome.FAILED, 15_000, "timeout", tries=2)
# What a browser can bring about by itself, or may with a strange code.
OUTSIDE = [
    *Refusal,
    Failure.NO_CODE,
    Failure.ERROR,
    Failure.BUSY,
    Failure.CLIENT_REFUSED,
    Failure.ADDRESS,
]


@pytest.fixture
def database_url(tmp_path: Path, migrated_sqlite: Path) -> str:
    """One kind: what differs between them is tried in test_probe_store."""
    return f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'test.sqlite3')}"


@pytest.fixture
def evidence(gateway: RedisGateway, database: Database, clock: FixedClock) -> Evidence:
    return Evidence(live=RedisLiveCounts(gateway), store=SqlProbeStore(database), clock=clock)


@pytest.mark.parametrize("kind", [*OUTSIDE, "whatever comes"])
def test_what_browsers_can_cause_is_doubtful(kind: str) -> None:
    assert counted_as(kind) == "doubtful"


@pytest.mark.parametrize("kind", [one for one in Failure if one not in OUTSIDE])
def test_what_the_upstream_did_is_a_failure(kind: str) -> None:
    assert counted_as(kind) == "failed"


def test_reports_of_all_processes_are_counted_together_by_realm(
    evidence: Evidence, database: Database, gateway: RedisGateway, clock: FixedClock
) -> None:
    counts = RedisLiveCounts(gateway)
    other = Evidence(live=counts, store=SqlProbeStore(database), clock=clock)
    for kind in ("started", "started", "ok", "timeout"):
        evidence.report("sol", kind)
    for kind in ("started", "html_body", "code_refused"):
        other.report("sol", kind)
    other.report("extranet", "ok")
    now = clock.timestamp()
    assert counts.last("sol", 60, now) == Live(ok=1, failed=2, doubtful=1, started=3)
    assert counts.last("extranet", 60, now) == Live(ok=1)
    assert counts.last("sol", 60, now).returned == 4


def test_counts_leave_the_window_after_their_time(
    evidence: Evidence, gateway: RedisGateway, clock: FixedClock
) -> None:
    counts = RedisLiveCounts(gateway)
    evidence.report("sol", "timeout")
    clock.advance(50)
    evidence.report("sol", "timeout")
    assert counts.last("sol", 60, clock.timestamp()).failed == 2
    clock.advance(10)
    assert counts.last("sol", 60, clock.timestamp()).failed == 1
    assert counts.last("sol", 600, clock.timestamp()).failed == 2
    assert all(0 < gateway.client.ttl(key) <= 900 for key in gateway.client.keys("*:live:*"))


def test_report_is_one_round_trip(
    evidence: Evidence, gateway: RedisGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    trips: list[Any] = []
    plain = gateway.pipeline
    monkeypatch.setattr(gateway, "pipeline", lambda work: trips.append(work) or plain(work))
    evidence.report("sol", "ok")
    assert len(trips) == 1


def test_redis_that_is_away_fails_no_login_and_is_named_in_the_snapshot(
    database: Database, clock: FixedClock
) -> None:
    away = RedisGateway("unix:///nonexistent/valkey.sock", timeout=0.2)
    evidence = Evidence(live=RedisLiveCounts(away), store=SqlProbeStore(database), clock=clock)
    evidence.report("sol", "timeout")
    found = evidence.evidence_of("sol")
    assert found["unavailable"] == ["redis"]
    assert found["live"] == {}


def test_snapshot_holds_the_last_probes_and_the_counts(
    evidence: Evidence, database: Database, clock: FixedClock
) -> None:
    store = SqlProbeStore(database)
    begin = clock.now() - timedelta(minutes=30)
    results = [
        ProbeResult("sol", begin + timedelta(seconds=20 * number), (WELL, ILL))
        for number in range(LAST + 5)
    ]
    store.add(results)
    evidence.report("sol", "server_error")
    found = evidence.evidence_of("sol")
    assert len(found["probes"]) == LAST
    newest = found["probes"][0]
    assert newest["at"] == results[-1].at.isoformat(timespec="milliseconds")
    assert newest["ok"] is False
    assert newest["steps"][1] == {
        "step": "token",
        "outcome": "failed",
        "ms": 15_000,
        "code": "timeout",
        "status": None,
        "tries": 2,
    }
    assert found["live"]["last_60_seconds"]["failed"] == 1
    assert found["unavailable"] == []
