"""Coverage in SQL: everybody is counted where they are, no row is loaded and nothing is opened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CTE,
    Column,
    Connection,
    Insert,
    Select,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from idp.adapters.sql.database import Database
from idp.adapters.sql.models import ComponentUseRow, CoverageDayRow, KnownBrowserRow
from idp.adapters.sql.standings import PEOPLE, seen_since, standings
from idp.adapters.sql.tables import counted, table_of
from idp.people.coverage_ports import Cell, DayRow, Use
from idp.people.standing import Standing

_USES = table_of(ComponentUseRow)
_DAYS = table_of(CoverageDayRow)
_BROWSERS = table_of(KnownBrowserRow)
_PURGED = 10_000


class SqlCoverageStore:
    """`people.coverage_ports.CoverageStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(
        self, since: datetime, since_day: date, now: datetime
    ) -> tuple[Sequence[Cell], Sequence[Cell]]:
        """Everybody seen since then, and by the components that they used since that day."""
        people = _people(since, now)
        users = (
            _cells(people, _USES.c.client_id)
            .join(_USES, _USES.c.person_id == people.c.person_id)
            .where(_USES.c.last_on >= since_day)
        )
        # One statement, so that whoever counts people counts them once.
        with self._database.report() as connection:
            rows = connection.execute(union_all(_cells(people), users)).all()
        cells = [_cell(*row) for row in rows]
        everybody = [one for one in cells if not one.client_id]
        return everybody, [one for one in cells if one.client_id]

    def has_day(self, day: date) -> bool:
        """Whether that day's figures are kept."""
        query = select(exists().where(_DAYS.c.day == day))
        with self._database.connection() as connection:
            return bool(connection.execute(query).scalar_one())

    def keep_day(self, rows: Sequence[DayRow]) -> bool:
        """Keep a day's figures; False when somebody kept them before."""
        values = [
            {
                "day": row.day, "days": row.days, "client_id": row.client_id, "realm": row.realm,
                "people": row.people, "able": row.able, "told": dict(row.told),
            }
            for row in rows
        ]  # fmt: skip
        if not values:
            return False
        try:
            with self._database.transaction(), self._database.connection() as connection:
                connection.execute(insert(_DAYS), values)
        except IntegrityError:
            return False
        return True

    def days(self, since: date, days: int, realm: str | None, client_id: str) -> Sequence[DayRow]:
        """The rows of every day since then, the oldest first."""
        query = (
            select(_DAYS)
            .where(_DAYS.c.day >= since, _DAYS.c.days == days, _DAYS.c.client_id == client_id)
            .order_by(_DAYS.c.day, _DAYS.c.realm)
        )
        if realm is not None:
            query = query.where(_DAYS.c.realm == realm)
        with self._database.connection() as connection:
            return [DayRow(**row) for row in connection.execute(query).mappings()]

    def days_due(self, before: date) -> int:
        """How many rows of figures are of before that day; see `tables.counted`."""
        return counted(self._database, _DAYS.c.day, _DAYS.c.day < before)

    def uses_due(self, before: date) -> int:
        """How many uses are of before that day; see `tables.counted`."""
        return counted(self._database, _USES.c.person_id, _USES.c.last_on < before)

    def purge(self, days_before: date, uses_before: date) -> int:
        """Remove old figures and old uses; what is left of a backlog waits for the next time."""
        old = select(_USES.c.person_id, _USES.c.client_id).where(_USES.c.last_on < uses_before)
        key = tuple_(_USES.c.person_id, _USES.c.client_id)
        with self._database.transaction(), self._database.connection() as connection:
            uses = connection.execute(delete(_USES).where(key.in_(old.limit(_PURGED)))).rowcount
            days = connection.execute(delete(_DAYS).where(_DAYS.c.day < days_before)).rowcount
        return uses + days


class SqlUseStore:
    """`people.coverage_ports.UseStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def used(self, uses: Iterable[Use]) -> None:
        """Note uses; an older day changes nothing, and whoever is no more is left out."""
        rows = [
            {"person_id": use.person_id, "client_id": use.client_id, "last_on": use.last_on}
            for use in uses
        ]
        if not rows:
            return
        with self._database.transaction(), self._database.connection() as connection:
            there = select(PEOPLE.c.id).where(PEOPLE.c.id.in_({row["person_id"] for row in rows}))
            known = set(connection.execute(there).scalars())
            rows = [row for row in rows if row["person_id"] in known]
            if rows:
                connection.execute(_newest(connection), rows)

    def of_person(self, person_id: str) -> list[Use]:
        """The uses of one person, in the order of the components."""
        query = select(_USES).where(_USES.c.person_id == person_id).order_by(_USES.c.client_id)
        with self._database.connection() as connection:
            return [Use(**row) for row in connection.execute(query).mappings()]

    def drop(self, person_id: str, client_id: str) -> None:
        """As if they had never used it."""
        one = delete(_USES).where(_USES.c.person_id == person_id, _USES.c.client_id == client_id)
        with self._database.transaction(), self._database.connection() as connection:
            connection.execute(one)


def _newest(connection: Connection) -> Insert:
    """An insert that only ever moves a day forwards; who comes often writes once a day."""
    if connection.dialect.name == "postgresql":
        on_postgres = postgresql.insert(_USES)
        return on_postgres.on_conflict_do_update(
            index_elements=["person_id", "client_id"],
            set_={"last_on": on_postgres.excluded.last_on},
            where=_USES.c.last_on < on_postgres.excluded.last_on,
        )
    on_sqlite = sqlite.insert(_USES)
    return on_sqlite.on_conflict_do_update(
        index_elements=["person_id", "client_id"],
        set_={"last_on": on_sqlite.excluded.last_on},
        where=_USES.c.last_on < on_sqlite.excluded.last_on,
    )


def _people(since: datetime, now: datetime) -> CTE:
    """Everybody seen since then: person_id, realm, standing, known, shared."""
    found = standings(seen_since(since), now)
    crowded = (
        select(found.c.email_digest)
        .where(found.c.email_digest.is_not(None))
        .group_by(found.c.email_digest)
        .having(func.count() > 1)
        .subquery("crowded")
    )
    browser = exists().where(
        _BROWSERS.c.person_id == found.c.person_id,
        _BROWSERS.c.counts_from <= now,
        _BROWSERS.c.expires_at > now,
    )
    return (
        select(
            found.c.person_id,
            found.c.realm,
            found.c.standing,
            browser.label("known"),
            crowded.c.email_digest.is_not(None).label("shared"),
        )
        .select_from(found.outerjoin(crowded, crowded.c.email_digest == found.c.email_digest))
        .cte("counted")
    )


def _cells(people: CTE, client_id: Column[str] | None = None) -> Select[Any]:
    columns = (people.c.realm, people.c.standing, people.c.known, people.c.shared)
    if client_id is None:
        query = select(*columns, func.count(), literal("")).select_from(people)
        return query.group_by(*columns)
    query = select(*columns, func.count(), client_id).select_from(people)
    return query.group_by(*columns, client_id)


def _cell(realm: str, standing: str, known: bool, shared: bool, count: int, client_id: str) -> Cell:
    return Cell(realm, Standing(standing), bool(known), bool(shared), count, client_id)


__all__ = ["SqlCoverageStore", "SqlUseStore"]
