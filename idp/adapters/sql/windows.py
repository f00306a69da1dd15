"""Announced maintenance in SQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from idp.adapters.sql.database import Database
from idp.adapters.sql.models import WindowRow
from idp.adapters.sql.tables import counted, purge, table_of
from idp.upstream_status.state import Window

_WINDOWS = table_of(WindowRow)


class SqlWindowStore:
    """`upstream_status.ports.WindowStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, window: Window) -> None:
        """A new one."""
        with self._database.transaction(), self._database.connection() as connection:
            connection.execute(insert(_WINDOWS).values(vars(window)))

    def cancel(self, window_id: str, at: datetime) -> Window | None:
        """It does not take place, or ends now; None where there is none that could."""
        this = _WINDOWS.c.id == window_id
        live = (this, _WINDOWS.c.cancelled_at.is_(None), _WINDOWS.c.ends_at > at)
        with self._database.transaction(), self._database.connection() as connection:
            change = update(_WINDOWS).where(*live).values(cancelled_at=at)
            if connection.execute(change).rowcount != 1:
                return None
            row = connection.execute(select(_WINDOWS).where(this)).one()
        return window_of(row)

    def all(self, ended_after: datetime) -> list[Window]:
        """By their beginning, cancelled ones included."""
        query = select(_WINDOWS).where(_WINDOWS.c.ends_at > ended_after)
        with self._database.connection() as connection:
            rows = connection.execute(query.order_by(_WINDOWS.c.starts_at)).all()
        return [window_of(row) for row in rows]

    def purge(self, before: datetime) -> int:
        """Remove those that ended before that moment; how many."""
        return purge(self._database, _WINDOWS.c.id, _WINDOWS.c.ends_at < before)

    def due(self, before: datetime) -> int:
        """How many `purge` would remove; see `tables.counted`."""
        return counted(self._database, _WINDOWS.c.id, _WINDOWS.c.ends_at < before)


def window_of(row: Row[Any]) -> Window:
    """As it was stored."""
    return Window(
        row.id, row.realm, row.starts_at, row.ends_at, row.reason, row.who, row.cancelled_at
    )
