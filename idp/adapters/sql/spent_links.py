"""Used links in SQL: a unique row each."""

from __future__ import annotations

from datetime import datetime

from idp.adapters.sql.database import Database
from idp.adapters.sql.models import SpentLinkRow
from idp.adapters.sql.tables import counted, insert_new, purge, table_of

_SPENT = table_of(SpentLinkRow)


class SqlSpentLinks:
    """`links.ports.SpentLinks`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, link_digest: str, person_id: str, at: datetime) -> bool:
        """Write the row within the unit of work under way; False when it was there already.

        Of parallel calls exactly one says True. Raises Unavailable("sql").
        """
        values = {"digest": link_digest, "person_id": person_id, "at": at}
        with self._database.transaction(), self._database.connection() as connection:
            return insert_new(connection, _SPENT, values)

    def due(self, used_before: datetime) -> int:
        """How many `purge` would remove; see `tables.counted`."""
        return counted(self._database, _SPENT.c.digest, _SPENT.c.at < used_before)

    def purge(self, used_before: datetime) -> int:
        """Remove the rows of links used before that moment; how many.

        It must lie further back than any link lives: give a month.
        """
        return purge(self._database, _SPENT.c.digest, _SPENT.c.at < used_before)
