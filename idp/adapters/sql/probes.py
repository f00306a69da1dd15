"""What the prober saw, who it is, and what it told administrators, in SQL."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Row, case, func, select

from idp.adapters.sql.database import Database
from idp.adapters.sql.models import ProberActRow, ProberRow, ProbeStepRow
from idp.adapters.sql.tables import counted, insert_new, purge, table_of, upsert
from idp.upstream_status.observations import (
    Act,
    Bucket,
    Outcome,
    ProbeResult,
    ProberSeen,
    Step,
    StepResult,
)

_PROBES = table_of(ProbeStepRow)
_PROBERS = table_of(ProberRow)
_ACTS = table_of(ProberActRow)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class SqlProbeStore:
    """`upstream_status.probe_ports.ProbeStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, results: Sequence[ProbeResult]) -> None:
        """All of them, or none; the same written twice is there once."""
        with self._database.transaction(), self._database.connection() as connection:
            for result in results:
                for step in result.steps:
                    insert_new(connection, _PROBES, _values(result, step))

    def recent(self, realm: str, limit: int) -> list[ProbeResult]:
        """The newest first."""
        query = (
            select(_PROBES)
            .where(_PROBES.c.realm == realm)
            .order_by(_PROBES.c.at.desc(), _PROBES.c.step)
            .limit(limit * len(Step))
        )
        with self._database.connection() as connection:
            return _results(connection.execute(query).all())[:limit]

    def series(self, realm: str, since: datetime, until: datetime, seconds: int) -> list[Bucket]:
        """Grouped by the database: a month has hundreds of thousands of rows."""
        number = (_PROBES.c.at // (seconds * 1_000)).label("number")
        answered = case((_PROBES.c.outcome != Outcome.FAILED.value, _PROBES.c.ms))
        query = (
            select(
                number,
                _PROBES.c.step,
                func.count().label("probes"),
                _sum_of(Outcome.FAILED).label("failed"),
                _sum_of(Outcome.SLOW).label("slow"),
                func.avg(answered).label("ms_mean"),
                func.max(answered).label("ms_most"),
            )
            .where(_PROBES.c.realm == realm)
            .where(_PROBES.c.at >= _milliseconds(since), _PROBES.c.at < _milliseconds(until))
            .group_by(number, _PROBES.c.step)
            .order_by(number, _PROBES.c.step)
        )
        with self._database.connection() as connection:
            rows = connection.execute(query).all()
        return [
            Bucket(
                at=_moment(row.number * seconds * 1_000),
                step=Step(row.step),
                probes=row.probes,
                failed=row.failed,
                slow=row.slow,
                ms_mean=float(row.ms_mean or 0),
                ms_most=row.ms_most or 0,
            )
            for row in rows
        ]

    def seen(self, prober: ProberSeen) -> None:
        """One row a process."""
        values = {
            "instance": prober.instance,
            "started_at": prober.started_at,
            "seen_at": prober.seen_at,
            "leading": prober.leading,
        }
        with self._database.transaction(), self._database.connection() as connection:
            upsert(connection, _PROBERS, values, key="instance")

    def probers(self, since: datetime) -> list[ProberSeen]:
        """The leading first, then the last seen."""
        query = (
            select(_PROBERS)
            .where(_PROBERS.c.seen_at >= since)
            .order_by(_PROBERS.c.leading.desc(), _PROBERS.c.seen_at.desc())
        )
        with self._database.connection() as connection:
            rows = connection.execute(query).all()
        return [ProberSeen(row.instance, row.started_at, row.seen_at, row.leading) for row in rows]

    def due(self, before: datetime) -> int:
        """How many `purge` would remove; see `tables.counted`."""
        probes = counted(self._database, _PROBES.c.at, _PROBES.c.at < _milliseconds(before))
        probers = counted(self._database, _PROBERS.c.instance, _PROBERS.c.seen_at < before)
        return probes + probers + counted(self._database, _ACTS.c.episode, _ACTS.c.at < before)

    def purge(self, before: datetime) -> int:
        """Remove what is of before that moment; how many rows."""
        probes = purge(self._database, _PROBES.c.at, _PROBES.c.at < _milliseconds(before))
        probers = purge(self._database, _PROBERS.c.instance, _PROBERS.c.seen_at < before)
        return probes + probers + purge(self._database, _ACTS.c.episode, _ACTS.c.at < before)


class SqlActs:
    """`upstream_status.probe_ports.Acts`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def first_time(self, act: Act) -> bool:
        """Of parallel calls for one episode exactly one says True."""
        values = {
            "realm": act.realm,
            "act": act.act,
            "episode": act.episode,
            "up": act.up,
            "reason": act.reason,
            "at": act.at,
            "evidence": json.dumps(act.evidence),
        }
        with self._database.transaction(), self._database.connection() as connection:
            return insert_new(connection, _ACTS, values)

    def done(self, realm: str | None, limit: int) -> list[Act]:
        """The newest first."""
        query = select(_ACTS).order_by(_ACTS.c.at.desc()).limit(limit)
        if realm is not None:
            query = query.where(_ACTS.c.realm == realm)
        with self._database.connection() as connection:
            return [_act(row) for row in connection.execute(query)]


def _values(result: ProbeResult, step: StepResult) -> dict[str, Any]:
    return {
        "realm": result.realm,
        "at": _milliseconds(result.at),
        "step": step.step.value,
        "outcome": step.outcome.value,
        "ms": step.ms,
        "code": step.code,
        "status": step.status,
        "tries": step.tries,
    }


def _results(rows: Iterable[Row[Any]]) -> list[ProbeResult]:
    """Rows that stand in order, a probe's steps together."""
    found = []
    for (realm, at), steps in groupby(rows, key=lambda row: (row.realm, row.at)):
        results = tuple(
            StepResult(
                step=Step(row.step),
                outcome=Outcome(row.outcome),
                ms=row.ms,
                code=row.code,
                status=row.status,
                tries=row.tries,
            )
            for row in steps
        )
        found.append(ProbeResult(realm, _moment(at), results))
    return found


def _act(row: Row[Any]) -> Act:
    evidence = json.loads(row.evidence)
    return Act(row.realm, row.act, row.episode, row.up, row.reason, row.at, evidence)


def _sum_of(outcome: Outcome) -> Any:
    return func.sum(case((_PROBES.c.outcome == outcome.value, 1), else_=0))


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MILLISECOND


def _moment(milliseconds: int) -> datetime:
    return _EPOCH + milliseconds * _MILLISECOND
