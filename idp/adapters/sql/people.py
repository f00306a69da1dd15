"""Persons with their identifiers and addresses in SQL."""

from __future__ import annotations

from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, insert, select, update

from idp.adapters.sql.database import Database
from idp.adapters.sql.models import AddressRow, IdentifierRow, PersonRow
from idp.adapters.sql.tables import insert_new, purge, table_of, upsert
from idp.kernel.identity import Identifier
from idp.people.person import Address, Person

_PEOPLE = table_of(PersonRow)
_IDENTIFIERS = table_of(IdentifierRow)
_ADDRESSES = table_of(AddressRow)

_MAPPINGS = ("extras", "standard")
# The columns that carry the name of the person's field.
_PLAIN = tuple(column.name for column in _PEOPLE.c if column.name not in _MAPPINGS)


class SqlPersonStore:
    """`people.ports.PersonStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, person_id: str, *, lock: bool = False) -> Person | None:
        """A person by id; locked until the unit of work ends, if asked."""
        with self._database.connection() as connection:
            return _one(connection, _PEOPLE.c.id == person_id, lock=lock)

    def find(self, identifier: Identifier) -> Person | None:
        """The person whom this identifier names."""
        with self._database.connection() as connection:
            return _one(connection, _named(identifier))

    def find_sub(self, sub: str) -> Person | None:
        """The person of a public `sub`."""
        with self._database.connection() as connection:
            return _one(connection, _PEOPLE.c.sub == sub)

    def get_or_create(self, candidate: Person) -> tuple[Person, bool]:
        """The person of the candidate's identifier, locked; the candidate itself if none."""
        with self._database.transaction(), self._database.connection() as connection:
            found = _one(connection, _named(candidate.key), lock=True)
            if found is not None:
                return found, False
            connection.execute(insert(_PEOPLE).values(_values(candidate)))
            named = {
                "realm": candidate.realm,
                "value": candidate.identifier,
                "person_id": candidate.id,
            }
            if insert_new(connection, _IDENTIFIERS, named):
                return candidate, True
            # Somebody else was faster, and has committed: that was the one who is.
            connection.execute(delete(_PEOPLE).where(_PEOPLE.c.id == candidate.id))
            found = _one(connection, _named(candidate.key), lock=True)
            assert found is not None
            return found, False

    def update(self, person: Person) -> None:
        """Write what is known of a person; identifier, `sub` and addresses stay as they are."""
        values = _values(person)
        for fixed in ("id", "sub", "created_at"):
            del values[fixed]
        with self._database.transaction(), self._database.connection() as connection:
            connection.execute(update(_PEOPLE).where(_PEOPLE.c.id == person.id).values(values))

    def put_address(self, person_id: str, address: Address) -> None:
        """Add an address, or write it anew (by its id)."""
        values = {
            "id": address.id,
            "person_id": person_id,
            "email": address.email,
            "created_at": address.created_at,
            "verified_at": address.verified_at,
            "counts_from": address.counts_from,
            "undeliverable_at": address.undeliverable_at,
        }
        with self._database.transaction(), self._database.connection() as connection:
            upsert(connection, _ADDRESSES, values, key="id")

    def drop_address(self, address_id: str) -> None:
        """Remove an address and what is pending for it (by the foreign key)."""
        with self._database.transaction(), self._database.connection() as connection:
            connection.execute(delete(_ADDRESSES).where(_ADDRESSES.c.id == address_id))

    def purge_addresses(self, superseded_before: datetime) -> int:
        """Remove the addresses that a newer one replaced before that moment; how many."""
        newer = _ADDRESSES.alias("newer")
        replaced = (
            select(newer.c.id)
            .where(newer.c.person_id == _ADDRESSES.c.person_id)
            .where(newer.c.counts_from > _ADDRESSES.c.counts_from)
            .where(newer.c.counts_from < superseded_before)
            .exists()
        )
        return purge(self._database, _ADDRESSES.c.id, replaced)


def _named(identifier: Identifier) -> ColumnElement[bool]:
    return (_IDENTIFIERS.c.realm == identifier.realm) & (_IDENTIFIERS.c.value == identifier.value)


def _one(
    connection: Connection, condition: ColumnElement[bool], *, lock: bool = False
) -> Person | None:
    query: Select[Any] = (
        select(_PEOPLE, _IDENTIFIERS.c.realm, _IDENTIFIERS.c.value.label("identifier"))
        .join(_IDENTIFIERS, _IDENTIFIERS.c.person_id == _PEOPLE.c.id)
        .where(condition)
    )
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
    return Person(
        realm=row.realm,
        identifier=row.identifier,
        extras=MappingProxyType(dict(row.extras)),
        standard=MappingProxyType(dict(row.standard or {})),
        addresses=tuple(_address(found) for found in addresses),
        **{name: getattr(row, name) for name in _PLAIN},
    )


def _address(row: Row[Any]) -> Address:
    return Address(
        id=row.id,
        email=row.email,
        created_at=row.created_at,
        verified_at=row.verified_at,
        counts_from=row.counts_from,
        undeliverable_at=row.undeliverable_at,
    )


def _values(person: Person) -> dict[str, Any]:
    values = {name: getattr(person, name) for name in _PLAIN}
    return values | {name: dict(getattr(person, name)) for name in _MAPPINGS}
