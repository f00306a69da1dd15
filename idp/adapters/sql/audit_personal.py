"""What is kept beside the audit log, in SQL: sealed, and erasable while the log is not."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, insert, or_, select
from sqlalchemy.exc import SQLAlchemyError

from idp.adapters.sql.aged import not_on_hold
from idp.adapters.sql.database import Database
from idp.adapters.sql.models import AuditPersonalRow, AuditRow
from idp.adapters.sql.privacy import with_absorbed
from idp.adapters.sql.tables import counted, purge, table_of
from idp.audit.events import PERSONAL, AuditEvent
from idp.audit.personal import Kept, SealsTexts, disclose
from idp.audit.records import AuditRecord
from idp.kernel.errors import Unavailable
from idp.people.person import Person
from idp.privacy.held import Entry

_log = logging.getLogger(__name__)
_BESIDE = table_of(AuditPersonalRow)
_LOG = table_of(AuditRow)
_PAGE = 1_000
_KEPT = (
    select(_BESIDE, _LOG.c.at.label("then"), _LOG.c.person_id.label("who"))
    .add_columns(_LOG.c.event, _LOG.c.details)
    .join(_LOG, _LOG.c.id == _BESIDE.c.record_id)
)


def keep(connection: Connection, records: Sequence[AuditRecord]) -> None:
    """Add what these new records bring along, in their transaction. Where that fails they stay
    without: no login fails for it.
    """
    rows = [
        {
            "record_id": one.id,
            "at": one.at,
            "person_id": one.person_id,
            "sealed": one.enclosed,
        }
        for one in records
        if one.enclosed is not None
    ]
    if not rows:
        return
    try:
        with connection.begin_nested():
            connection.execute(insert(_BESIDE), rows)
    except SQLAlchemyError as error:
        extra = {"count": len(rows), "reason": type(error).__name__}
        _log.warning("not kept beside the audit log", extra=extra)


class SqlAuditPersonal:
    """`audit.personal_records.PersonalStore`, and `privacy.ports.Ages`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def one(self, record_id: str) -> Kept | None:
        """That of a record."""
        with self._database.connection() as connection:
            row = connection.execute(_KEPT.where(_BESIDE.c.record_id == record_id)).first()
        return _kept(row) if row is not None else None

    def all(self) -> Iterator[Kept]:
        """Every one whose record is still there, a page at a time."""
        after = ""
        while True:
            query = _KEPT.where(_BESIDE.c.record_id > after).order_by(_BESIDE.c.record_id)
            with self._database.connection() as connection:
                rows = connection.execute(query.limit(_PAGE)).all()
            if not rows:
                return
            yield from (_kept(row) for row in rows)
            after = rows[-1].record_id

    def due(self, before: datetime) -> int:
        """How many are of before that moment, up to a bound."""
        return counted(self._database, _BESIDE.c.record_id, _old(before))

    def purge(self, before: datetime) -> int:
        """Remove those of before that moment, but of who must not be erased; how many."""
        return purge(self._database, _BESIDE.c.record_id, _old(before))


class PersonsAuditPersonal:
    """What of it is a person's: shown to them, and erased with them."""

    def __init__(self, database: Database, seals: SealsTexts) -> None:
        self._database = database
        self._seals = seals

    def export(self, person: Person) -> list[Entry]:
        """Whence they came, the oldest first. Whence a link was asked for is not told: whoever did
        may have been somebody else. Raises Unavailable("data_keys").
        """
        ids = with_absorbed(self._database, [person.id])
        query = _KEPT.where(_BESIDE.c.person_id.in_(ids)).order_by(_BESIDE.c.at)
        with self._database.connection() as connection:
            rows = connection.execute(query).all()
        return [self._entry(row) for row in rows]

    def erase(self, person_ids: Sequence[str]) -> int:
        """Remove what is of these people, and of the links that were asked for in their names."""
        ids = with_absorbed(self._database, person_ids)
        asked, theirs = _LOG.alias("asked"), _LOG.alias("theirs")
        # When a link is asked for nobody is looked up; a later record of its number tells who.
        links = (
            select(asked.c.id)
            .join(theirs, theirs.c.reference == asked.c.reference)
            .where(theirs.c.person_id.in_(ids), asked.c.event == AuditEvent.LINK_REQUESTED.value)
        )
        these = or_(_BESIDE.c.person_id.in_(ids), _BESIDE.c.record_id.in_(links))
        with self._database.transaction(), self._database.connection() as connection:
            return connection.execute(delete(_BESIDE).where(these)).rowcount

    def _entry(self, row: Row[Any]) -> Entry:
        found = disclose(_kept(row), self._seals).personal
        if found is None:
            raise Unavailable("data_keys", "a row beside the audit log cannot be opened")
        return {
            "at": row.at,
            "event": row.event,
            "from_address": found.address,
            "agent": found.agent,
        }


def _old(before: datetime) -> ColumnElement[bool]:
    nobodys = _BESIDE.c.person_id.is_(None)
    return and_(_BESIDE.c.at < before, or_(nobodys, not_on_hold(_BESIDE.c.person_id)))


def _kept(row: Row[Any]) -> Kept:
    fits = row.at == row.then and row.person_id == row.who
    return Kept(row.record_id, row.sealed, row.details.get(PERSONAL), fits)
