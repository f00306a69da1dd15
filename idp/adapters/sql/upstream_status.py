"""The flags of upstreams in SQL."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select

from idp.adapters.sql.database import Database
from idp.adapters.sql.models import FlagChangeRow, FlagRow
from idp.adapters.sql.tables import counted, purge, table_of, upsert
from idp.upstream_status.state import Flag, FlagChange, FlagState

_FLAGS = table_of(FlagRow)
_HISTORY = table_of(FlagChangeRow)


class SqlFlagStore:
    """`upstream_status.ports.FlagStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self) -> tuple[Flag, ...]:
        """Every flag that was ever set."""
        with self._database.connection() as connection:
            rows = connection.execute(select(_FLAGS)).all()
        return tuple(
            Flag(row.realm, FlagState(row.state), row.reason, row.who, row.since, row.until)
            for row in rows
        )

    def save(self, flag: Flag, change: FlagChange) -> None:
        """Write the flag and add its history row, in the unit of work under way."""
        with self._database.transaction(), self._database.connection() as connection:
            values = {
                "realm": flag.realm,
                "state": flag.state.value,
                "reason": flag.reason,
                "who": flag.who,
                "since": flag.since,
                "until": flag.until,
            }
            upsert(connection, _FLAGS, values, key="realm")
            connection.execute(
                insert(_HISTORY).values(
                    realm=change.realm,
                    state=change.state.value,
                    reason=change.reason,
                    who=change.who,
                    at=change.at,
                    until=change.until,
                )
            )

    def history(self, realm: str, limit: int) -> list[FlagChange]:
        """The newest changes of a flag first."""
        query = (
            select(_HISTORY)
            .where(_HISTORY.c.realm == realm)
            .order_by(_HISTORY.c.seq.desc())
            .limit(limit)
        )
        with self._database.connection() as connection:
            rows = connection.execute(query).all()
        return [
            FlagChange(row.realm, FlagState(row.state), row.reason, row.who, row.at, row.until)
            for row in rows
        ]

    def purge(self, before: datetime) -> int:
        """Remove the changes of before that moment; how many. What a flag is stays."""
        return purge(self._database, _HISTORY.c.seq, _HISTORY.c.at < before)

    def due(self, before: datetime) -> int:
        """How many `purge` would remove; see `tables.counted`."""
        return counted(self._database, _HISTORY.c.seq, _HISTORY.c.at < before)
