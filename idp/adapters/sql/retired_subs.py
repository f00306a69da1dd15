"""Retired subjects in SQL: a row each, for good."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, or_, select, update

from idp.adapters.sql.database import Database
from idp.adapters.sql.models import RetiredSubRow
from idp.adapters.sql.tables import insert_new, table_of
from idp.kernel.ids import digest
from idp.people.retired import RetiredSub, Retirement

_RETIRED = table_of(RetiredSubRow)


class SqlRetiredSubs:
    """`people.retired.RetiredSubs`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def retire_sub(
        self,
        sub: str,
        person_id: str,
        *,
        why: Retirement,
        at: datetime,
        kept_by: str | None = None,
    ) -> None:
        """From now on this `sub` names nobody; what was written first stays."""
        values = {
            "sub_digest": digest(sub),
            "person_id": person_id,
            "retired_at": at,
            "why": why.value,
            "kept_by": kept_by,
        }
        with self._database.transaction(), self._database.connection() as connection:
            insert_new(connection, _RETIRED, values)

    def restore_sub(self, sub: str) -> bool:
        """Its very person comes back with it; False when it was not retired."""
        one = delete(_RETIRED).where(_RETIRED.c.sub_digest == digest(sub))
        with self._database.transaction(), self._database.connection() as connection:
            return connection.execute(one).rowcount == 1

    def retired(self, named: str) -> RetiredSub | None:
        """The tombstone of a `sub`, or of the id of the person who had it."""
        either = or_(_RETIRED.c.sub_digest == digest(named), _RETIRED.c.person_id == named)
        with self._database.connection() as connection:
            row = connection.execute(select(_RETIRED).where(either)).first()
        if row is None:
            return None
        return RetiredSub(row.person_id, row.retired_at, Retirement(row.why), row.kept_by)

    def hand_over(
        self, kept_by: str, to: str, *, only: Collection[str] | None = None
    ) -> tuple[str, ...]:
        """Whoever was kept as one person is kept as the other from now on; the ids of them."""
        theirs = update(_RETIRED).where(_RETIRED.c.kept_by == kept_by)
        if only is not None:
            theirs = theirs.where(_RETIRED.c.person_id.in_(only))
        moved = theirs.values(kept_by=to).returning(_RETIRED.c.person_id)
        with self._database.transaction(), self._database.connection() as connection:
            return tuple(sorted(connection.execute(moved).scalars()))
