"""Each change of what is in force, in SQL."""

from __future__ import annotations

from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, select, update

from idp.adapters.sql.database import Database
from idp.adapters.sql.models import TransitionRow
from idp.adapters.sql.tables import counted, insert_new, purge, table_of
from idp.upstream_status.changes import Transition
from idp.upstream_status.state import Why

_TABLE = table_of(TransitionRow)


class SqlTransitionStore:
    """`upstream_status.ports.TransitionStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def last(self, realm: str) -> Transition | None:
        """The newest of an upstream."""
        query = select(_TABLE).where(_TABLE.c.realm == realm).order_by(_TABLE.c.seq.desc()).limit(1)
        with self._database.connection() as connection:
            row = connection.execute(query).one_or_none()
        return _transition(row) if row is not None else None

    def add(self, transition: Transition) -> bool:
        """Add one, in the unit of work under way; False where its number is taken."""
        row = {
            **vars(transition),
            "id": transition.id,
            "why": transition.why.value,
            "evidence": dict(transition.evidence),
        }
        with self._database.transaction(), self._database.connection() as connection:
            return insert_new(connection, _TABLE, row)

    def find(
        self, realm: str | None, since: datetime | None, until: datetime | None, limit: int
    ) -> list[Transition]:
        """The newest first; since is included, until is not."""
        query = select(_TABLE).order_by(_TABLE.c.at.desc(), _TABLE.c.seq.desc()).limit(limit)
        if realm is not None:
            query = query.where(_TABLE.c.realm == realm)
        if since is not None:
            query = query.where(_TABLE.c.at >= since)
        if until is not None:
            query = query.where(_TABLE.c.at < until)
        with self._database.connection() as connection:
            rows = connection.execute(query).all()
        return [_transition(row) for row in rows]

    def untold(self, limit: int) -> list[Transition]:
        """Those that nobody was told of, the oldest first."""
        query = (
            select(_TABLE)
            .where(_TABLE.c.told_at.is_(None))
            .order_by(_TABLE.c.at, _TABLE.c.seq)
            .limit(limit)
        )
        with self._database.connection() as connection:
            rows = connection.execute(query).all()
        return [_transition(row) for row in rows]

    def told(self, transition_id: str, at: datetime) -> bool:
        """Somebody tells of it now; False where another does already."""
        these = (_TABLE.c.id == transition_id, _TABLE.c.told_at.is_(None))
        with self._database.transaction(), self._database.connection() as connection:
            change = update(_TABLE).where(*these).values(told_at=at)
            return connection.execute(change).rowcount == 1

    def purge(self, before: datetime) -> int:
        """Remove those of before that moment; how many. The newest of an upstream stays: it says
        what is in force, and its number goes on counting.
        """
        return purge(self._database, _TABLE.c.id, _old(before))

    def due(self, before: datetime) -> int:
        """How many `purge` would remove; see `tables.counted`."""
        return counted(self._database, _TABLE.c.id, _old(before))


def _old(before: datetime) -> ColumnElement[bool]:
    other = _TABLE.alias()
    newest = select(func.max(other.c.seq)).where(other.c.realm == _TABLE.c.realm)
    return and_(_TABLE.c.at < before, _TABLE.c.seq < newest.scalar_subquery())


def _transition(row: Row[Any]) -> Transition:
    return Transition(
        realm=row.realm,
        seq=row.seq,
        at=row.at,
        up=row.up,
        why=Why(row.why),
        until=row.until,
        reason=row.reason,
        who=row.who,
        evidence=MappingProxyType(row.evidence),
        told_at=row.told_at,
    )
