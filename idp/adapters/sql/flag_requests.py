"""Changes that wait for somebody's word, in SQL."""

from __future__ import annotations

from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Row, insert, select, update

from idp.adapters.sql.database import Database
from idp.adapters.sql.models import FlagRequestRow
from idp.adapters.sql.tables import counted, purge, table_of
from idp.upstream_status.request import Decision, Request, RequestKind

_TABLE = table_of(FlagRequestRow)


class SqlRequestStore:
    """`upstream_status.ports.RequestStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, request: Request) -> None:
        """A new one."""
        row = {**vars(request), "kind": request.kind.value, "evidence": dict(request.evidence)}
        with self._database.transaction(), self._database.connection() as connection:
            connection.execute(insert(_TABLE).values(row))

    def get(self, request_id: str) -> Request | None:
        """By id."""
        query = select(_TABLE).where(_TABLE.c.id == request_id)
        with self._database.connection() as connection:
            row = connection.execute(query).one_or_none()
        return _request(row) if row is not None else None

    def open(self, realm: str | None) -> list[Request]:
        """Those that were not decided, the oldest first."""
        query = select(_TABLE).where(_TABLE.c.decided_at.is_(None)).order_by(_TABLE.c.asked_at)
        if realm is not None:
            query = query.where(_TABLE.c.realm == realm)
        with self._database.connection() as connection:
            rows = connection.execute(query).all()
        return [_request(row) for row in rows]

    def decide(self, request_id: str, decision: Decision, who: str, at: datetime) -> bool:
        """In the unit of work under way; of parallel words exactly one is True."""
        these = (_TABLE.c.id == request_id, _TABLE.c.decided_at.is_(None))
        values = {"decision": decision.value, "decided_at": at, "decided_by": who}
        with self._database.transaction(), self._database.connection() as connection:
            return connection.execute(update(_TABLE).where(*these).values(values)).rowcount == 1

    def recent(self, realm: str | None, limit: int) -> list[Request]:
        """The newest first, decided or not."""
        query = select(_TABLE).order_by(_TABLE.c.asked_at.desc()).limit(limit)
        if realm is not None:
            query = query.where(_TABLE.c.realm == realm)
        with self._database.connection() as connection:
            rows = connection.execute(query).all()
        return [_request(row) for row in rows]

    def purge(self, before: datetime) -> int:
        """Remove those that were asked before that moment; how many."""
        return purge(self._database, _TABLE.c.id, _TABLE.c.asked_at < before)

    def due(self, before: datetime) -> int:
        """How many `purge` would remove; see `tables.counted`."""
        return counted(self._database, _TABLE.c.id, _TABLE.c.asked_at < before)


def _request(row: Row[Any]) -> Request:
    return Request(
        id=row.id,
        realm=row.realm,
        kind=RequestKind(row.kind),
        wanted=row.wanted,
        reason=row.reason,
        who=row.who,
        asked_at=row.asked_at,
        deadline=row.deadline,
        do_then=row.do_then,
        until=row.until,
        evidence=MappingProxyType(row.evidence),
        decision=Decision(row.decision) if row.decision else None,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
    )
