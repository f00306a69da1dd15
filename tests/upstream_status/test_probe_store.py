"""What probes found, kept in each kind of database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from idp.adapters.sql.database import Database
from idp.adapters.sql.probes import SqlActs, SqlProbeStore
from idp.kernel.errors import Unavailable
from idp.upstream_status.observations import (
    Act,
    Outcome,
    ProbeResult,
    ProberSeen,
    Step,
    StepResult,
)

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


def probe(seconds: float, *, form: Outcome = Outcome.OK, ms: int = 100) -> ProbeResult:
    code = "" if form is Outcome.OK else "timeout"
    return ProbeResult(
        "sol",
        NOW + timedelta(seconds=seconds),
        (
            StepResult(Step.FORM, form, ms, code, None if code else 200),
            StepResult(Step.TOKEN, Outcome.OK, 40, status=400),
        ),
    )


@pytest.fixture
def store(database: Database) -> SqlProbeStore:
    return SqlProbeStore(database)


def test_probes_come_back_whole_the_newest_first(store: SqlProbeStore) -> None:
    results = [probe(0), probe(20.123, form=Outcome.FAILED), probe(40, form=Outcome.SLOW)]
    store.add(results)
    store.add([replace(results[0], realm="extranet")])
    assert store.recent("sol", 10) == results[::-1]
    assert store.recent("sol", 2) == results[:0:-1]
    assert [one.realm for one in store.recent("extranet", 10)] == ["extranet"]


def test_the_same_probe_written_again_is_there_once(store: SqlProbeStore) -> None:
    store.add([probe(0)])
    store.add([probe(0), probe(20)])
    assert len(store.recent("sol", 10)) == 2


def test_series_counts_by_bucket_and_step(store: SqlProbeStore) -> None:
    store.add(
        [
            probe(-1),
            probe(0, ms=100),
            probe(20, ms=300),
            probe(59.999, form=Outcome.FAILED, ms=9_000),
            probe(130, form=Outcome.SLOW, ms=11_000),
            probe(180),
        ]
    )
    found = store.series("sol", NOW, NOW + timedelta(minutes=3), 60)
    assert [(one.at, one.step) for one in found] == [
        (NOW, Step.FORM),
        (NOW, Step.TOKEN),
        (NOW + timedelta(minutes=2), Step.FORM),
        (NOW + timedelta(minutes=2), Step.TOKEN),
    ]
    first, _, later, _ = found
    assert (first.probes, first.failed, first.slow) == (3, 1, 0)
    # A time-out is nobody's answer: it would only draw our own setting.
    assert (first.ms_mean, first.ms_most) == (200, 300)
    assert (later.probes, later.failed, later.slow, later.ms_most) == (1, 0, 1, 11_000)


def test_series_of_nothing_but_failures_has_no_times(store: SqlProbeStore) -> None:
    store.add([probe(0, form=Outcome.FAILED)])
    found = store.series("sol", NOW, NOW + timedelta(minutes=1), 60)[0]
    assert (found.failed, found.ms_mean, found.ms_most) == (1, 0, 0)


def test_probers_are_told_the_leading_first(store: SqlProbeStore) -> None:
    one = ProberSeen("a:1", NOW, NOW, leading=False)
    two = ProberSeen("b:1", NOW, NOW - timedelta(seconds=5), leading=True)
    gone = ProberSeen("c:1", NOW, NOW - timedelta(hours=1), leading=True)
    for prober in (one, two, gone, replace(one, leading=True), one):
        store.seen(prober)
    assert store.probers(NOW - timedelta(minutes=1)) == [two, one]


def test_old_rows_are_purged_and_the_rest_stays(store: SqlProbeStore, database: Database) -> None:
    acts = SqlActs(database)
    store.add([probe(-60), probe(0)])
    store.seen(ProberSeen("a:1", NOW, NOW - timedelta(minutes=1), leading=True))
    act = Act("sol", "advise", NOW - timedelta(minutes=2), False, "form: timeout", NOW, {"x": 1})
    acts.first_time(act)
    acts.first_time(replace(act, episode=NOW - timedelta(minutes=9), at=NOW - timedelta(minutes=9)))
    # Two steps of a probe, a prober, an act.
    assert store.due(NOW) == 4
    assert store.purge(NOW) == 4
    assert store.purge(NOW) == 0
    assert store.recent("sol", 10) == [probe(0)]
    assert acts.done("sol", 10) == [act]


def test_an_act_is_done_once_for_each_episode(database: Database) -> None:
    acts, other = SqlActs(database), SqlActs(database)
    act = Act("sol", "advise", NOW, False, "form: timeout", NOW, {"probes": []})
    assert acts.first_time(act)
    assert not other.first_time(replace(act, reason="token: html_body"))
    assert other.first_time(replace(act, act="ask"))
    assert other.first_time(replace(act, episode=NOW + timedelta(hours=1)))
    assert other.first_time(replace(act, realm="extranet"))


def test_act_of_a_unit_of_work_that_failed_was_not_done(database: Database) -> None:
    acts = SqlActs(database)
    act = Act("sol", "ask", NOW, False, "form: timeout", NOW)
    with pytest.raises(Unavailable), database.transaction():
        assert acts.first_time(act)
        raise Unavailable("sql")
    assert acts.first_time(act)
