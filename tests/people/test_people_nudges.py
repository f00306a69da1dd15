"""What was told and answered, over both databases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select

from idp.adapters.sql.database import Database
from idp.adapters.sql.models import NudgeRow, PersonRow
from idp.adapters.sql.nudges import SqlNudgeStore
from idp.adapters.sql.people import SqlPersonStore
from idp.adapters.sql.tables import table_of
from idp.audit.log import Audit
from idp.kernel.clock import FixedClock
from idp.people.concerns import Answer, Kind
from idp.people.nudges import Nudges
from idp.people.person import Address, Person, UpstreamFacts
from idp.people.service import People
from idp.people.vault import Vault

DAY = 86_400


@pytest.fixture
def nudges(database: Database, vault: Vault, audit: Audit, clock: FixedClock) -> Nudges:
    return Nudges(
        store=SqlPersonStore(database, vault), told=SqlNudgeStore(database), uow=database,
        audit=audit, clock=clock, again=90 * DAY, confirm=365 * DAY,
    )  # fmt: skip


@pytest.fixture
def person(people: People, facts: UpstreamFacts) -> Person:
    return people.record_upstream_login(facts)


def prove(people: People, person: Person, email: str) -> Address:
    """The person's address, confirmed by its code."""
    change = people.set_contact(person.id, email=email, consent=True)
    found = people.verification(change.pending_verification_id or "")
    assert found is not None
    return people.confirm_address(person.id, code=found.code).address


def due(nudges: Nudges, people: People, person: Person) -> Kind | None:
    now = people.get(person.id)
    assert now is not None
    return nudges.due(now, tells=True, asks=True)


def test_telling_is_noted_once_however_often_its_page_is_loaded(
    nudges: Nudges,
    people: People,
    person: Person,
    clock: FixedClock,
    events: Callable[[], list[str]],
) -> None:
    assert due(nudges, people, person) is Kind.NO_ADDRESS
    for _ in range(3):
        found = nudges.tell(person.id, Kind.NO_ADDRESS, "mr")
        assert found is not None
        clock.advance(1)
    assert due(nudges, people, person) is None
    assert events().count("nudge.told") == 1


def test_telling_comes_again_after_its_time_and_at_once_for_another_reason(
    nudges: Nudges, people: People, person: Person, clock: FixedClock
) -> None:
    nudges.tell(person.id, Kind.NO_ADDRESS)
    nudges.answer(person.id, Kind.NO_ADDRESS, Answer.LATER)
    clock.advance(90 * DAY - 1)
    assert due(nudges, people, person) is None
    clock.advance(1)
    assert due(nudges, people, person) is Kind.NO_ADDRESS
    people.set_contact(person.id, email="ana@empresa.pe", consent=True)
    assert due(nudges, people, person) is Kind.UNVERIFIED
    nudges.tell(person.id, Kind.UNVERIFIED)
    clock.advance(1)
    assert due(nudges, people, person) is None
    people.set_contact(person.id, email="otra@empresa.pe", consent=True)
    assert due(nudges, people, person) is Kind.UNVERIFIED  # another address awaits its code


def test_telling_of_what_is_mended_meanwhile_is_none(
    nudges: Nudges, people: People, person: Person
) -> None:
    prove(people, person, "ana@empresa.pe")
    assert nudges.tell(person.id, Kind.NO_ADDRESS) is None
    assert due(nudges, people, person) is None


def test_yes_is_kept_with_the_address_and_asks_again_after_a_year(
    nudges: Nudges,
    people: People,
    person: Person,
    clock: FixedClock,
    events: Callable[[], list[str]],
) -> None:
    address = prove(people, person, "ana@empresa.pe")
    clock.advance(365 * DAY)
    assert due(nudges, people, person) is Kind.STILL_YOURS
    nudges.tell(person.id, Kind.STILL_YOURS)
    nudges.answer(person.id, Kind.STILL_YOURS, Answer.YES, address.id)
    found = people.get(person.id)
    assert found is not None
    assert found.addresses == (replace(address, confirmed_at=clock.now()),)
    assert events()[-2:] == ["nudge.told", "nudge.answered"]
    clock.advance(365 * DAY - 1)
    assert due(nudges, people, person) is None
    clock.advance(1)
    assert due(nudges, people, person) is Kind.STILL_YOURS


