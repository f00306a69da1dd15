"""Imports of people in SQL: how far each came."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import exists, insert, select, update

from idp.adapters.sql.database import Database
from idp.adapters.sql.models import ImportRow
from idp.adapters.sql.tables import counted, purge, table_of
from idp.people.ports import ImportRun

_IMPORTS = table_of(ImportRow)


class SqlImportStore:
    """`people.ports.ImportStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, run: ImportRun) -> None:
        """A new one."""
        values = {
            "id": run.id,
            "key": run.key,
            "done": run.done,
            "counts": dict(run.counts),
            "began_at": run.began_at,
        }
        with self._database.transaction(), self._database.connection() as connection:
            connection.execute(insert(_IMPORTS).values(values))

    def unfinished(self, key: str) -> ImportRun | None:
        """The newest one of that key, if it was never finished and none began after it."""
        query = select(_IMPORTS).where(_IMPORTS.c.key == key).order_by(_IMPORTS.c.began_at.desc())
        with self._database.connection() as connection:
            row = connection.execute(query.limit(1)).one_or_none()
            if row is None or row.finished_at is not None:
                return None
            later = select(exists().where(_IMPORTS.c.began_at > row.began_at))
            if connection.execute(later).scalar_one():
                return None
        return ImportRun(row.id, row.key, row.done, row.counts, row.began_at)

    def advance(self, run_id: str, done: int, counts: Mapping[str, int]) -> None:
        """It is done up to that line."""
        with self._database.transaction(), self._database.connection() as connection:
            values = {"done": done, "counts": dict(counts)}
            connection.execute(update(_IMPORTS).where(_IMPORTS.c.id == run_id).values(values))

    def finish(self, run_id: str, now: datetime) -> None:
        """All of it is done."""
        with self._database.transaction(), self._database.connection() as connection:
            one = update(_IMPORTS).where(_IMPORTS.c.id == run_id)
            connection.execute(one.values(finished_at=now))

    def due(self, before: datetime) -> int:
        """How many `purge` would remove; see `tables.counted`."""
        return counted(self._database, _IMPORTS.c.id, _IMPORTS.c.began_at < before)

    def purge(self, before: datetime) -> int:
        """Remove those that began before that moment; how many."""
        return purge(self._database, _IMPORTS.c.id, _IMPORTS.c.began_at < before)
