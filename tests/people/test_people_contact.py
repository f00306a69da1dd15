"""Asking for an address, proving it, changing it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from idp.adapters.sql.aged import SqlReplacedAddresses
from idp.adapters.sql.contact import SqlVerificationStore
from idp.adapters.sql.database import Database
from idp.audit.log import Audit
from idp.audit.records import AuditFilter
from idp.kernel.clock import FixedClock
from idp.kernel.errors import IdpError
from idp.kernel.events import EventBus, PersonChanged
from idp.people.eligibility import contact_address, shown_address
from idp.people.email_address import InvalidEmail
from idp.people.person import Confirmation, Person, UpstreamFacts, Verification
from idp.people.service import DAY, People

OLD, NEW = "ana@empresa.pe", "ana.quispe@otra.pe"


@pytest.fixture
def person(people: People, facts: UpstreamFacts) -> Person:
    return people.record_upstream_login(facts)


def ask(people: People, person: Person, email: str) -> Verification:
    change = people.set_contact(person.id, email=email, consent=True)
    found = people.verification(change.pending_verification_id or "none")
    assert found is not None
    return found


def prove(people: People, person: Person, email: str) -> Confirmation:
    return people.confirm_address(person.id, code=ask(people, person, email).code)


def in_force(people: People, person: Person, clock: FixedClock) -> str | None:
    found = people.get(person.id)
    assert found is not None
    address = contact_address(found, clock.now())
    return address.email if address else None


def refusal(people: People, person: Person, **proof: str) -> str:
    with pytest.raises(IdpError) as refused:
        people.confirm_address(person.id, **proof)
    return refused.value.code


def test_first_address_counts_at_once(
    people: People, person: Person, clock: FixedClock, events: Callable[[], list[str]]
) -> None:
    found = ask(people, person, "  ana@EMPRESA.pe ")
    assert in_force(people, person, clock) is None
    confirmed = people.confirm_address(person.id, code=f" {found.code[:3]} {found.code[3:]} ")
    assert confirmed.previous is None
    assert (confirmed.address.email, confirmed.address.counts_from) == (OLD, clock.now())
    assert in_force(people, person, clock) == OLD
    assert events()[1:] == ["consent.given", "address.change_requested", "address.verified"]


def test_verification_asked_again_repeats_code_and_token(people: People, person: Person) -> None:
    found = ask(people, person, OLD)
    assert people.verification(found.id) == found == people.pending_verification(person.id)
    assert (len(found.code), len(found.token)) == (6, 43)


def test_change_counts_after_the_cool_off_and_names_the_old_one(
    people: People, person: Person, clock: FixedClock
) -> None:
    prove(people, person, OLD)
    clock.advance(60)
    confirmed = prove(people, person, NEW)
    assert confirmed.previous is not None
    assert confirmed.previous.email == OLD
    clock.advance(DAY - 1)
    assert in_force(people, person, clock) == OLD
    clock.advance(1)
    assert in_force(people, person, clock) == NEW


def test_owner_naming_the_old_address_voids_a_change_that_cools_off(
    people: People, person: Person, clock: FixedClock, events: Callable[[], list[str]]
) -> None:
    prove(people, person, OLD)
    clock.advance(60)
    prove(people, person, NEW)
    change = people.set_contact(person.id, email=OLD.upper(), consent=True)
    assert (change.pending_verification_id, change.changed) == (None, True)
    assert events()[-1] == "address.change_cancelled"
    clock.advance(2 * DAY)
    assert in_force(people, person, clock) == OLD


def test_address_that_cools_off_named_again_needs_no_second_proof(
    people: People, person: Person, clock: FixedClock
) -> None:
    prove(people, person, OLD)
    clock.advance(60)
    prove(people, person, NEW)
    change = people.set_contact(person.id, email=NEW, consent=True)
    assert (change.pending_verification_id, change.changed) == (None, False)


def test_newer_request_replaces_the_pending_one(people: People, person: Person) -> None:
    first = ask(people, person, OLD)
    second = ask(people, person, NEW)
    assert people.verification(first.id) is None
    assert refusal(people, person, token=first.token) == "verification_failed"
    assert people.confirm_address(person.id, token=second.token).address.email == NEW
    found = people.get(person.id)
    assert found is not None
    assert [address.email for address in found.addresses] == [NEW]


def test_five_wrong_codes_end_a_verification_and_a_new_one_works(
    people: People, person: Person
) -> None:
    found = ask(people, person, OLD)
    wrong = "000000" if found.code != "000000" else "000001"
    assert [refusal(people, person, code=wrong) for _ in range(5)] == ["verification_failed"] * 5
    assert refusal(people, person, code=found.code) == "verification_expired"
    assert refusal(people, person, token=found.token) == "verification_expired"
    assert prove(people, person, OLD).address.verified_at is not None


def test_wrong_codes_in_parallel_are_all_counted(
    people: People, person: Person, audit: Audit
) -> None:
    found = ask(people, person, OLD)
    wrong = "000000" if found.code != "000000" else "000001"
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda _: refusal(people, person, code=wrong), range(16)))
    assert codes.count("verification_failed") == 5
    assert len(audit.search(AuditFilter())) == 3 + 16


@pytest.mark.parametrize(
    ("seconds", "outcome"), [(1799, None), (1800, "verification_expired")], ids=["29:59", "30:00"]
)
def test_verification_lives_thirty_minutes(
    people: People, person: Person, clock: FixedClock, seconds: int, outcome: str | None
) -> None:
    found = ask(people, person, OLD)
    clock.advance(seconds)
    if outcome is None:
        assert people.confirm_address(person.id, code=found.code).address.email == OLD
    else:
        assert refusal(people, person, code=found.code) == outcome
        assert people.verification(found.id) is None


@pytest.mark.parametrize("proved", [False, True])
def test_systems_hear_that_they_are_shown_another_address_again(
    people: People, person: Person, clock: FixedClock, bus: EventBus, proved: bool
) -> None:
    """A new wish takes the place of a change that cools off, and that others saw already."""
    prove(people, person, OLD)
    clock.advance(60)
    if proved:
        prove(people, person, NEW)
    heard: list[PersonChanged] = []
    bus.subscribe(PersonChanged, heard.append)
    clock.advance(60)
    ask(people, person, "tercera@empresa.pe")
    found = people.get(person.id)
    assert found is not None
    shown = shown_address(found)
    assert shown is not None
    assert shown.email == OLD
    changed = PersonChanged(person.id, "changed", ("email", "email_verified_at"))
    assert heard == ([changed] if proved else [])
    assert (found.updated_at == clock.now()) is proved


def test_code_used_twice_is_spent(people: People, person: Person) -> None:
    found = ask(people, person, OLD)
    people.confirm_address(person.id, code=found.code)
    assert refusal(people, person, code=found.code) == "verification_expired"


@pytest.mark.parametrize("proof", [{}, {"code": ""}, {"token": ""}, {"code": "ñ"}, {"token": "ñ"}])
def test_proof_of_nothing_is_wrong(people: People, person: Person, proof: dict[str, str]) -> None:
    ask(people, person, OLD)
    assert refusal(people, person, **proof) == "verification_failed"


def test_code_of_another_person_proves_nothing(
    people: People, person: Person, facts: UpstreamFacts
) -> None:
    other = people.record_upstream_login(
        UpstreamFacts(
            "extranet", identifier=person.key.__class__("extranet", "EXT1"), usuario="EXT1"
        )
    )
    found = ask(people, person, OLD)
    assert refusal(people, other, token=found.token) == "verification_expired"


@pytest.mark.parametrize(
    "typed", ["", " ", "ana", "ana@", "@x.pe", "a b@x.pe", "a@x", "a@x.pe\nBcc: b@x.pe", "a@x..pe"]
)
def test_malformed_address_is_refused_and_changes_nothing(
    people: People, person: Person, typed: str
) -> None:
    with pytest.raises(InvalidEmail) as refused:
        people.set_contact(person.id, email=typed, consent=True)
    assert "ana" not in str(refused.value)
    assert people.get(person.id) == person


def test_contact_of_an_unknown_person_is_an_error(people: People) -> None:
    with pytest.raises(IdpError) as refused:
        people.set_contact("per_none", email=OLD, consent=True)
    assert refused.value.code == "person_unknown"


def test_purge_removes_expired_verifications_and_addresses_long_replaced(
    people: People, person: Person, clock: FixedClock, database: Database
) -> None:
    replaced, pending = SqlReplacedAddresses(database), SqlVerificationStore(database)
    month = timedelta(days=30)
    prove(people, person, OLD)
    clock.advance(60)
    prove(people, person, NEW)
    clock.advance(2 * DAY)
    assert (replaced.due(clock.now() - month), replaced.purge(clock.now() - month)) == (0, 0)
    ask(people, person, "tercera@empresa.pe")
    assert pending.purge(clock.now()) == 0
    clock.advance(40 * DAY)
    assert (replaced.due(clock.now() - month), replaced.purge(clock.now() - month)) == (1, 1)
    assert (pending.due(clock.now()), pending.purge(clock.now())) == (1, 1)
    found = people.get(person.id)
    assert found is not None
    assert [address.email for address in found.addresses] == [NEW, "tercera@empresa.pe"]
