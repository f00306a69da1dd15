"""Known browsers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from idp.adapters.sql.contact import SqlBrowserStore
from idp.adapters.sql.database import Database
from idp.kernel.clock import FixedClock
from idp.kernel.identity import Identifier
from idp.people.person import Person, UpstreamFacts
from idp.people.service import DAY, People


@pytest.fixture
def person(people: People, facts: UpstreamFacts) -> Person:
    return people.record_upstream_login(facts)


@pytest.fixture
def other(people: People, facts: UpstreamFacts) -> Person:
    named = Identifier("sol", "20504774288:OTRO")
    return people.record_upstream_login(replace(facts, identifier=named, usuario="OTRO"))


@pytest.mark.parametrize(
    ("age", "known"),
    [(0, False), (DAY - 1, False), (DAY, True), (180 * DAY - 1, True), (180 * DAY, False)],
)
def test_browser_counts_after_a_day_for_half_a_year(
    people: People, person: Person, clock: FixedClock, age: int, known: bool
) -> None:
    cookie = people.remember_browser(person.id)
    clock.advance(age)
    assert people.known_browser(cookie, person.id) is known


def test_browser_of_one_person_is_not_of_another(
    people: People, person: Person, other: Person, clock: FixedClock
) -> None:
    cookie = people.remember_browser(person.id)
    clock.advance(DAY)
    assert not people.known_browser(cookie, other.id)


def test_shared_computer_is_known_for_each_by_a_token_of_their_own(
    people: People, person: Person, other: Person, clock: FixedClock
) -> None:
    planted = people.remember_browser(person.id)
    both = people.remember_browser(other.id, planted)
    clock.advance(DAY)
    assert people.known_browser(both, person.id)
    assert people.known_browser(both, other.id)
    assert not people.known_browser(planted, other.id)


def test_login_in_a_known_browser_prolongs_it_and_keeps_its_age(
    people: People, person: Person, clock: FixedClock, events: Callable[[], list[str]]
) -> None:
    cookie = people.remember_browser(person.id)
    clock.advance(100 * DAY)
    assert people.remember_browser(person.id, cookie) == cookie
    clock.advance(100 * DAY)
    assert people.known_browser(cookie, person.id)
    assert events().count("known_browser.added") == 1


def test_removed_browser_is_unknown(
    people: People, person: Person, other: Person, clock: FixedClock
) -> None:
    cookie = people.remember_browser(person.id)
    clock.advance(DAY)
    (browser,) = people.browsers(person.id)
    assert not people.forget_browser(other.id, browser.id)
    assert people.forget_browser(person.id, browser.id)
    assert not people.forget_browser(person.id, browser.id)
    assert people.browsers(person.id) == []
    assert not people.known_browser(cookie, person.id)


def test_purge_removes_expired_browsers(
    people: People, person: Person, clock: FixedClock, database: Database
) -> None:
    people.remember_browser(person.id)
    clock.advance(181 * DAY)
    people.remember_browser(person.id)
    assert SqlBrowserStore(database).due(clock.now()) == 1
    assert SqlBrowserStore(database).purge(clock.now()) == 1
    assert len(people.browsers(person.id)) == 1


@pytest.mark.parametrize("cookie", [None, "", ".", "x" * 5000, "ñ.ñ", "a" * 43, "\x00"])
def test_odd_cookie_is_unknown_and_is_replaced(
    people: People, person: Person, clock: FixedClock, cookie: str | None
) -> None:
    assert not people.known_browser(cookie, person.id)
    fresh = people.remember_browser(person.id, cookie)
    clock.advance(DAY)
    assert people.known_browser(fresh, person.id)


def test_cookie_of_many_people_keeps_the_newest_five(
    people: People, facts: UpstreamFacts, clock: FixedClock
) -> None:
    cookie, found = None, []
    for number in range(7):
        named = Identifier("sol", f"20504774288:U{number}")
        found.append(people.record_upstream_login(replace(facts, identifier=named)))
        cookie = people.remember_browser(found[-1].id, cookie)
    clock.advance(DAY)
    known = [people.known_browser(cookie, person.id) for person in found]
    assert known == [False, False, True, True, True, True, True]
