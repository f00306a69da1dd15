"""Console accounts as they are kept: of parallel changes and tries exactly one wins."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from idp.adapters.sql.admin import SqlAccountStore, SqlProofStore
from idp.adapters.sql.database import Database
from idp.adapters.sql.models import AdminAccountRow, AdminAuthenticatorRow
from idp.adapters.sql.resealing import Resealing
from idp.adapters.sql.tables import table_of
from idp.admin.account import Account
from idp.admin.ports import Authenticator
from idp.admin.roles import Role
from idp.kernel.clock import SystemClock
from idp.kernel.random import SystemRandom
from idp.people import data_keys
from idp.people.vault import Vault
from tests.support.vault import vault_in

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
ACCOUNT = Account(
    id="adm_a", name="ana", role=Role.OPERATOR, created_at=NOW, setup_digest="d", setup_until=NOW
)
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return vault_in(tmp_path)


@pytest.fixture
def accounts(database: Database) -> SqlAccountStore:
    found = SqlAccountStore(database)
    assert found.add(ACCOUNT)
    return found


@pytest.fixture
def proofs(database: Database, vault: Vault, accounts: SqlAccountStore) -> SqlProofStore:
    found = SqlProofStore(database, vault)
    found.put("adm_a", Authenticator(SECRET, 7), ["c1", "c2"])
    return found


def winners(call: Callable[[], bool]) -> int:
    with ThreadPoolExecutor(8) as pool:
        return sum(pool.map(lambda _: call(), range(16)))


def test_account_is_read_as_it_was_written(accounts: SqlAccountStore) -> None:
    for found in (accounts.get("adm_a"), accounts.named("ana"), accounts.awaiting("d")):
        assert found == ACCOUNT
    assert accounts.all() == [ACCOUNT]
    assert accounts.get("otra") is accounts.named("otra") is accounts.awaiting("otra") is None


def test_name_is_given_once(accounts: SqlAccountStore) -> None:
    assert not accounts.add(replace(ACCOUNT, id="adm_b", setup_digest="e"))


def test_change_wins_once_and_counts_up(accounts: SqlAccountStore) -> None:
    becomes = replace(ACCOUNT, disabled_at=NOW, setup_digest=None, setup_until=None)
    assert winners(lambda: accounts.swap(ACCOUNT, becomes)) == 1
    found = accounts.get("adm_a")
    assert found == replace(becomes, generation=2)


def test_change_does_not_undo_a_login(accounts: SqlAccountStore) -> None:
    accounts.entered("adm_a", NOW)
    assert accounts.swap(ACCOUNT, replace(ACCOUNT, role=Role.ADMIN))
    found = accounts.get("adm_a")
    assert found is not None
    assert (found.last_login_at, found.role) == (NOW, Role.ADMIN)


def test_code_is_taken_once_and_none_before_it(proofs: SqlProofStore) -> None:
    assert winners(lambda: proofs.advance("adm_a", 8)) == 1
    assert not proofs.advance("adm_a", 7)
    assert proofs.advance("adm_a", 9)
    assert not proofs.advance("nobody", 9)
    assert proofs.authenticator("adm_a") == Authenticator(SECRET, 9)


def test_recovery_code_is_spent_once(proofs: SqlProofStore) -> None:
    assert proofs.codes_left("adm_a") == 2
    assert not proofs.spend_code("nobody", "c1", NOW)
    assert winners(lambda: proofs.spend_code("adm_a", "c1", NOW)) == 1
    assert proofs.codes_left("adm_a") == 1
    proofs.renew_codes("adm_a", ["c3", "c4", "c5"])
    assert proofs.codes_left("adm_a") == 3
    assert not proofs.spend_code("adm_a", "c2", NOW)


def test_parallel_renewals_leave_the_codes_of_one(proofs: SqlProofStore) -> None:
    with ThreadPoolExecutor(4) as pool:
        for turn in range(5):
            kinds = [[f"{turn}-{kind}-{number}" for number in range(10)] for kind in range(4)]
            list(pool.map(lambda codes: proofs.renew_codes("adm_a", codes), kinds))
            assert proofs.codes_left("adm_a") == 10


def test_dropped_proofs_are_gone(proofs: SqlProofStore) -> None:
    proofs.drop("adm_a")
    assert proofs.authenticator("adm_a") is None
    assert proofs.codes_left("adm_a") == 0


def test_secret_of_an_app_is_sealed_and_follows_the_data_keys(
    database: Database, proofs: SqlProofStore, vault: Vault, tmp_path: Path
) -> None:
    apps, accounts = table_of(AdminAuthenticatorRow), table_of(AdminAccountRow)

    def sealed() -> str:
        with database.connection() as connection:
            assert SECRET not in str(connection.execute(select(accounts)).all())
            return str(connection.execute(select(apps.c.sealed)).scalar_one())

    before = sealed()
    assert SECRET not in before
    data_keys.rotate(tmp_path / "data-keys.json", clock=SystemClock(), random=SystemRandom())
    newest = Vault(tmp_path / "data-keys.json", random=SystemRandom())
    resealing = Resealing(database, newest)
    assert resealing.total() == 1
    assert list(resealing.run()) == [(1, 1)]
    assert set(resealing.in_use()) == {newest.newest}
    assert sealed() != before
    found = SqlProofStore(database, newest).authenticator("adm_a")
    assert found == Authenticator(SECRET, 7)