@pytest.mark.parametrize("answer", [None, Answer.LATER, Answer.NO])
def test_question_without_a_yes_comes_again_after_a_while(
    answer: Answer | None, nudges: Nudges, people: People, person: Person, clock: FixedClock
) -> None:
    address = prove(people, person, "ana@empresa.pe")
    clock.advance(365 * DAY)
    nudges.tell(person.id, Kind.STILL_YOURS)
    if answer is not None:
        nudges.answer(person.id, Kind.STILL_YOURS, answer, address.id)
    clock.advance(90 * DAY - 1)
    assert due(nudges, people, person) is None
    clock.advance(1)
    assert due(nudges, people, person) is Kind.STILL_YOURS


def test_yes_about_an_address_that_is_not_in_force_confirms_nothing(
    nudges: Nudges, people: People, person: Person, clock: FixedClock
) -> None:
    old = prove(people, person, "ana@empresa.pe")
    clock.advance(365 * DAY)
    nudges.tell(person.id, Kind.STILL_YOURS)
    prove(people, person, "otra@empresa.pe")
    clock.advance(DAY)
    nudges.answer(person.id, Kind.STILL_YOURS, Answer.YES, old.id)
    found = people.get(person.id)
    assert found is not None
    assert [one.confirmed_at for one in found.addresses] == [None, None]


def test_answer_of_who_was_told_nothing_is_not_noted(
    nudges: Nudges, person: Person, events: Callable[[], list[str]]
) -> None:
    nudges.answer(person.id, Kind.NO_ADDRESS, Answer.LATER)
    assert "nudge.answered" not in events()


def test_answer_is_on_record_once_however_often_its_button_is_pressed(
    nudges: Nudges, person: Person, clock: FixedClock, events: Callable[[], list[str]]
) -> None:
    nudges.tell(person.id, Kind.NO_ADDRESS)
    for answer in (Answer.FIX, Answer.FIX, Answer.LATER, Answer.LATER):
        nudges.answer(person.id, Kind.NO_ADDRESS, answer)
    assert events().count("nudge.answered") == 2
    clock.advance(90 * DAY)
    nudges.tell(person.id, Kind.NO_ADDRESS)
    nudges.answer(person.id, Kind.NO_ADDRESS, Answer.LATER)
    assert events().count("nudge.answered") == 3


@pytest.mark.parametrize(
    ("tells", "asks", "expected"),
    [(True, True, Kind.NO_ADDRESS), (False, True, None), (False, False, None)],
)
def test_component_chooses_what_is_said_of_who_lacks_something(
    tells: bool, asks: bool, expected: Kind | None, nudges: Nudges, person: Person
) -> None:
    assert nudges.due(person, tells=tells, asks=asks) is expected


@pytest.mark.parametrize(("tells", "asks", "expected"), [(True, False, None), (False, True, "yes")])
def test_component_chooses_whether_everybody_is_asked(
    tells: bool, asks: bool, expected: str | None,
    nudges: Nudges, people: People, person: Person, clock: FixedClock,
) -> None:  # fmt: skip
    prove(people, person, "ana@empresa.pe")
    clock.advance(timedelta(days=366).total_seconds())
    found = people.get(person.id)
    assert found is not None
    assert nudges.due(found, tells=tells, asks=asks) is (Kind.STILL_YOURS if expected else None)


def test_what_was_told_goes_with_the_person(
    nudges: Nudges, person: Person, database: Database
) -> None:
    nudges.tell(person.id, Kind.NO_ADDRESS)
    told, people = table_of(NudgeRow), table_of(PersonRow)
    with database.transaction(), database.connection() as connection:
        connection.execute(delete(people).where(people.c.id == person.id))
        assert connection.execute(select(func.count()).select_from(told)).scalar_one() == 0
