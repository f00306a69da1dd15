"""Personal data at rest: what the database holds, other keys, and changing them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from idp.adapters.sql.database import Database
from idp.adapters.sql.people import SqlPersonStore
from idp.adapters.sql.resealing import Resealing
from idp.kernel.clock import FixedClock
from idp.kernel.errors import StartError, Unavailable
from idp.kernel.identity import Identifier
from idp.kernel.random import SystemRandom
from idp.people import data_keys
from idp.people.joining import Joining
from idp.people.operations import Order
from idp.people.person import UpstreamFacts
from idp.people.rows import SeedRow
from idp.people.service import People
from idp.people.vault import Vault
from tests.support.vault import make_data_keys, vault_in

PERSONAL = ("20504774288", "ADMIN", "SINTÉTICA", "Quispe", "ana@empresa.example")


def everything_in(database: Database) -> str:
    """Each value of each table, as text."""
    found: list[str] = []
    with database.connection() as connection:
        for table in ("people", "identifiers", "addresses", "audit_log", "vault_check"):
            found += [str(row) for row in connection.execute(text(f"SELECT * FROM {table}"))]
    return "\n".join(found)


@pytest.fixture
def known(people: People, facts: UpstreamFacts) -> str:
    """A person with an address; their id."""
    person = people.record_upstream_login(facts)
    people.set_contact(person.id, email="ana@empresa.example", consent=True)
    return person.id


def test_database_holds_nothing_personal_in_clear(database: Database, known: str) -> None:
    held = everything_in(database)
    assert known in held
    assert [one for one in PERSONAL if one.casefold() in held.casefold()] == []


def test_value_opens_in_its_own_row_alone(vault: Vault) -> None:
    sealed = vault.seal("20504774288", "people:per_1")
    assert sealed != vault.seal("20504774288", "people:per_1")
    assert vault.open(sealed, "people:per_1") == "20504774288"
    with pytest.raises(Unavailable) as caught:
        vault.open(sealed, "people:per_2")
    assert caught.value.dependency == "data_keys"


@pytest.mark.parametrize("damaged", ["", "d1", "d1.", "d1.AAAA", "d9.AAAA", "x" * 80, "d1.é"])
def test_damaged_value_is_no_internal_error(vault: Vault, damaged: str) -> None:
    with pytest.raises(Unavailable):
        vault.open(damaged, "people:per_1")


def test_lookups_of_one_text_differ_by_kind(vault: Vault) -> None:
    assert len({vault.lookup(kind, "x") for kind in ("ruc", "email", "identifier:sol")}) == 3


def test_other_keys_find_nobody_and_make_nobody_anew(
    database: Database, known: str, facts: UpstreamFacts, people: People, tmp_path: Path
) -> None:
    stranger = SqlPersonStore(database, vault_in(tmp_path / "other"))
    for call in (
        lambda: stranger.get(known),
        lambda: stranger.find(facts.identifier),
        lambda: stranger.find_sub("s"),
    ):
        with pytest.raises(Unavailable, match="another file of data keys"):
            call()
    person = people.get(known)
    assert person is not None
    with pytest.raises(Unavailable, match="another file of data keys"):
        stranger.get_or_create(person)


def test_file_of_another_database_changes_nothing_once_people_were_found(
    database: Database, known: str, facts: UpstreamFacts, tmp_path: Path
) -> None:
    path = make_data_keys(tmp_path)
    vault = Vault(path, random=SystemRandom())
    store = SqlPersonStore(database, vault)
    person = store.find(facts.identifier)
    assert person is not None
    ours = path.read_bytes()
    path.write_bytes(make_data_keys(tmp_path / "other").read_bytes())
    with pytest.raises(Unavailable):
        vault.open("d7.AAAA", "b")  # it looks again, at once
    assert store.find(facts.identifier) == person
    assert store.get_or_create(person) == (person, False)
    path.write_bytes(ours)
    data_keys.rotate(path, clock=FixedClock(data_keys.read(path).newest.made_at),
                     random=SystemRandom())  # fmt: skip
    with pytest.raises(Unavailable):
        vault.open("d7.AAAA", "b")
    assert vault.newest == "d2"


def test_file_of_another_database_that_is_put_right_needs_no_restart(
    database: Database, known: str, tmp_path: Path
) -> None:
    path = make_data_keys(tmp_path)
    ours = path.read_bytes()
    path.write_bytes(make_data_keys(tmp_path / "other").read_bytes())
    vault = Vault(path, random=SystemRandom())
    store = SqlPersonStore(database, vault)
    with pytest.raises(Unavailable, match="another file of data keys"):
        store.get(known)
    path.write_bytes(ours)
    with pytest.raises(Unavailable):
        vault.open("d7.AAAA", "b")
    assert store.get(known) is not None


def test_keys_that_are_made_at_once_are_all_kept(tmp_path: Path) -> None:
    """One that was written and lost again may have sealed rows by then."""
    path, clock = make_data_keys(tmp_path), FixedClock(datetime(2026, 3, 2, 15, tzinfo=UTC))
    with ThreadPoolExecutor(8) as pool:
        made = list(
            pool.map(
                lambda _: data_keys.rotate(path, clock=clock, random=SystemRandom()), range(16)
            )
        )
    kept = {one.id: one.key for one in data_keys.read(path).sealing}
    assert {one.newest.id: one.newest.key for one in made}.items() <= kept.items()
    assert len(kept) == 17


def test_rotation_seals_with_the_new_key_and_opens_with_the_old(
    database: Database,
    people: People,
    known: str,
    vault: Vault,
    joining: Joining,
    clock: FixedClock,
    tmp_path: Path,
) -> None:
    path, random = make_data_keys(tmp_path), SystemRandom()
    people.seed([SeedRow(1, "extranet", "EXT0007"), SeedRow(2, "extranet", "EXT0008")])
    both = Identifier("extranet", "EXT0007"), Identifier("extranet", "EXT0008")
    joining.merge(*both, Order("ana", "caso 7"))
    resealing = Resealing(database, vault)
    before = sum(resealing.in_use().values())
    data_keys.rotate(path, clock=clock, random=random)
    wait_until(lambda: vault.newest == "d2")
    rows = [SeedRow(1, "extranet", "EXT0001", name="ANA")]
    assert people.seed(rows).created == 1
    assert resealing.in_use() == {"d1": before, "d2": 2}
    assert people.get(known) is not None
    assert sum(changed for _, changed in resealing.run()) == before
    assert resealing.in_use() == {"d2": before + 2}
    assert sum(changed for _, changed in resealing.run()) == 0
    data_keys.forget(path, frozenset({"d1", "d2"}))
    joining.unmerge(both[1], Order("ana", "caso 7"))
    assert [one.id for one in data_keys.read(path).sealing] == ["d2"]
    fresh = SqlPersonStore(database, Vault(path, random=random))
    person = fresh.get(known)
    assert person is not None
    assert (person.ruc, person.addresses[0].email) == ("20504774288", "ana@empresa.example")


def wait_until(condition: Callable[[], bool]) -> None:
    import time

    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_process_that_has_not_seen_a_new_key_reads_it_when_it_meets_it(tmp_path: Path) -> None:
    path = make_data_keys(tmp_path)
    old = Vault(path, random=SystemRandom())
    data_keys.rotate(path, clock=FixedClock(data_keys.read(path).newest.made_at),
                     random=SystemRandom())  # fmt: skip
    sealed = Vault(path, random=SystemRandom()).seal("texto", "b")
    assert sealed.startswith("d2.")
    assert old.open(sealed, "b") == "texto"


def test_file_that_breaks_later_changes_nothing(tmp_path: Path) -> None:
    path = make_data_keys(tmp_path)
    vault = Vault(path, random=SystemRandom())
    sealed = vault.seal("texto", "b")
    path.write_text("{")
    with pytest.raises(Unavailable):
        vault.open("d7.AAAA", "b")  # it looks again, at once
    assert vault.open(sealed, "b") == "texto"
    path.unlink()
    assert vault.open(vault.seal("otro", "b"), "b") == "otro"


def broken(change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        found = json.loads(path.read_text())
        path.write_text(json.dumps(change(found) or found))

    return write


@pytest.mark.parametrize(
    ("breaks", "said"),
    [
        (lambda path: path.unlink(), "no existe"),
        (lambda path: path.chmod(0o640), "chmod 600"),
        (lambda path: path.write_text("{"), "no tiene la forma"),
        (lambda path: path.write_bytes(b"\xff\xfe"), "no tiene la forma"),
        (broken(lambda found: [found]), "no tiene la forma"),
        (broken(lambda found: found.pop("lookup") and None), "no tiene la forma"),
        (broken(lambda found: found.update(sealing=[])), "no tiene la forma"),
        (broken(lambda found: found.update(lookup="AAAA")), "no tiene la forma"),
        (broken(lambda found: found["sealing"][0].update(id="../x")), "no tiene la forma"),
        (broken(lambda found: found["sealing"].append(found["sealing"][0])), "no tiene la forma"),
        (broken(lambda found: found["sealing"][0].update(made_at="ayer")), "no tiene la forma"),
    ],
)
def test_file_that_cannot_be_used_is_said_without_its_content(
    tmp_path: Path, breaks: Callable[[Path], None], said: str
) -> None:
    path = make_data_keys(tmp_path)
    secrets = [one["key"] for one in json.loads(path.read_text())["sealing"]]
    breaks(path)
    with pytest.raises(StartError) as caught:
        Vault(path, random=SystemRandom())
    assert said in str(caught.value)
    assert not any(one in str(caught.value) for one in secrets)


def test_new_file_is_private_and_an_old_one_is_left(tmp_path: Path) -> None:
    path = make_data_keys(tmp_path)
    assert os.stat(path).st_mode & 0o777 == 0o600
    before = path.read_bytes()
    assert make_data_keys(tmp_path) == path
    assert path.read_bytes() == before
