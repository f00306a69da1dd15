"""Pending verifications and known browsers in SQL."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import ColumnElement, delete, insert, select
from sqlalchemy.exc import IntegrityError

from idp.adapters.sql.database import Database
from idp.adapters.sql.models import KnownBrowserRow, VerificationRow
from idp.adapters.sql.tables import counted, purge, table_of, upsert
from idp.people.person import KnownBrowser, PendingVerification
from idp.people.ports import Raced

_PENDING = table_of(VerificationRow)
_BROWSERS = table_of(KnownBrowserRow)


class SqlVerificationStore:
    """`people.ports.VerificationStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, pending: PendingVerification) -> None:
        """Make this the person's pending verification, in the place of any other."""
        with self._database.transaction(), self._database.connection() as connection:
            connection.execute(delete(_PENDING).where(_PENDING.c.person_id == pending.person_id))
            connection.execute(insert(_PENDING).values(asdict(pending)))

    def get(self, verification_id: str) -> PendingVerification | None:
        """A pending verification by id."""
        return self._one(_PENDING.c.id == verification_id)

    def of_person(self, person_id: str) -> PendingVerification | None:
        """The person's pending verification."""
        return self._one(_PENDING.c.person_id == person_id)

    def drop(self, verification_id: str) -> None:
        """It is settled."""
        with self._database.transaction(), self._database.connection() as connection:
            connection.execute(delete(_PENDING).where(_PENDING.c.id == verification_id))

    def purge(self, expired_before: datetime) -> int:
        """Remove what expired before that moment; how many."""
        return purge(self._database, _PENDING.c.id, _PENDING.c.expires_at < expired_before)

    def due(self, expired_before: datetime) -> int:
        """How many `purge` would remove; see `tables.counted`."""
        return counted(self._database, _PENDING.c.id, _PENDING.c.expires_at < expired_before)

    def _one(self, condition: ColumnElement[bool]) -> PendingVerification | None:
        with self._database.connection() as connection:
            row = connection.execute(select(_PENDING).where(condition)).mappings().one_or_none()
        return PendingVerification(**row) if row is not None else None


class SqlBrowserStore:
    """`people.ports.BrowserStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, browser: KnownBrowser) -> None:
        """Add a browser, or write it anew (by its id). Raises Raced when its person is no more."""
        with self._database.transaction(), self._database.connection() as connection:
            try:
                upsert(connection, _BROWSERS, asdict(browser), key="id")
            except IntegrityError as error:
                raise Raced from error

    def find(self, person_id: str, token_digest: str) -> KnownBrowser | None:
        """This person's browser with that token."""
        query = select(_BROWSERS).where(
            _BROWSERS.c.person_id == person_id, _BROWSERS.c.token_digest == token_digest
        )
        with self._database.connection() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return KnownBrowser(**row) if row is not None else None

    def with_token(self, token_digest: str) -> KnownBrowser | None:
        """The browser with that token, whoever's it is."""
        query = select(_BROWSERS).where(_BROWSERS.c.token_digest == token_digest)
        with self._database.connection() as connection:
            row = connection.execute(query).mappings().first()
        return KnownBrowser(**row) if row is not None else None

    def of_person(self, person_id: str) -> list[KnownBrowser]:
        """The person's browsers, the newest first."""
        query = (
            select(_BROWSERS)
            .where(_BROWSERS.c.person_id == person_id)
            .order_by(_BROWSERS.c.created_at.desc(), _BROWSERS.c.id)
        )
        with self._database.connection() as connection:
            return [KnownBrowser(**row) for row in connection.execute(query).mappings()]

    def drop(self, person_id: str, browser_id: str) -> bool:
        """Remove a browser of that person; False when there is none."""
        with self._database.transaction(), self._database.connection() as connection:
            one = delete(_BROWSERS).where(
                _BROWSERS.c.person_id == person_id, _BROWSERS.c.id == browser_id
            )
            return connection.execute(one).rowcount == 1

    def purge(self, expired_before: datetime) -> int:
        """Remove what expired before that moment; how many."""
        return purge(self._database, _BROWSERS.c.id, _BROWSERS.c.expires_at < expired_before)

    def due(self, expired_before: datetime) -> int:
        """How many `purge` would remove; see `tables.counted`."""
        return counted(self._database, _BROWSERS.c.id, _BROWSERS.c.expires_at < expired_before)
