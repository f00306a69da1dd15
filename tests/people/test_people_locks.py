"""Who waits for whom: a session that finds others than it locked lets go before it locks anew.

An import, a login and an operator each find persons, wait for their locks, and then may find that
the identifiers lead elsewhere. Whoever held on to the first ones meanwhile would wait for a merge
that waits for them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event, text

from idp.adapters.sql.database import Database
from idp.kernel.clock import FixedClock
from idp.kernel.identity import Identifier
from idp.people.joining import Joining
from idp.people.operations import Order
from idp.people.person import Person, UpstreamFacts
from idp.people.rows import SeedRow
from idp.people.service import People

RUC = "20504774288"
ORDER = Order(actor="ana", reason="caso 7")
SECONDS = 10


class Held:
    """Stops one thread right after its first lock of persons, until it is told to go on."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._thread: int | None = None
        self.locked, self.go_on = threading.Event(), threading.Event()
        if database.engine.dialect.name == "sqlite":
            self.locked.set()  # there a unit of work that writes is alone, and locks no row
        event.listen(database.engine, "after_cursor_execute", self._after)

    def of_this_thread(self) -> None:
        """Stop this thread."""
        self._thread = threading.get_ident()

    def remove(self) -> None:
        """Listen no more."""
        event.remove(self._database.engine, "after_cursor_execute", self._after)

    def wait_for_waiting(self) -> None:
        """Until a session waits for another's lock, where such are taken."""
        if self._database.engine.dialect.name == "sqlite":
            return
        waiting = text(
            "SELECT COUNT(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            with self._database.engine.connect() as connection:
                if connection.execute(waiting).scalar_one():
                    return
            time.sleep(0.01)
        raise AssertionError("nobody waits")

    def _after(self, connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if threading.get_ident() != self._thread or "FOR UPDATE" not in statement:
            return
        self._thread = None
        self.locked.set()
        assert self.go_on.wait(SECONDS)


@pytest.fixture
def held(database: Database) -> Iterator[Held]:
    found = Held(database)
    yield found
    found.remove()


@pytest.fixture
def two(people: People, facts: UpstreamFacts, clock: FixedClock) -> tuple[Person, Person]:
    """Two persons, in the order in which they are locked."""
    found = []
    for user in ("ADMIN", "NUEVO"):
        clock.advance(60)
        told = replace(facts, identifier=Identifier("sol", f"{RUC}:{user}"), usuario=user)
        found.append(people.record_upstream_login(told))
    first, second = sorted(found, key=lambda one: one.id)
    return first, second


def load(people: People, joining: Joining, facts: UpstreamFacts, user: str) -> object:
    rows = [SeedRow(number, "sol", one, ruc=RUC) for number, one in enumerate(("ADMIN", "NUEVO"))]
    return people.seed(rows)


def log_in(people: People, joining: Joining, facts: UpstreamFacts, user: str) -> object:
    identifier = Identifier("sol", f"{RUC}:{user}")
    return people.record_upstream_login(replace(facts, identifier=identifier, usuario=user))


def look(people: People, joining: Joining, facts: UpstreamFacts, user: str) -> object:
    """An operator's dry run, which locks as the merge itself does."""
    both = (Identifier("sol", f"{RUC}:{one}") for one in ("ADMIN", "NUEVO"))
    try:
        return joining.merge(*both, replace(ORDER, dry_run=True), keep_younger=True)
    except Exception as error:
        assert "same_person" in str(error)
        return error


@pytest.mark.parametrize("session", [load, log_in, look])
def test_try_that_is_given_up_holds_nothing_that_a_merge_waits_for(
    database: Database,
    people: People,
    joining: Joining,
    facts: UpstreamFacts,
    two: tuple[Person, Person],
    held: Held,
    session: Callable[..., object],
) -> None:
    absorbed, kept = two
    joining.merge(kept.key, absorbed.key, ORDER, keep_younger=True)

    def act() -> object:
        held.of_this_thread()
        return session(people, joining, facts, absorbed.usuario)

    with ThreadPoolExecutor(2) as pool:
        with database.transaction():
            joining.unmerge(absorbed.key, ORDER)
            acting = pool.submit(act)
            held.wait_for_waiting()  # for the kept one, to whom both users led until now
        assert held.locked.wait(SECONDS)
        merging = pool.submit(joining.merge, kept.key, absorbed.key, ORDER, keep_younger=True)
        held.wait_for_waiting()  # it has the other one, and waits for the kept one
        held.go_on.set()
        assert merging.result(SECONDS)
        assert acting.result(SECONDS)
    assert people.find(kept.key) == people.find(absorbed.key)
