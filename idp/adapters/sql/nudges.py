"""What people were told before the day, in SQL."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, delete, select, update

from idp.adapters.sql.database import Database
from idp.adapters.sql.models import NudgeRow
from idp.adapters.sql.tables import insert_new, table_of
from idp.people.concerns import Answer, Kind, Told

_NUDGES = table_of(NudgeRow)


class SqlNudgeStore:
    """`people.ports.NudgeStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, person_id: str, kind: Kind) -> Told | None:
        """When this person was last told of it."""
        query = select(_NUDGES).where(_NUDGES.c.person_id == person_id, _NUDGES.c.kind == kind)
        with self._database.connection() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        return _told(row)

    def of_person(self, person_id: str) -> list[Told]:
        """All that this person was told, in the order of the kinds."""
        query = select(_NUDGES).where(_NUDGES.c.person_id == person_id).order_by(_NUDGES.c.kind)
        with self._database.connection() as connection:
            return [_told(row) for row in connection.execute(query)]

    def put(self, told: Told) -> None:
        """Write it, in the place of the last time."""
        values = asdict(told)
        one = update(_NUDGES).where(
            _NUDGES.c.person_id == told.person_id, _NUDGES.c.kind == told.kind
        )
        with self._database.transaction(), self._database.connection() as connection:
            if not insert_new(connection, _NUDGES, values):
                connection.execute(one.values(values))

    def drop(self, person_id: str, kind: Kind) -> None:
        """As if they had never been told of it."""
        one = delete(_NUDGES).where(_NUDGES.c.person_id == person_id, _NUDGES.c.kind == kind)
        with self._database.transaction(), self._database.connection() as connection:
            connection.execute(one)


def _told(row: Row[Any]) -> Told:
    answer = Answer(row.answer) if row.answer is not None else None
    return Told(row.person_id, Kind(row.kind), row.told_at, row.answered_at, answer)
