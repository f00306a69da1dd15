"""Reports on contingencies in SQL, and the records that they are counted from."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Row, and_, or_, select

from idp.adapters.sql.database import Database
from idp.adapters.sql.models import AuditRow, IncidentRow
from idp.adapters.sql.tables import counted, insert_new, purge, table_of
from idp.upstream_status.incident import Report
from idp.upstream_status.incident_figures import EVENTS, Happened

_LOG = table_of(AuditRow)
_TABLE = table_of(IncidentRow)
_PART = 2_000


class SqlHappened:
    """`upstream_status.incidents.ReadsRecords`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def between(self, realm: str, since: datetime, until: datetime) -> Iterator[list[Happened]]:
        """What counts for a report, in the order of time, in parts; since is included, until not.

        What names no upstream (a limit, a form of nobody) counts for each.
        """
        columns = _LOG.c
        base = select(
            columns.at,
            columns.seq,
            columns.event,
            columns.person_id,
            columns.client_id,
            columns.mode,
            columns.details,
        ).where(
            columns.at < until,
            columns.event.in_([event.value for event in EVENTS]),
            or_(columns.realm == realm, columns.realm.is_(None)),
        )
        after: Any = columns.at >= since
        while True:
            # By keys rather than by an open cursor: nothing is held while a part is counted.
            query = base.where(after).order_by(columns.at, columns.seq).limit(_PART)
            with self._database.connection() as connection:
                rows = connection.execute(query).all()
            if rows:
                yield [_happened(row) for row in rows]
            if len(rows) < _PART:
                return
            last = rows[-1]
            later = and_(columns.at == last.at, columns.seq > last.seq)
            after = or_(columns.at > last.at, later)


class SqlReportStore:
    """`upstream_status.incidents.ReportStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, report: Report) -> bool:
        """In the unit of work under way; False where it is there."""
        row = {**vars(report), "content": dict(report.content)}
        with self._database.transaction(), self._database.connection() as connection:
            return insert_new(connection, _TABLE, row)

    def get(self, report_id: str) -> Report | None:
        """One."""
        with self._database.connection() as connection:
            row = connection.execute(select(_TABLE).where(_TABLE.c.id == report_id)).one_or_none()
        return _report(row) if row is not None else None

    def known(self, since: datetime) -> set[str]:
        """The ids of those that ended since then."""
        with self._database.connection() as connection:
            query = select(_TABLE.c.id).where(_TABLE.c.ended >= since)
            return set(connection.execute(query).scalars())

    def all(self, realm: str | None, limit: int) -> list[Report]:
        """The newest first."""
        query = select(_TABLE).order_by(_TABLE.c.ended.desc()).limit(limit)
        if realm is not None:
            query = query.where(_TABLE.c.realm == realm)
        with self._database.connection() as connection:
            return [_report(row) for row in connection.execute(query)]

    def purge(self, before: datetime) -> int:
        """Remove those that ended before that moment; how many."""
        return purge(self._database, _TABLE.c.id, _TABLE.c.ended < before)

    def due(self, before: datetime) -> int:
        """How many `purge` would remove; see `tables.counted`."""
        return counted(self._database, _TABLE.c.id, _TABLE.c.ended < before)


def _happened(row: Any) -> Happened:
    return Happened(
        row.at,
        row.event,
        row.person_id,
        row.client_id,
        row.mode,
        MappingProxyType(row.details),
    )


def _report(row: Row[Any]) -> Report:
    return Report(
        row.id,
        row.realm,
        row.began,
        row.ended,
        row.made_at,
        MappingProxyType(row.content),
        row.signature,
    )
