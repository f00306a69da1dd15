"""What whoever had a user before left behind, and whoever has it now is not shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from idp.kernel.clock import FixedClock
from idp.people.former import as_shown, begun_anew
from idp.people.person import Person, UpstreamFacts
from idp.people.service import People

OLD, NEW = "ana@empresa.example", "luis@empresa.example"
PROFILE = {"phone": "016543210", "street": "Calle 1"}


def at(people: People, person: Person) -> Person:
    found = people.get(person.id)
    assert found is not None
    return found


def confirm(people: People, person: Person, email: str) -> Person:
    people.set_contact(person.id, email=email, consent=True)
    pending = people.pending_verification(person.id)
    assert pending is not None
    people.confirm_address(person.id, code=pending.code)
    return at(people, person)


@pytest.fixture
def holder(people: People, facts: UpstreamFacts, clock: FixedClock) -> Person:
    """Who logs in by a user that another human had, with an address and a form."""
    former = people.record_upstream_login(facts)
    people.set_profile(former.id, PROFILE)
    confirm(people, former, OLD)
    clock.advance(86_400)
    found = people.record_upstream_login(replace(facts, given_name="Luis", family_name="Otro"))
    clock.advance(60)
    return found


def test_who_was_never_doubted_is_shown_everything(people: People, facts: UpstreamFacts) -> None:
    person = confirm(people, people.record_upstream_login(facts), OLD)
    assert begun_anew(person) is None
    assert as_shown(person) is person


def test_new_holder_is_shown_what_sunat_says_and_nothing_that_the_former_typed(
    people: People, holder: Person
) -> None:
    kept, shown = at(people, holder), as_shown(at(people, holder))
    assert begun_anew(kept) == holder.doubted_at
    assert (shown.addresses, dict(shown.profile), "profile" in shown.said) == ((), {}, False)
    assert (shown.given_name, shown.usuario) == ("Luis", "ADMIN")
    # It is there all the same.
    assert ([one.email for one in kept.addresses], dict(kept.profile)) == ([OLD], PROFILE)


def test_form_that_was_left_empty_takes_nothing_away(people: People, holder: Person) -> None:
    assert not people.set_profile(holder.id, {"phone": "", "street": ""})
    assert dict(at(people, holder).profile) == PROFILE


@pytest.mark.parametrize("typed", [{"phone": "012345678"}, PROFILE], ids=["other", "the same"])
def test_form_that_the_new_holder_filled_in_is_theirs(
    people: People, holder: Person, typed: dict[str, str]
) -> None:
    people.set_profile(holder.id, typed)
    assert dict(as_shown(at(people, holder)).profile) == typed
    # And empties again, as anybody's.
    assert people.set_profile(holder.id, {})
    assert dict(at(people, holder).profile) == {}


def test_whoever_confirms_the_address_of_before_is_who_they_were(
    people: People, holder: Person, clock: FixedClock, events: Callable[[], list[str]]
) -> None:
    people.set_contact(holder.id, email=OLD.upper(), consent=True)
    pending = people.pending_verification(holder.id)
    assert pending is not None
    waiting = at(people, holder)
    assert as_shown(waiting).addresses == ()
    assert [one.email for one in as_shown(waiting, pending.address.id).addresses] != []
    assert dict(as_shown(waiting).profile) == {}
    found = confirm(people, holder, OLD)
    assert begun_anew(found) is None
    assert dict(as_shown(found).profile) == PROFILE
    assert found.addresses[0].counts_from == clock.now()


def test_whoever_confirms_another_address_is_shown_theirs_alone(
    people: People, holder: Person
) -> None:
    found = confirm(people, holder, NEW)
    assert begun_anew(found) == holder.doubted_at
    shown = as_shown(found)
    assert ([one.email for one in shown.addresses], dict(shown.profile)) == ([NEW], {})
