"""People as systems look for them, on each database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
from sqlalchemy import event

from idp.adapters.sql.database import Database
from idp.adapters.sql.directory import SqlDirectory
from idp.adapters.sql.people import SqlPersonStore
from idp.adapters.sql.resealing import Resealing
from idp.kernel.identity import Identifier
from idp.people.eligibility import shown_address
from idp.people.person import Address, Person
from idp.people.ports import Order, Place, Selection
from idp.people.vault import Vault
from tests.support.vault import vault_in

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
BY_ID, BY_CHANGE = Order(), Order(by_change=True)


@pytest.fixture
def store(database: Database, vault: Vault) -> SqlPersonStore:
    return SqlPersonStore(database, vault)


@pytest.fixture
def directory(database: Database, vault: Vault) -> SqlDirectory:
    return SqlDirectory(database, vault)


def a_person(number: int, **changes: object) -> Person:
    moment = NOW + timedelta(minutes=number)
    known = Person(
        f"per_{number}", f"sub{number}", "extranet", f"EXT{number}", f"EXT{number}", "LUIS",
        moment, moment,
    )  # fmt: skip
    return replace(known, **changes)  # type: ignore[arg-type]


@pytest.fixture
def people(store: SqlPersonStore) -> list[Person]:
    """Nine of them; the last two changed at one moment."""
    found = [a_person(number) for number in range(8)]
    found.append(a_person(8, updated_at=found[7].updated_at))
    store.create_many([(one, None) for one in found])
    return found


def ids(directory: SqlDirectory, wanted: Selection, order: Order = BY_ID, **page: object) -> str:
    """The numbers of those found, in their order."""
    found = directory.page(wanted, "vuce", order, **{"limit": 50, **page})  # type: ignore[arg-type]
    assert page or directory.count(wanted, "vuce") == len(found)
    return "".join(one.person.id.removeprefix("per_") for one in found)


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """What is asked of the database meanwhile."""
    found: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        if not statement.startswith("BEGIN"):
            found.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield found
    event.remove(database.engine, "before_cursor_execute", note)


def test_selection_means_those_of_whom_all_is_so(
    directory: SqlDirectory, store: SqlPersonStore, people: list[Person]
) -> None:
    store.update(replace(people[1], active=False))
    store.update(replace(people[2], withdrawn_at=NOW))
    at = people[4].updated_at
    for wanted, found in [
        (Selection(), "01345678"),
        (Selection(active=True), "0345678"),
        (Selection(active=False), "1"),
        (Selection(id="per_3"), "3"),
        (Selection(id="per_2"), ""),
        (Selection(id=""), ""),
        (Selection(identifier=Identifier("extranet", "EXT5")), "5"),
        (Selection(identifier=Identifier("sol", "EXT5")), ""),
        (Selection(identifier=Identifier("extranet", "EXT2")), ""),
        (Selection(modified=(("gt", at),)), "5678"),
        (Selection(modified=(("ge", at),)), "45678"),
        (Selection(modified=(("lt", at),)), "013"),
        (Selection(modified=(("le", at),)), "0134"),
        (Selection(modified=(("eq", at),)), "4"),
        (Selection(modified=(("ge", at), ("lt", people[6].updated_at))), "45"),
        (Selection(id="per_3", active=False), ""),
    ]:
        assert ids(directory, wanted) == found, wanted


def test_pages_follow_the_order(directory: SqlDirectory, people: list[Person]) -> None:
    everybody = Selection()
    assert ids(directory, everybody, Order(descending=True)) == "876543210"
    assert ids(directory, everybody, BY_CHANGE) == "012345678"
    assert ids(directory, everybody, Order(True, True)) == "876543210"
    assert ids(directory, everybody, BY_ID, limit=3, offset=3) == "345"
    assert ids(directory, everybody, BY_ID, limit=3, offset=9) == ""
    place = Place(people[7].updated_at, "per_7")
    assert ids(directory, everybody, BY_CHANGE, after=place) == "8"
    assert ids(directory, everybody, Order(True, True), after=place) == "6543210"
    assert ids(directory, everybody, BY_ID, after=place) == "8"


def test_each_system_has_its_own_names_for_people(
    directory: SqlDirectory, people: list[Person], database: Database, vault: Vault
) -> None:
    directory.put_external_id("per_1", "vuce", "A-1")
    directory.put_external_id("per_2", "otro", "A-1")
    wanted = Selection(external_id="A-1")
    assert ids(directory, wanted) == "1"
    assert [one.person.id for one in directory.page(wanted, "otro", BY_ID, limit=9)] == ["per_2"]
    found = directory.get("per_1", "vuce")
    assert found is not None
    assert found.external_id == "A-1"
    other = directory.get("per_1", "otro")
    assert other is not None
    assert other.external_id is None
    directory.put_external_id("per_1", "vuce", "B-2")
    assert ids(directory, wanted) == ""
    assert ids(directory, Selection(external_id="B-2")) == "1"
    assert Resealing(database, vault).in_use()[vault.newest] >= len(people) + 2
    directory.put_external_id("per_1", "vuce", None)
    assert ids(directory, Selection(external_id="B-2")) == ""


def test_address_looked_for_is_the_one_that_is_shown(
    directory: SqlDirectory, store: SqlPersonStore, people: list[Person]
) -> None:
    """`_whose_is` and `shown_address` agree: proved before unproved, the later before the earlier,
    and of one moment that of the greater id.
    """
    moments = [NOW - timedelta(days=days) for days in (1, 2)]
    kinds = [(created, proved) for created in moments for proved in (None, *moments)]
    number = 0
    for first, second in product(kinds, kinds):
        number += 1
        person = a_person(100 + number)
        store.create_many([(person, None)])
        for index, (created, proved) in enumerate((first, second)):
            store.put_address(
                person.id,
                Address(
                    f"adr_{number}_{index}", f"p{number}.{index}@a.pe", created, proved, proved
                ),
            )
        stored = store.get(person.id)
        assert stored is not None
        shown = shown_address(stored)
        assert shown is not None
        for one in stored.addresses:
            found = directory.page(Selection(email=one.email), "vuce", BY_ID, limit=9)
            assert [hit.person.id for hit in found] == ([person.id] if one is shown else [])
    assert ids(directory, Selection(email="nadie@a.pe")) == ""


@pytest.mark.parametrize("count", [1, 9])
def test_cost_does_not_follow_the_number_of_people(
    directory: SqlDirectory, people: list[Person], database: Database, count: int
) -> None:
    directory.page(Selection(), "vuce", BY_ID, limit=1)  # the keys are judged once
    with statements(database) as asked:
        directory.page(Selection(), "vuce", BY_CHANGE, limit=count)
    assert len(asked) == 4
    with statements(database) as asked:
        directory.get("per_1", "vuce")
    assert len(asked) == 3


def test_look_for_what_changed_uses_the_index(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'plan.sqlite3'}")
    database.upgrade()
    wanted, place = Selection(modified=(("ge", NOW),)), Place(NOW, "per_0")
    with statements(database) as asked:
        SqlDirectory(database, vault_in(tmp_path)).page(
            wanted, "vuce", BY_CHANGE, limit=9, after=place
        )
    moment = "2026-11-23 15:00:00.000000"
    with database.engine.connect() as connection:
        plan = connection.exec_driver_sql(
            f"EXPLAIN QUERY PLAN {asked[0]}", (moment, moment, "per_0", 9, 0)
        ).all()
    database.close()
    assert "USING INDEX ix_people_updated_at_id (updated_at>?)" in str(plan)
    assert "TEMP B-TREE" not in str(plan)
