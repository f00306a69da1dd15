"""The chain of the audit log in SQL: sealing rows, reading them in order, removing the front."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Table, delete, func, insert, select, text

from idp.adapters.sql.database import Database
from idp.adapters.sql.models import AuditRow, AuditSealRow, AuditUnsealedRow
from idp.adapters.sql.tables import counted, table_of
from idp.audit.sealer import FLIP, Batch
from idp.audit.seals import Seal, SealedRow, UnsealedRow, seal_next, written
from idp.kernel.clock import Clock

_LOG: Table = table_of(AuditRow)
_SEALS: Table = table_of(AuditSealRow)
_UNSEALED: Table = table_of(AuditUnsealedRow)
_SEAL_FIELDS = tuple(one.name for one in _SEALS.c)
# Any number will do, as long as nothing else in this database takes it.
_SEALER_LOCK = 7_365_002
_PAGE = 2_000
# Of the numbers of rows that one statement looks through for those without a seal.
_STRETCH = 50_000


class SqlSealStore:
    """`audit.sealer.SealsRows`, `audit.verify.Sealed`, and what a purge needs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def seal_batch(self, limit: int, clock: Clock, after: int | None = None) -> Batch:
        """Seal at most so many; see the port."""
        waiting = select(_LOG).join(_UNSEALED, _UNSEALED.c.seq == _LOG.c.seq)
        waiting = waiting.order_by(_UNSEALED.c.seq).limit(limit)
        if after is not None:
            waiting = waiting.where(_UNSEALED.c.seq > after)
        with self._database.connection() as connection:
            # Looked at first: SQLite has one writer, who is not to be held up for nothing.
            looked = select(_UNSEALED.c.seq).order_by(_UNSEALED.c.seq).limit(1)
            if after is None and connection.execute(looked).first() is None:
                return Batch(0)
        with self._database.transaction(), self._database.connection() as connection:
            if not _only_sealer(connection):
                return Batch(0)
            rows = connection.execute(waiting).mappings().all()
            if not rows:
                return Batch(0)
            last, now, seals = _head(connection), clock.now(), []
            for row in rows:
                last = seal_next(last, dict(row), now)
                seals.append(last)
            # Whoever came between, in spite of the lock, has this number, and this insert fails.
            connection.execute(insert(_SEALS), [_values(one) for one in seals])
            sealed = [one.seq for one in seals]
            connection.execute(delete(_UNSEALED).where(_UNSEALED.c.seq.in_(sealed)))
        flipped = any(row["event"] == FLIP for row in rows)
        return Batch(len(rows), flipped, reached=rows[-1]["seq"])

    def head(self) -> Seal | None:
        """The last seal."""
        with self._database.connection() as connection:
            return _head(connection)

    def first(self) -> Seal | None:
        """The first seal that is still there."""
        with self._database.connection() as connection:
            query = select(_SEALS).order_by(_SEALS.c.number).limit(1)
            row = connection.execute(query).mappings().first()
            return _seal(row) if row else None

    def at(self, number: int) -> Seal | None:
        """The seal of that number."""
        with self._database.connection() as connection:
            query = select(_SEALS).where(_SEALS.c.number == number)
            row = connection.execute(query).mappings().first()
            return _seal(row) if row else None

    def number_from(self, at: datetime) -> int | None:
        """The lowest number of a row of that moment or later."""
        return self._edge(func.min(_SEALS.c.number), _LOG.c.at >= at)

    def number_until(self, at: datetime) -> int | None:
        """The highest number of a row of before that moment."""
        return self._edge(func.max(_SEALS.c.number), _LOG.c.at < at)

    def sealed(self, after: int, until: int | None = None) -> Iterator[SealedRow]:
        """Seals with their rows, by number, those after that one; a page at a time, each of its own
        moment, so that nothing is held up however many there are.
        """
        while page := self._page(after, until):
            yield from page
            after = page[-1].seal.number

    def unsealed(self) -> Iterator[UnsealedRow]:
        """What has no seal: waiting for it, or written where nothing put it in the queue."""
        with self._database.connection() as connection:
            first, last = connection.execute(
                select(func.min(_LOG.c.seq), func.max(_LOG.c.seq))
            ).one()
        for start in range(first or 0, (last or -1) + 1, _STRETCH):
            query = (
                select(_LOG)
                .join(_SEALS, _SEALS.c.seq == _LOG.c.seq, isouter=True)
                .where(_LOG.c.seq >= start, _LOG.c.seq < start + _STRETCH)
                .where(_SEALS.c.number.is_(None))
                .order_by(_LOG.c.seq)
            )
            yield from self._unsealed(query)
        gone = (
            select(_UNSEALED.c.seq)
            .join(_LOG, _LOG.c.seq == _UNSEALED.c.seq, isouter=True)
            .where(_LOG.c.seq.is_(None))
            .order_by(_UNSEALED.c.seq)
        )
        with self._database.connection() as connection:
            missing = connection.execute(gone).scalars().all()
        yield from (UnsealedRow(seq, None, None) for seq in missing)

    def waiting(self) -> tuple[int, datetime | None]:
        """How many rows wait in the queue for their seal, and of when the oldest is."""
        query = (
            select(func.count(), func.min(_LOG.c.at))
            .select_from(_UNSEALED)
            .join(_LOG, _LOG.c.seq == _UNSEALED.c.seq, isouter=True)
        )
        with self._database.connection() as connection:
            count, oldest = connection.execute(query).one()
        return count, oldest

    def due(self, before: datetime) -> int:
        """How many rows are of before that moment, up to a bound."""
        return counted(self._database, _LOG.c.seq, _LOG.c.at < before)

    def front(self, before: datetime, limit: int) -> Seal | None:
        """The last of the front rows that are all of before that moment, among the first so many;
        never the chain's last, which the next is chained to.
        """
        query = (
            select(*_SEALS.c, _LOG.c.at)
            .join(_LOG, _LOG.c.seq == _SEALS.c.seq, isouter=True)
            .order_by(_SEALS.c.number)
            .limit(limit + 1)
        )
        found: Seal | None = None
        with self._database.connection() as connection:
            rows = connection.execute(query).mappings().all()
        for row in rows[:-1]:
            # A row that is gone is of when those around it are.
            if row["at"] is not None and row["at"] >= before:
                break
            found = _seal(row)
        return found

    def remove(self, until: int, limit: int) -> int:
        """Remove the front rows with their seals, at most so many, up to that number; how many."""
        some = select(_SEALS.c.number, _SEALS.c.seq).where(_SEALS.c.number <= until)
        with self._database.transaction(), self._database.connection() as connection:
            these = connection.execute(some.order_by(_SEALS.c.number).limit(limit)).all()
            if not these:
                return 0
            # The rows first: the database lets go of those alone whose seal may go.
            connection.execute(delete(_LOG).where(_LOG.c.seq.in_([one.seq for one in these])))
            last = these[-1].number
            connection.execute(delete(_SEALS).where(_SEALS.c.number <= last))
        return len(these)

    def _edge(self, wanted: Any, condition: Any) -> int | None:
        query = select(wanted).join(_LOG, _LOG.c.seq == _SEALS.c.seq).where(condition)
        with self._database.report() as connection:
            found = connection.execute(query).scalar()
            return None if found is None else int(found)

    def _page(self, after: int, until: int | None) -> list[SealedRow]:
        named = [one.label(f"seal_{one.name}") for one in _SEALS.c]
        query = (
            select(*named, _LOG)
            .join(_LOG, _LOG.c.seq == _SEALS.c.seq, isouter=True)
            .where(_SEALS.c.number > after)
            .order_by(_SEALS.c.number)
            .limit(_PAGE)
        )
        if until is not None:
            query = query.where(_SEALS.c.number <= until)
        with self._database.connection() as connection:
            rows = connection.execute(query).mappings().all()
        return [
            SealedRow(
                Seal(**{name: row[f"seal_{name}"] for name in _SEAL_FIELDS}),
                None if row["id"] is None else written(dict(row)),
            )
            for row in rows
        ]

    def _unsealed(self, query: Any) -> list[UnsealedRow]:
        with self._database.connection() as connection:
            rows = connection.execute(query).mappings().all()
        return [UnsealedRow(row["seq"], row["id"], row["at"], written(dict(row))) for row in rows]


def _only_sealer(connection: Connection) -> bool:
    """Whether nobody else seals until this transaction ends; in SQLite whoever writes is alone."""
    if connection.dialect.name != "postgresql":
        return True
    lock = text("SELECT pg_try_advisory_xact_lock(:lock)")
    return bool(connection.execute(lock, {"lock": _SEALER_LOCK}).scalar())


def _head(connection: Connection) -> Seal | None:
    row = connection.execute(select(_SEALS).order_by(_SEALS.c.number.desc()).limit(1)).mappings()
    found = row.first()
    return _seal(found) if found else None


def _seal(row: RowMapping) -> Seal:
    return Seal(**{name: row[name] for name in _SEAL_FIELDS})


def _values(seal: Seal) -> dict[str, Any]:
    return {name: getattr(seal, name) for name in _SEAL_FIELDS}
