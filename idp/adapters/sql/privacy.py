"""Who was erased, who must not be, and any table of people, in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select

from idp.adapters.sql.database import Database
from idp.adapters.sql.models import (
    Base,
    ErasedIdentifierRow,
    ExternalIdRow,
    IdentifierRow,
    LegalHoldRow,
    PersonRow,
    RetiredSubRow,
)
from idp.adapters.sql.sealed_rows import SealedRows
from idp.adapters.sql.tables import counted, insert_new, purge, table_of
from idp.kernel.identity import Identifier
from idp.people.person import Person
from idp.people.vault import Vault
from idp.privacy.held import Entry

_ERASED = table_of(ErasedIdentifierRow)
_IDENTIFIERS = table_of(IdentifierRow)
_HOLDS = table_of(LegalHoldRow)
_OWN = table_of(ExternalIdRow)
_PEOPLE = table_of(PersonRow)
_RETIRED = table_of(RetiredSubRow)


class SqlErased:
    """`privacy.ports.ErasedIdentifiers` and `people.ports.ErasedPeople`."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._rows = SealedRows(vault)

    def add_of(self, person_ids: Sequence[str], at: datetime) -> int:
        """Note every identifier of these people, by the hash that it is found by."""
        named = select(_IDENTIFIERS.c.digest).where(_IDENTIFIERS.c.person_id.in_(person_ids))
        with self._database.transaction(), self._database.connection() as connection:
            digests = connection.execute(named).scalars().all()
            for one in digests:
                insert_new(connection, _ERASED, {"digest": one, "erased_at": at})
        return len(digests)

    def among(self, identifiers: Sequence[Identifier]) -> frozenset[Identifier]:
        """Those of these that are on the list."""
        digests = {self._rows.identifier_digest(one): one for one in identifiers}
        query = select(_ERASED.c.digest).where(_ERASED.c.digest.in_(digests))
        with self._database.connection() as connection:
            return frozenset(digests[one] for one in connection.execute(query).scalars())

    def lift(self, identifiers: Sequence[Identifier]) -> int:
        """Take these off the list."""
        digests = [self._rows.identifier_digest(one) for one in identifiers]
        with self._database.transaction(), self._database.connection() as connection:
            these = delete(_ERASED).where(_ERASED.c.digest.in_(digests))
            return connection.execute(these).rowcount

    def purge(self, before: datetime) -> int:
        """Remove those of before that moment; how many."""
        return purge(self._database, _ERASED.c.digest, _ERASED.c.erased_at < before)

    def due(self, before: datetime) -> int:
        """How many `purge` would remove; see `tables.counted`."""
        return counted(self._database, _ERASED.c.digest, _ERASED.c.erased_at < before)


class SqlHolds:
    """`privacy.ports.Holds`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, person_id: str, at: datetime) -> bool:
        """Hold."""
        with self._database.transaction(), self._database.connection() as connection:
            return insert_new(connection, _HOLDS, {"person_id": person_id, "since": at})

    def drop(self, person_id: str) -> bool:
        """Release."""
        with self._database.transaction(), self._database.connection() as connection:
            one = delete(_HOLDS).where(_HOLDS.c.person_id == person_id)
            return connection.execute(one).rowcount == 1

    def since(self, person_id: str) -> datetime | None:
        """Since when, or None."""
        query = select(_HOLDS.c.since).where(_HOLDS.c.person_id == person_id)
        with self._database.connection() as connection:
            found: datetime | None = connection.execute(query).scalar_one_or_none()
        return found


class SqlPersonRows:
    """The person's own row and, by foreign keys, what hangs from it."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._rows = SealedRows(vault)

    def lock(self, person_id: str) -> str | None:
        """The `sub` of a person, who is locked until the unit of work ends."""
        query = select(_PEOPLE.c.sub).where(_PEOPLE.c.id == person_id)
        with self._database.connection() as connection:
            found: str | None = connection.execute(query.with_for_update()).scalar_one_or_none()
        return found

    def erase(self, person_ids: Sequence[str]) -> int:
        """Remove these people; how many."""
        with self._database.transaction(), self._database.connection() as connection:
            return connection.execute(delete(_PEOPLE).where(_PEOPLE.c.id.in_(person_ids))).rowcount

    def identifiers(self, person_id: str) -> list[Identifier]:
        """Every identifier that names a person."""
        query = select(_IDENTIFIERS).where(_IDENTIFIERS.c.person_id == person_id)
        with self._database.connection() as connection:
            rows = connection.execute(query.order_by(_IDENTIFIERS.c.digest)).all()
        return [self._rows.identifier(row) for row in rows]


def with_absorbed(database: Database, person_ids: Sequence[str]) -> list[str]:
    """These ids, and those of whoever was joined into one of them: the same human's."""
    absorbed = select(_RETIRED.c.person_id).where(_RETIRED.c.kept_by.in_(person_ids))
    with database.connection() as connection:
        return [*person_ids, *connection.execute(absorbed.order_by(_RETIRED.c.person_id)).scalars()]


class TableOfPeople:
    """A table of people: what of it is shown to its person, and its removal.

    shown: the columns, the first of which is the order. person: the column that says whose it is.
    """

    def __init__(
        self, database: Database, model: type[Base], *shown: str, person: str = "person_id"
    ) -> None:
        self._database = database
        self._table = table_of(model)
        self._person = self._table.c[person]
        self._shown = [self._table.c[name] for name in shown]

    def export(self, person: Person) -> list[Entry]:
        """The person's rows, the oldest first."""
        ids = with_absorbed(self._database, [person.id])
        query = select(*self._shown).where(self._person.in_(ids))
        with self._database.connection() as connection:
            rows = connection.execute(query.order_by(self._shown[0])).mappings().all()
        return [dict(row) for row in rows]

    def erase(self, person_ids: Sequence[str]) -> int:
        """Remove the rows of these people; how many."""
        ids = with_absorbed(self._database, person_ids)
        with self._database.transaction(), self._database.connection() as connection:
            these = delete(self._table).where(self._person.in_(ids))
            return connection.execute(these).rowcount


class ExternalIds:
    """What other systems call a person, in clear."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def export(self, person: Person) -> list[Entry]:
        """Each system's id with its own."""
        query = select(_OWN.c.id, _OWN.c.sealed).where(_OWN.c.person_id == person.id)
        with self._database.connection() as connection:
            rows = connection.execute(query.order_by(_OWN.c.id)).all()
        return [
            {
                "client_id": row.id.partition(":")[2],
                "external_id": self._vault.open(row.sealed, f"external_ids:{row.id}"),
            }
            for row in rows
        ]
