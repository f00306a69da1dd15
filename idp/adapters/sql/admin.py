"""Console accounts in SQL, and what proves them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, delete, func, insert, select, update

from idp.adapters.sql.database import Database
from idp.adapters.sql.models import AdminAccountRow, AdminAuthenticatorRow, AdminRecoveryCodeRow
from idp.adapters.sql.tables import insert_new, table_of, upsert
from idp.admin.account import Account
from idp.admin.ports import Authenticator
from idp.admin.roles import Role
from idp.people.vault import Vault

_ACCOUNTS = table_of(AdminAccountRow)
_APPS = table_of(AdminAuthenticatorRow)
_CODES = table_of(AdminRecoveryCodeRow)


class SqlAccountStore:
    """`admin.ports.AccountStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, account: Account) -> bool:
        """A new one; False where its name is taken."""
        with self._database.transaction(), self._database.connection() as connection:
            return insert_new(connection, _ACCOUNTS, _values(account))

    def get(self, account_id: str) -> Account | None:
        """By id."""
        return self._one(_ACCOUNTS.c.id == account_id)

    def named(self, name: str) -> Account | None:
        """By name."""
        return self._one(_ACCOUNTS.c.name == name)

    def awaiting(self, setup_digest: str) -> Account | None:
        """The one that this link sets up."""
        return self._one(_ACCOUNTS.c.setup_digest == setup_digest)

    def all(self) -> list[Account]:
        """Every one, by name."""
        query = select(_ACCOUNTS).order_by(_ACCOUNTS.c.name)
        with self._database.connection() as connection:
            return [_account(row) for row in connection.execute(query).mappings()]

    def swap(self, was: Account, becomes: Account) -> bool:
        """Write it anew, where it is still of that generation."""
        values = _values(becomes) | {"generation": was.generation + 1}
        # What a login notes meanwhile is not undone.
        for name in ("id", "name", "created_at", "last_login_at"):
            del values[name]
        one = update(_ACCOUNTS).where(
            _ACCOUNTS.c.id == was.id, _ACCOUNTS.c.generation == was.generation
        )
        with self._database.transaction(), self._database.connection() as connection:
            return connection.execute(one.values(values)).rowcount == 1

    def hashed_anew(self, was: Account, password_hash: str) -> None:
        """The same password in another form, unless another was chosen meanwhile."""
        one = update(_ACCOUNTS).where(
            _ACCOUNTS.c.id == was.id, _ACCOUNTS.c.password_hash == was.password_hash
        )
        with self._database.transaction(), self._database.connection() as connection:
            connection.execute(one.values(password_hash=password_hash))

    def entered(self, account_id: str, at: datetime) -> None:
        """It logged in."""
        one = update(_ACCOUNTS).where(_ACCOUNTS.c.id == account_id)
        with self._database.transaction(), self._database.connection() as connection:
            connection.execute(one.values(last_login_at=at))

    def _one(self, condition: ColumnElement[bool]) -> Account | None:
        with self._database.connection() as connection:
            row = connection.execute(select(_ACCOUNTS).where(condition)).mappings().one_or_none()
        return _account(row) if row is not None else None


class SqlProofStore:
    """`admin.ports.ProofStore`; the secrets of apps are sealed with the data keys."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def put(self, account_id: str, authenticator: Authenticator, codes: Iterable[str]) -> None:
        """Its app and recovery codes, in the place of any others."""
        values = {
            "account_id": account_id,
            "sealed": self._vault.seal(authenticator.secret, _bound(account_id)),
            "counter": authenticator.counter,
        }
        with self._database.transaction(), self._database.connection() as connection:
            upsert(connection, _APPS, values, key="account_id")
            self.renew_codes(account_id, codes)

    def authenticator(self, account_id: str) -> Authenticator | None:
        """Its app."""
        query = select(_APPS).where(_APPS.c.account_id == account_id)
        with self._database.connection() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        return Authenticator(self._vault.open(row.sealed, _bound(account_id)), row.counter)

    def advance(self, account_id: str, counter: int) -> bool:
        """Take the code of that counter."""
        one = update(_APPS).where(_APPS.c.account_id == account_id, _APPS.c.counter < counter)
        with self._database.transaction(), self._database.connection() as connection:
            return connection.execute(one.values(counter=counter)).rowcount == 1

    def renew_codes(self, account_id: str, codes: Iterable[str]) -> None:
        """Other recovery codes, instead of all before."""
        rows = [{"digest": one, "account_id": account_id, "spent_at": None} for one in codes]
        # Of two renewals at once the codes of one are to be left, not of both.
        alone = select(_APPS.c.account_id).where(_APPS.c.account_id == account_id)
        with self._database.transaction(), self._database.connection() as connection:
            connection.execute(alone.with_for_update())
            connection.execute(delete(_CODES).where(_CODES.c.account_id == account_id))
            connection.execute(insert(_CODES), rows)

    def spend_code(self, account_id: str, code: str, at: datetime) -> bool:
        """Use up a recovery code."""
        one = update(_CODES).where(
            _CODES.c.digest == code,
            _CODES.c.account_id == account_id,
            _CODES.c.spent_at.is_(None),
        )
        with self._database.transaction(), self._database.connection() as connection:
            return connection.execute(one.values(spent_at=at)).rowcount == 1

    def codes_left(self, account_id: str) -> int:
        """How many recovery codes are left."""
        query = select(func.count()).where(
            _CODES.c.account_id == account_id, _CODES.c.spent_at.is_(None)
        )
        with self._database.connection() as connection:
            return int(connection.execute(query).scalar_one())

    def drop(self, account_id: str) -> None:
        """Forget all of it."""
        with self._database.transaction(), self._database.connection() as connection:
            for table in (_APPS, _CODES):
                connection.execute(delete(table).where(table.c.account_id == account_id))


def _bound(account_id: str) -> str:
    # As `resealing` has it.
    return f"{_APPS.name}:{account_id}"


def _values(account: Account) -> dict[str, Any]:
    return asdict(account) | {"role": account.role.value}


def _account(row: RowMapping) -> Account:
    return Account(**{**row, "role": Role(row["role"])})
