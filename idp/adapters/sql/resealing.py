"""Bringing every row under the newest data key, and telling which keys are still needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Table, func, select, update

from idp.adapters.sql.database import Database
from idp.adapters.sql.models import (
    AddressRow,
    AdminAuthenticatorRow,
    AuditPersonalRow,
    ExternalIdRow,
    IdentifierRow,
    MergeRow,
    PersonRow,
)
from idp.adapters.sql.tables import table_of
from idp.kernel.errors import Unavailable
from idp.people.vault import Vault

_PAGE = 500
_MODELS = (
    PersonRow,
    IdentifierRow,
    AddressRow,
    ExternalIdRow,
    MergeRow,
    AdminAuthenticatorRow,
    AuditPersonalRow,
)
_TABLES = tuple(table_of(model) for model in _MODELS)


class Resealing:
    """Goes through the tables page by page, a transaction each; one cut off is simply repeated.

    damaged: the rows (`<table>:<key>`) of the last run that their own key does not open: they stay
    as they are, and so does the key.
    """

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self.damaged: list[str] = []

    def total(self) -> int:
        """How many rows there are, of any key."""
        with self._database.connection() as connection:
            return sum(
                connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in _TABLES
            )

    def in_use(self) -> Counter[str]:
        """How many rows each key's id stands in front of."""
        found: Counter[str] = Counter()
        with self._database.connection() as connection:
            for table in _TABLES:
                key = _key_of(table.c.sealed, connection.dialect.name)
                for name, count in connection.execute(select(key, func.count()).group_by(key)):
                    found[str(name)] += int(count)
        return found

    def run(self) -> Iterator[tuple[int, int]]:
        """Seal anew what another key than the newest sealed: after each page, the rows that were
        looked at and those that were changed. Raises Unavailable, where a key is missing as well.
        """
        self.damaged = []
        for table in _TABLES:
            after = ""
            while True:
                seen, changed, after = self._page(table, after)
                if not seen:
                    break
                yield seen, changed

    def _page(self, table: Table, after: str) -> tuple[int, int, str]:
        key, newest = _primary(table), self._vault.newest
        query = select(key, table.c.sealed).where(key > after).order_by(key).limit(_PAGE)
        with self._database.transaction(), self._database.connection() as connection:
            rows = connection.execute(query.with_for_update()).all()
            changed = 0
            for name, sealed in rows:
                if sealed.partition(".")[0] == newest:
                    continue
                anew = self._anew(sealed, f"{table.name}:{name}")
                if anew is not None:
                    connection.execute(update(table).where(key == name).values(sealed=anew))
                    changed += 1
        return len(rows), changed, rows[-1][0] if rows else after

    def _anew(self, sealed: str, bound: str) -> str | None:
        """The same under the newest key; None for what is damaged, which must not stop the rest."""
        try:
            return self._vault.seal(self._vault.open(sealed, bound), bound)
        except Unavailable:
            if not self._vault.has_key_of(sealed):
                raise
            self.damaged.append(bound)
            return None


def _primary(table: Table) -> Column[Any]:
    (found,) = table.primary_key.columns
    return found


def _key_of(column: Column[Any], dialect: str) -> Any:
    if dialect == "postgresql":
        return func.split_part(column, ".", 1)
    return func.substr(column, 1, func.instr(column, ".") - 1)
