"""The audit log in SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import MappingProxyType
from typing import Any

from sqlalchemy import RowMapping, Table, insert, or_, select

from idp.adapters.sql.audit_personal import keep
from idp.adapters.sql.database import Database
from idp.adapters.sql.models import AuditRow
from idp.adapters.sql.tables import insert_new, table_of
from idp.audit.records import AuditFilter, AuditRecord, event_named

_LOG: Table = table_of(AuditRow)
_EXACT = ("id", "person_id", "client_id", "realm", "reference", "actor")


class SqlAuditStore:
    """`audit.ports.AuditStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, record: AuditRecord) -> None:
        """Add one record, in the unit of work under way if there is one."""
        with self._database.transaction(), self._database.connection() as connection:
            connection.execute(insert(_LOG).values(_values(record)))
            keep(connection, [record])

    def append_all(self, records: Sequence[AuditRecord]) -> None:
        """Add new records, in the unit of work under way if there is one."""
        with self._database.transaction(), self._database.connection() as connection:
            connection.execute(insert(_LOG), [_values(record) for record in records])
            keep(connection, records)

    def append_many(self, records: Iterable[AuditRecord]) -> int:
        """Add the records whose id is not there yet; how many that were."""
        with self._database.transaction(), self._database.connection() as connection:
            added = [one for one in records if insert_new(connection, _LOG, _values(one))]
            # Of new ones alone: what was erased beside a record must not come back with it.
            keep(connection, added)
        return len(added)

    def search(self, wanted: AuditFilter, limit: int) -> list[AuditRecord]:
        """At most `limit` matching records, the newest first."""
        query = select(_LOG).order_by(_LOG.c.at.desc(), _LOG.c.seq.desc()).limit(limit)
        if wanted.event is not None:
            query = query.where(_LOG.c.event == wanted.event.value)
        for name in _EXACT:
            value = getattr(wanted, name)
            if value is not None:
                query = query.where(_LOG.c[name] == value)
        if wanted.since is not None:
            query = query.where(_LOG.c.at >= wanted.since)
        if wanted.until is not None:
            query = query.where(_LOG.c.at < wanted.until)
        with self._database.connection() as connection:
            if wanted.older_than is not None:
                last = select(_LOG.c.at, _LOG.c.seq).where(_LOG.c.id == wanted.older_than)
                found = connection.execute(last).first()
                if found is None:
                    return []
                query = query.where(
                    _LOG.c.at <= found.at, or_(_LOG.c.at < found.at, _LOG.c.seq < found.seq)
                )
            return [_record(row) for row in connection.execute(query).mappings()]


def _values(record: AuditRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "at": record.at,
        "event": str(record.event),
        "person_id": record.person_id,
        "client_id": record.client_id,
        "actor": record.actor,
        "realm": record.realm,
        "mode": record.mode,
        "reference": record.reference,
        "details": dict(record.details),
    }


def _record(row: RowMapping) -> AuditRecord:
    fields = {name: row[name] for name in row if name not in ("seq", "event", "details")}
    return AuditRecord(
        event=event_named(row["event"]), details=MappingProxyType(row["details"]), **fields
    )
