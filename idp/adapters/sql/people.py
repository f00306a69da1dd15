"""Persons with their identifiers and addresses in SQL."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from idp.adapters.sql.database import Database
from idp.adapters.sql.models import AddressRow, IdentifierRow, PersonRow
from idp.adapters.sql.sealed_rows import SealedRows
from idp.adapters.sql.tables import insert_new, table_of, upsert
from idp.adapters.sql.vault_check import VaultCheck
from idp.kernel.errors import Unavailable
from idp.kernel.identity import Identifier
from idp.people.person import Address, Person
from idp.people.ports import Raced
from idp.people.vault import Vault

_PEOPLE = table_of(PersonRow)
_IDENTIFIERS = table_of(IdentifierRow)
_ADDRESSES = table_of(AddressRow)

# Each time an operator was faster, who gave just these identifiers to another person while we
# waited for the lock of the one before.
_TRIES = 5


@dataclass
class _Attempt:
    kept: bool = False


@contextmanager
def _attempt(connection: Connection, *, locks: bool = True) -> Iterator[_Attempt]:
    """A try that leaves nothing where it is not `kept`, no locks either: those of the next one,
    taken beside them, would be out of the order that everybody keeps.
    """
    found = _Attempt()
    savepoint = connection.begin_nested() if locks else None
    yield found
    if savepoint is not None:
        if found.kept:
            savepoint.commit()
        else:
            savepoint.rollback()


class SqlPersonStore:
    """`people.ports.PersonStore`; every method may raise Unavailable("data_keys") as well."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._rows = SealedRows(vault)
        self._check = VaultCheck(vault)

    def get(self, person_id: str, *, lock: bool = False) -> Person | None:
        """A person by id; locked until the unit of work ends, if asked."""
        with self._reading() as connection:
            return self._one(connection, _PEOPLE.c.id == person_id, lock=lock)

    def find(self, identifier: Identifier) -> Person | None:
        """The person whom this identifier names."""
        with self._reading() as connection:
            return self._one(connection, self._named(identifier))

    def find_sub(self, sub: str) -> Person | None:
        """The person of a public `sub`."""
        with self._reading() as connection:
            return self._one(connection, _PEOPLE.c.sub == sub)

    def get_or_create(self, candidate: Person) -> tuple[Person, bool]:
        """The person of the candidate's identifier, locked; the candidate itself if none."""
        with self._writing() as connection:
            for _ in range(_TRIES):
                with _attempt(connection) as attempt:
                    found = self._one(connection, self._named(candidate.key), lock=True)
                    if found is None:
                        attempt.kept = self._insert(connection, candidate)
                    else:
                        attempt.kept = self._leads(connection, candidate.key, found.id)
                if attempt.kept:
                    return found or candidate, found is None
        raise Unavailable("sql", "raced")

    def find_many(
        self, identifiers: Sequence[Identifier], *, lock: bool = False
    ) -> dict[Identifier, Person]:
        """The persons whom these identifiers name; a few queries, however many they are."""
        digests = {self._rows.identifier_digest(one): one for one in identifiers}
        query = select(_IDENTIFIERS.c.digest, _IDENTIFIERS.c.person_id)
        query = query.where(_IDENTIFIERS.c.digest.in_(digests))
        with self._reading() as connection:
            for _ in range(_TRIES):
                with _attempt(connection, locks=lock) as attempt:
                    owners = connection.execute(query).all()
                    found = self._many(connection, {row.person_id for row in owners}, lock=lock)
                    after = connection.execute(query).all() if lock else owners
                    there = all(row.person_id in found for row in owners)
                    attempt.kept = there and set(after) == set(owners)
                if attempt.kept:
                    return {digests[row.digest]: found[row.person_id] for row in owners}
        raise Unavailable("sql", "raced")

    def page(self, after: str, limit: int, realm: str | None = None) -> list[Person]:
        """At most so many persons whose ids come after that one; two queries."""
        ids = select(_PEOPLE.c.id).where(_PEOPLE.c.id > after).order_by(_PEOPLE.c.id).limit(limit)
        if realm is not None:
            ids = ids.where(_PEOPLE.c.realm == realm)
        with self._reading() as connection:
            found = self._many(connection, connection.execute(ids).scalars().all(), lock=False)
        return list(found.values())

    def get_many(self, ids: Collection[str]) -> dict[str, Person]:
        """The persons of these ids; two queries, however many they are."""
        with self._reading() as connection:
            return self._many(connection, ids, lock=False)

    def create_many(self, persons: Sequence[tuple[Person, Address | None]]) -> None:
        """Add persons nobody knew, in three statements. Raises Raced.

        Their identifiers go in one order: of two imports that bring the same people, one waits for
        the other, and never each for the other.
        """
        rows = self._rows
        addresses = [rows.address_row(one.id, address) for one, address in persons if address]
        with self._writing() as connection:
            connection.execute(insert(_PEOPLE), [rows.person_row(one) for one, _ in persons])
            try:
                named = [rows.identifier_row(one.id, one.key) for one, _ in persons]
                named.sort(key=lambda row: str(row["digest"]))
                connection.execute(insert(_IDENTIFIERS), named)
            except IntegrityError as error:
                raise Raced from error
            if addresses:
                connection.execute(insert(_ADDRESSES), addresses)

    def update(self, person: Person) -> None:
        """Write what is known of a person; identifier, `sub` and addresses stay as they are."""
        values = self._rows.person_row(person)
        for fixed in ("id", "sub", "realm", "created_at"):
            del values[fixed]
        with self._writing() as connection:
            connection.execute(update(_PEOPLE).where(_PEOPLE.c.id == person.id).values(values))

    def put_address(self, person_id: str, address: Address) -> None:
        """Add an address, or write it anew (by its id)."""
        values = self._rows.address_row(person_id, address)
        with self._writing() as connection:
            upsert(connection, _ADDRESSES, values, key="id")

    def drop_address(self, address_id: str) -> None:
        """Remove an address and what is pending for it (by the foreign key)."""
        with self._writing() as connection:
            connection.execute(delete(_ADDRESSES).where(_ADDRESSES.c.id == address_id))

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._database.connection() as connection:
            self._check.read(connection)
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._database.transaction(), self._database.connection() as connection:
            self._check.write(connection)
            yield connection

    def _insert(self, connection: Connection, candidate: Person) -> bool:
        """Add a person; False where somebody else was faster, and has committed."""
        connection.execute(insert(_PEOPLE).values(self._rows.person_row(candidate)))
        named = self._rows.identifier_row(candidate.id, candidate.key)
        return insert_new(connection, _IDENTIFIERS, named)

    def _named(self, identifier: Identifier) -> ColumnElement[bool]:
        return _PEOPLE.c.id == self._owner(identifier).scalar_subquery()

    def _owner(self, identifier: Identifier) -> Select[Any]:
        digest = self._rows.identifier_digest(identifier)
        return select(_IDENTIFIERS.c.person_id).where(_IDENTIFIERS.c.digest == digest)

    def _leads(self, connection: Connection, identifier: Identifier, person_id: str) -> bool:
        """Whether an identifier leads to this person, who is locked: from now on it stays so."""
        return bool(connection.execute(self._owner(identifier)).scalar() == person_id)

    def _many(
        self, connection: Connection, ids: Collection[str], *, lock: bool
    ) -> dict[str, Person]:
        # In one order, so that two imports never wait for each other.
        query = select(_PEOPLE).where(_PEOPLE.c.id.in_(sorted(ids))).order_by(_PEOPLE.c.id)
        rows = connection.execute(query.with_for_update(of=_PEOPLE) if lock else query).all()
        owned: dict[str, list[Row[Any]]] = {}
        for one in connection.execute(
            select(_ADDRESSES)
            .where(_ADDRESSES.c.person_id.in_([row.id for row in rows]))
            .order_by(_ADDRESSES.c.created_at, _ADDRESSES.c.id)
        ):
            owned.setdefault(one.person_id, []).append(one)
        return {row.id: self._rows.person(row, owned.get(row.id, ())) for row in rows}

    def _one(
        self, connection: Connection, condition: ColumnElement[bool], *, lock: bool = False
    ) -> Person | None:
        query: Select[Any] = select(_PEOPLE).where(condition)
        if lock:  # SQLite needs none: a unit of work that writes is alone there
            query = query.with_for_update(of=_PEOPLE)
        row = connection.execute(query).one_or_none()
        if row is None:
            return None
        # A query of its own, after the lock: a join would show the addresses of before the wait.
        addresses = connection.execute(
            select(_ADDRESSES)
            .where(_ADDRESSES.c.person_id == row.id)
            .order_by(_ADDRESSES.c.created_at, _ADDRESSES.c.id)
        )
        return self._rows.person(row, addresses)
