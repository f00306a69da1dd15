"""Drills in SQL, and what the audit log tells of one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, insert, or_, select, text, update

from idp.adapters.sql.database import Database
from idp.adapters.sql.models import AuditRow, DrillRow, DrillTesterRow
from idp.adapters.sql.tables import counted, purge, table_of
from idp.audit.events import AuditEvent
from idp.audit.records import AuditRecord, event_named
from idp.upstream_status.drill_choice import Drill, Ending

_DRILLS, _TESTERS, _LOG = table_of(DrillRow), table_of(DrillTesterRow), table_of(AuditRow)
_BEGINNING = 7_104_216_502
_BATCH = 400
_OF_LINKS = (
    AuditEvent.LINK_NOT_ELIGIBLE,
    AuditEvent.LINK_OPENED,
    AuditEvent.LINK_CONSUMED,
    AuditEvent.LINK_REFUSED,
    AuditEvent.MAIL_ACCEPTED,
    AuditEvent.MAIL_REFUSED,
)
_OF_SESSIONS = (AuditEvent.CODE_ISSUED, AuditEvent.TOKEN_ISSUED)


class SqlDrillStore:
    """`upstream_status.drill_ports.DrillStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, drill: Drill) -> None:
        """Keep a new one, in the unit of work under way."""
        values = {name: getattr(drill, name) for name in _DRILLS.c.keys()}  # noqa: SIM118
        values |= {
            "clients": [*drill.clients],
            "ended_why": drill.ended_why and str(drill.ended_why),
        }
        with self._database.transaction(), self._database.connection() as connection:
            connection.execute(insert(_DRILLS).values(values))
            if drill.testers:
                rows = [
                    {"drill_id": drill.id, "person_id": one, "invited_at": drill.begins_at}
                    for one in sorted(drill.testers)
                ]
                connection.execute(insert(_TESTERS), rows)

    def since(self, moment: datetime, *, lock: bool = False) -> list[Drill]:
        """Those that were not over at that moment, or are not marked as ended, the oldest first.

        lock: until the end of the unit of work nobody else begins one (SQLite's has one writer).
        """
        query = (
            select(_DRILLS)
            .where(or_(_DRILLS.c.ended_at.is_(None), _DRILLS.c.ended_at > moment))
            .order_by(_DRILLS.c.begins_at, _DRILLS.c.id)
        )
        with self._database.connection() as connection:
            if lock and connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _BEGINNING})
            return _with_testers(connection, connection.execute(query).mappings().all())

    def get(self, drill_id: str) -> Drill | None:
        """One, or None."""
        with self._database.connection() as connection:
            rows = connection.execute(select(_DRILLS).where(_DRILLS.c.id == drill_id)).mappings()
            return next(iter(_with_testers(connection, rows.all())), None)

    def newest(self, limit: int) -> list[Drill]:
        """The newest first, at most so many."""
        query = select(_DRILLS).order_by(_DRILLS.c.begins_at.desc(), _DRILLS.c.id).limit(limit)
        with self._database.connection() as connection:
            return _with_testers(connection, connection.execute(query).mappings().all())

    def end(
        self, drill_id: str, at: datetime, why: Ending, who: str | None, reason: str | None
    ) -> bool:
        """Mark it as ended; True for exactly one caller, in the unit of work under way."""
        one = (
            update(_DRILLS)
            .where(_DRILLS.c.id == drill_id, _DRILLS.c.ended_at.is_(None))
            .values(ended_at=at, ended_why=why.value, ended_by=who, end_reason=reason)
        )
        with self._database.transaction(), self._database.connection() as connection:
            return connection.execute(one).rowcount == 1

    def purge(self, before: datetime) -> int:
        """Remove what was over before that moment; how many."""
        return purge(self._database, _DRILLS.c.id, _DRILLS.c.ended_at < before)

    def due(self, before: datetime) -> int:
        """How many `purge` would remove; see `tables.counted`."""
        return counted(self._database, _DRILLS.c.id, _DRILLS.c.ended_at < before)


class SqlDrillRecords:
    """`upstream_status.drill_ports.DrillRecords`: by the log's own indexes, never all of it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_drill(self, drill: Drill, until: datetime) -> Iterator[AuditRecord]:
        """Every record that carries the drill's id, and those of its links, its sessions' codes and
        tokens, up to that moment.
        """
        within = (_LOG.c.at >= drill.begins_at, _LOG.c.at < until)
        own = self._found(*within, _LOG.c.details["drill"].as_string() == drill.id)
        yield from own
        references = {one.reference for one in own if one.reference}
        for some in _parts(references):
            yield from self._found(*within, _LOG.c.reference.in_(some), _events(_OF_LINKS))
        people = {
            one.person_id
            for one in own
            if one.person_id and one.event is AuditEvent.LOGIN_COMPLETED
        }
        for some in _parts(people):
            yield from self._found(*within, _LOG.c.person_id.in_(some), _events(_OF_SESSIONS))

    def _found(self, *conditions: ColumnElement[bool]) -> list[AuditRecord]:
        query = select(_LOG).where(*conditions).order_by(_LOG.c.seq)
        with self._database.connection() as connection:
            return [_record(row) for row in connection.execute(query).mappings()]


def _parts(names: Iterable[str]) -> Iterator[list[str]]:
    """As many at a time as a statement takes."""
    ordered = sorted(names)
    for first in range(0, len(ordered), _BATCH):
        yield ordered[first : first + _BATCH]


def _events(events: Iterable[AuditEvent]) -> ColumnElement[bool]:
    return _LOG.c.event.in_([one.value for one in events])


def _record(row: RowMapping) -> AuditRecord:
    return AuditRecord(
        id=row["id"],
        at=row["at"],
        event=event_named(row["event"]),
        person_id=row["person_id"],
        client_id=row["client_id"],
        mode=row["mode"],
        reference=row["reference"],
        details=MappingProxyType(row["details"]),
    )


def _with_testers(connection: Connection, rows: Sequence[RowMapping]) -> list[Drill]:
    if not rows:
        return []
    query = select(_TESTERS).where(_TESTERS.c.drill_id.in_([row["id"] for row in rows]))
    testers: dict[str, set[str]] = {}
    for one in connection.execute(query):
        testers.setdefault(one.drill_id, set()).add(one.person_id)
    return [_drill(row, testers.get(row["id"], set())) for row in rows]


def _drill(row: RowMapping, testers: Iterable[str]) -> Drill:
    fields: dict[str, Any] = {**row}
    fields |= {
        "clients": tuple(row["clients"]),
        "testers": frozenset(testers),
        "ended_why": Ending(row["ended_why"]) if row["ended_why"] else None,
    }
    return Drill(**fields)
