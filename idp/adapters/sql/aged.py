"""People and addresses that are too old, in SQL: found by index, never by looking at everybody.

Whoever an obligation keeps is none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true

from idp.adapters.sql.database import Database
from idp.adapters.sql.models import (
    AddressRow,
    AuditRow,
    LegalHoldRow,
    PersonRow,
    RefreshFamilyRow,
)
from idp.adapters.sql.tables import COUNTED, counted, purge, table_of
from idp.audit.events import AuditEvent

_PEOPLE = table_of(PersonRow)
_ADDRESSES = table_of(AddressRow)
_AUDIT = table_of(AuditRow)
_FAMILIES = table_of(RefreshFamilyRow)
_HOLDS = table_of(LegalHoldRow)

Who = Callable[[datetime], ColumnElement[bool]]

# The ids of people by their first random sign (`kernel.ids.new_id`), as every database sorts them.
_SIGNS = "234567abcdefghijklmnopqrstuvwxyz"
_BOUNDS = ["", *(f"per_{sign}" for sign in _SIGNS), "q"]
_PARTS = tuple(pairwise(_BOUNDS))
_ENOUGH = 10_000


def unused(before: datetime) -> ColumnElement[bool]:
    """Who came once, and has not logged in since, neither by SUNAT nor by mail."""
    return and_(_PEOPLE.c.first_login_at.is_not(None), _PEOPLE.c.last_login_at < before)


def never_came(before: datetime) -> ColumnElement[bool]:
    """Who is known from files alone, and of whom no file told anything new since."""
    return and_(
        _PEOPLE.c.first_login_at.is_(None),
        _PEOPLE.c.created_at < before,
        _PEOPLE.c.updated_at < before,
        or_(_PEOPLE.c.last_login_at.is_(None), _PEOPLE.c.last_login_at < before),
    )


_ORDER: dict[Who, ColumnElement[Any]] = {
    unused: _PEOPLE.c.last_login_at,
    never_came: _PEOPLE.c.created_at,
}


class SqlAgedPeople:
    """`privacy.ports.AgedPeople`. who: `unused` or `never_came`.

    Nobody who is on hold, logged in by mail since, or is still in use by a component that refreshes
    its tokens.
    """

    def __init__(self, database: Database, who: Who) -> None:
        self._database = database
        self._who = who

    def due(self, before: datetime) -> int:
        """How many, up to a bound."""
        return counted(self._database, _PEOPLE.c.id, self._which(before))

    def some(self, before: datetime, limit: int) -> list[str]:
        """At most so many of their ids, in the order of the index that finds them."""
        query = select(_PEOPLE.c.id).where(self._which(before)).limit(limit)
        with self._database.connection() as connection:
            return list(connection.execute(query.order_by(_ORDER[self._who])).scalars())

    def locked(self, before: datetime, among: Sequence[str]) -> list[tuple[str, str]]:
        """Id and `sub` of those who still are, locked."""
        query = (
            select(_PEOPLE.c.id, _PEOPLE.c.sub)
            .where(_PEOPLE.c.id.in_(sorted(among)), self._which(before))
            .order_by(_PEOPLE.c.id)
            # Another worker's, or somebody who is logging in: theirs.
            .with_for_update(of=_PEOPLE, skip_locked=True)
        )
        with self._database.connection() as connection:
            return [(row.id, row.sub) for row in connection.execute(query)]

    def _which(self, before: datetime) -> ColumnElement[bool]:
        return and_(self._who(before), _free(before))


def _free(before: datetime) -> ColumnElement[bool]:
    login = _AUDIT.alias("login")
    logged_in = (
        select(true())
        .where(login.c.person_id == _PEOPLE.c.id)
        .where(login.c.event == AuditEvent.LOGIN_COMPLETED.value, login.c.at >= before)
    )
    refreshed = (
        select(true())
        .where(_FAMILIES.c.person_id == _PEOPLE.c.id)
        .where(_FAMILIES.c.revoked_at.is_(None), _FAMILIES.c.expires_at >= before)
    )
    return and_(_none(logged_in), _none(refreshed), not_on_hold(_PEOPLE.c.id))


def not_on_hold(person_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether no obligation keeps this person's data."""
    return _none(select(true()).where(_HOLDS.c.person_id == person_id))


def _none(rows: Select[Any]) -> ColumnElement[bool]:
    """Whether there is no such row: looked up for each person by its index.

    PostgreSQL would make a join of `NOT EXISTS`, and read all of the audit log for a few people.
    """
    return func.coalesce(rows.limit(1).scalar_subquery(), false()).is_(false())


class SqlUnverifiedAddresses:
    """`privacy.ports.Ages`: addresses that nobody ever verified, nor since they were doubted."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def due(self, before: datetime) -> int:
        """How many, up to a bound."""
        return counted(self._database, _ADDRESSES.c.id, self._which(before))

    def purge(self, before: datetime) -> int:
        """Remove those that were named before that moment, with what is pending for them."""
        return purge(self._database, _ADDRESSES.c.id, self._which(before))

    def _which(self, before: datetime) -> ColumnElement[bool]:
        # What was verified until it was doubted is asked about anew, from then on.
        doubted = (
            select(true())
            .where(_PEOPLE.c.id == _ADDRESSES.c.person_id)
            .where(_PEOPLE.c.doubted_at >= before)
        )
        return and_(
            _ADDRESSES.c.verified_at.is_(None),
            _ADDRESSES.c.created_at < before,
            _none(doubted),
            not_on_hold(_ADDRESSES.c.person_id),
        )


class SqlReplacedAddresses:
    """`privacy.ports.Ages`: addresses that a newer one took the place of.

    Nothing says that of an address but the others of its person, so that everybody is looked at, a
    part after the other: no statement takes long, however many there are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def due(self, before: datetime) -> int:
        """How many, up to a bound."""
        found = 0
        for part in _PARTS:
            found += counted(self._database, _ADDRESSES.c.id, self._which(before, *part))
            if found > COUNTED:
                break
        return found

    def purge(self, before: datetime) -> int:
        """Remove those that were replaced before that moment."""
        removed = 0
        for part in _PARTS:
            removed += purge(self._database, _ADDRESSES.c.id, self._which(before, *part))
            if removed >= _ENOUGH:
                break
        return removed

    def _which(self, before: datetime, least: str, most: str) -> ColumnElement[bool]:
        newer, counts = _ADDRESSES.alias("newer"), _ADDRESSES.alias("counts")
        # Few people have more than one: theirs are found by the index alone.
        several = (
            select(counts.c.person_id)
            .where(counts.c.person_id >= least, counts.c.person_id < most)
            .group_by(counts.c.person_id)
            .having(func.count() > 1)
        )
        replaced = (
            select(newer.c.id)
            .where(newer.c.person_id == _ADDRESSES.c.person_id)
            .where(newer.c.counts_from > _ADDRESSES.c.counts_from)
            .where(newer.c.counts_from < before)
            .exists()
        )
        return and_(
            _ADDRESSES.c.person_id.in_(several),
            replaced,
            not_on_hold(_ADDRESSES.c.person_id),
        )
