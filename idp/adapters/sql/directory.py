"""People for the systems that keep them in step with their own, in SQL."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
)

from idp.adapters.sql.database import Database
from idp.adapters.sql.models import AddressRow, ExternalIdRow, IdentifierRow, PersonRow
from idp.adapters.sql.models.base import UtcDateTime
from idp.adapters.sql.people import SqlPersonStore
from idp.adapters.sql.sealed_rows import SealedRows
from idp.adapters.sql.tables import table_of, upsert
from idp.people.person import Person
from idp.people.ports import Listed, Order, Place, Selection
from idp.people.vault import Vault

_PEOPLE = table_of(PersonRow)
_IDENTIFIERS = table_of(IdentifierRow)
_ADDRESSES = table_of(AddressRow)
_OWN = table_of(ExternalIdRow)
_COMPARE: dict[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    one: getattr(operator, one) for one in ("lt", "le", "eq", "ge", "gt")
}


class SqlDirectory:
    """`people.ports.Directory`; every method may raise Unavailable("data_keys") as well."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._persons = SqlPersonStore(database, vault)
        self._rows = SealedRows(vault)

    def get(self, person_id: str, client_id: str, *, lock: bool = False) -> Listed | None:
        """A person by id: three queries."""
        person = self._persons.get(person_id, lock=lock)
        return self._listed([person], client_id)[0] if person else None

    def count(self, wanted: Selection, client_id: str) -> int:
        """How many there are."""
        query = select(func.count()).select_from(_PEOPLE).where(self._meant(wanted, client_id))
        with self._database.connection() as connection:
            return int(connection.execute(query).scalar_one())

    def page(
        self,
        wanted: Selection,
        client_id: str,
        order: Order,
        *,
        limit: int,
        offset: int = 0,
        after: Place | None = None,
    ) -> list[Listed]:
        """At most so many of them: four queries, however many they are."""
        columns = (_PEOPLE.c.updated_at, _PEOPLE.c.id) if order.by_change else (_PEOPLE.c.id,)
        ids = select(_PEOPLE.c.id).where(self._meant(wanted, client_id))
        if after is not None:
            beyond = _COMPARE["lt" if order.descending else "gt"]
            ids = ids.where(beyond(tuple_(*columns), tuple_(*_place(after, order))))
        ids = ids.order_by(*(one.desc() if order.descending else one for one in columns))
        with self._database.connection() as connection:
            chosen = connection.execute(ids.limit(limit).offset(offset)).scalars().all()
        found = self._persons.get_many(chosen)
        return self._listed([found[one] for one in chosen if one in found], client_id)

    def put_external_id(self, person_id: str, client_id: str, value: str | None) -> None:
        """What this system calls them from now on; None: nothing any more."""
        row_id = f"{person_id}:{client_id}"
        with self._database.transaction(), self._database.connection() as connection:
            if value is None:
                connection.execute(delete(_OWN).where(_OWN.c.id == row_id))
                return
            values = {
                "id": row_id,
                "person_id": person_id,
                "digest": self._digest(client_id, value),
                "sealed": self._vault.seal(value, f"external_ids:{row_id}"),
            }
            upsert(connection, _OWN, values, key="id")

    def _listed(self, persons: Sequence[Person], client_id: str) -> list[Listed]:
        rows = [f"{one.id}:{client_id}" for one in persons]
        query = select(_OWN.c.id, _OWN.c.person_id, _OWN.c.sealed).where(_OWN.c.id.in_(rows))
        with self._database.connection() as connection:
            own = {
                row.person_id: self._vault.open(row.sealed, f"external_ids:{row.id}")
                for row in connection.execute(query)
            }
        return [Listed(one, own.get(one.id)) for one in persons]

    def _digest(self, client_id: str, value: str) -> str:
        return self._vault.lookup(f"external:{client_id}", value)

    def _meant(self, wanted: Selection, client_id: str) -> ColumnElement[bool]:
        conditions: list[ColumnElement[bool]] = [_PEOPLE.c.withdrawn_at.is_(None)]
        conditions += [
            _COMPARE[how](_PEOPLE.c.updated_at, moment) for how, moment in wanted.modified
        ]
        if wanted.id is not None:
            conditions.append(_PEOPLE.c.id == wanted.id)
        if wanted.active is not None:
            conditions.append(_PEOPLE.c.active.is_(wanted.active))
        if wanted.identifier is not None:
            digest = self._rows.identifier_digest(wanted.identifier)
            named = select(_IDENTIFIERS.c.person_id).where(_IDENTIFIERS.c.digest == digest)
            conditions.append(_PEOPLE.c.id.in_(named))
        if wanted.external_id is not None:
            digest = self._digest(client_id, wanted.external_id)
            conditions.append(
                _PEOPLE.c.id.in_(select(_OWN.c.person_id).where(_OWN.c.digest == digest))
            )
        if wanted.email is not None:
            conditions.append(_PEOPLE.c.id.in_(_whose_is(self._rows.email_digest(wanted.email))))
        return and_(*conditions)


def _place(after: Place, order: Order) -> tuple[ColumnElement[Any], ...]:
    if order.by_change:
        return literal(after.updated_at, UtcDateTime()), literal(after.id)
    return (literal(after.id),)


def _whose_is(digest: str) -> Any:
    """Whose `people.eligibility.shown_address` it is; a test holds the two together."""
    other = _ADDRESSES.alias("other")
    proved = and_(_ADDRESSES.c.verified_at.is_not(None), _ADDRESSES.c.counts_from.is_not(None))
    other_proved = and_(other.c.verified_at.is_not(None), other.c.counts_from.is_not(None))
    later_proof = tuple_(other.c.counts_from, other.c.id) > tuple_(
        _ADDRESSES.c.counts_from, _ADDRESSES.c.id
    )
    newer = tuple_(other.c.created_at, other.c.id) > tuple_(
        _ADDRESSES.c.created_at, _ADDRESSES.c.id
    )
    shown_instead = or_(
        and_(other_proved, or_(~proved, later_proof)),
        and_(~proved, ~other_proved, newer),
    )
    instead = exists().where(other.c.person_id == _ADDRESSES.c.person_id, shown_instead)
    return select(_ADDRESSES.c.person_id).where(_ADDRESSES.c.email_digest == digest, ~instead)
