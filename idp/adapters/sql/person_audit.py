"""What the audit log tells of one person, all of it, and of who was joined into them: for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select

from idp.adapters.sql.database import Database
from idp.adapters.sql.models import AuditRow
from idp.adapters.sql.privacy import with_absorbed
from idp.adapters.sql.tables import table_of
from idp.audit.records import CLIENT

_LOG = table_of(AuditRow)
_PAGE = 1_000


@dataclass(frozen=True)
class Told:
    """A record about a person. operator: somebody of ours acted, whose name is their own."""

    at: datetime
    event: str
    client_id: str | None
    mode: str | None
    reference: str | None
    operator: bool
    details: Mapping[str, str]


class SqlPersonAudit:
    """Reads by person."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, person_id: str) -> Iterator[Told]:
        """Every record, the oldest first; a page at a time."""
        ids, after = with_absorbed(self._database, [person_id]), 0
        while page := self._page(ids, after):
            for row in page:
                yield Told(
                    at=row.at,
                    event=row.event,
                    client_id=row.client_id,
                    mode=row.mode,
                    reference=row.reference,
                    operator=row.actor is not None and not row.actor.startswith(CLIENT),
                    details=row.details,
                )
            after = page[-1].seq

    def components(self, person_id: str) -> list[tuple[str, datetime, datetime]]:
        """Each component that a login of theirs reached, with the first and the last moment."""
        ids = with_absorbed(self._database, [person_id])
        query = (
            select(_LOG.c.client_id, func.min(_LOG.c.at), func.max(_LOG.c.at))
            .where(_LOG.c.person_id.in_(ids), _LOG.c.client_id.is_not(None))
            .where(_LOG.c.event.in_(("code.issued", "token.issued")))
            .group_by(_LOG.c.client_id)
            .order_by(_LOG.c.client_id)
        )
        with self._database.connection() as connection:
            return [(one, first, last) for one, first, last in connection.execute(query)]

    def _page(self, ids: list[str], after: int) -> list[Row[Any]]:
        query = (
            select(_LOG)
            .where(_LOG.c.person_id.in_(ids), _LOG.c.seq > after)
            .order_by(_LOG.c.seq)
            .limit(_PAGE)
        )
        with self._database.connection() as connection:
            return list(connection.execute(query))
