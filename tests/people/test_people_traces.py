"""What goes along with persons who are joined: the components they use, and what they were told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from idp.adapters.sql.coverage import SqlUseStore
from idp.adapters.sql.database import Database
from idp.adapters.sql.nudges import SqlNudgeStore
from idp.kernel.clock import FixedClock
from idp.kernel.identity import Identifier
from idp.people.concerns import Answer, Kind, Told
from idp.people.coverage_ports import Use
from idp.people.joining import Joining
from idp.people.operations import Order
from idp.people.person import Person, UpstreamFacts
from idp.people.service import People
from idp.people.traces import Trace, Traces

OLD, NEW = (Identifier("sol", f"20504774288:{user}") for user in ("ADMIN", "NUEVO"))
ORDER = Order(actor="ana", reason="caso 7")
EARLY, MIDDLE, LATE = date(2026, 10, 1), date(2026, 10, 15), date(2026, 11, 1)
Log = Callable[[Identifier], Person]


@pytest.fixture
def traces(database: Database) -> Traces:
    return Traces(uses=SqlUseStore(database), told=SqlNudgeStore(database))


@pytest.fixture
def two(people: People, facts: UpstreamFacts, clock: FixedClock) -> tuple[Person, Person]:
    """The one who is kept, and the one who is absorbed."""
    found = []
    for one in (OLD, NEW):
        clock.advance(60)
        user = one.value.rpartition(":")[2]
        found.append(people.record_upstream_login(replace(facts, identifier=one, usuario=user)))
    clock.advance(60)
    return found[0], found[1]


def uses(person: Person, **days: date) -> tuple[Use, ...]:
    return tuple(Use(person.id, client_id, day) for client_id, day in sorted(days.items()))


def test_components_of_both_are_the_kept_ones_and_each_gets_their_own_back(
    joining: Joining, traces: Traces, two: tuple[Person, Person]
) -> None:
    old, new = two
    traces.add(old.id, Trace(uses(old, only_old=EARLY, older=LATE, same=MIDDLE, newer=EARLY)))
    traces.add(new.id, Trace(uses(new, only_new=MIDDLE, older=EARLY, same=MIDDLE, newer=MIDDLE)))
    before = traces.of(old.id), traces.of(new.id)
    joining.merge(OLD, NEW, ORDER)
    assert traces.of(old.id).uses == uses(
        old, newer=MIDDLE, older=LATE, only_new=MIDDLE, only_old=EARLY, same=MIDDLE
    )
    joining.unmerge(NEW, ORDER)
    assert (traces.of(old.id), traces.of(new.id)) == before


def test_component_that_was_used_in_between_stays_with_the_kept_one(
    joining: Joining, traces: Traces, two: tuple[Person, Person]
) -> None:
    old, new = two
    traces.add(new.id, Trace(uses(new, mr=EARLY)))
    joining.merge(OLD, NEW, ORDER)
    traces.add(old.id, Trace(uses(old, mr=LATE)))
    joining.unmerge(NEW, ORDER)
    assert traces.of(old.id).uses == uses(old, mr=LATE)
    assert traces.of(new.id).uses == uses(new, mr=EARLY)


def test_who_was_told_as_either_is_not_told_again_as_one(
    joining: Joining, traces: Traces, two: tuple[Person, Person], clock: FixedClock
) -> None:
    old, new = two
    now, hour = clock.now(), timedelta(hours=1)
    mine = Told(old.id, Kind.NO_CONSENT, now - hour)
    others = (
        Told(new.id, Kind.NO_ADDRESS, now - hour, now, Answer.FIX),
        Told(new.id, Kind.NO_CONSENT, now - 2 * hour),
    )
    traces.add(old.id, Trace(told=(mine,)))
    traces.add(new.id, Trace(told=others))
    joining.merge(OLD, NEW, ORDER)
    assert traces.of(old.id).told == (replace(others[0], person_id=old.id), mine)
    joining.unmerge(NEW, ORDER)
    assert (traces.of(old.id).told, traces.of(new.id).told) == ((mine,), others)
