"""What an upstream login makes known of a person."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from idp.audit.log import Audit
from idp.audit.records import AuditFilter
from idp.kernel.clock import FixedClock
from idp.kernel.identity import Identifier
from idp.people.eligibility import Eligibility, eligibility
from idp.people.person import UpstreamFacts
from idp.people.service import People


def test_first_login_creates_a_person_with_a_random_sub(
    people: People, facts: UpstreamFacts, clock: FixedClock, events: Callable[[], list[str]]
) -> None:
    person = people.record_upstream_login(facts)
    assert people.get(person.id) == person == people.find(facts.identifier)
    assert (person.first_login_at, person.last_login_at) == (clock.now(), clock.now())
    assert person.extras == {"ddp_estado": "00"}
    assert len(person.sub) >= 20
    assert "20504774288" not in person.sub
    assert events() == ["person.created"]


def test_later_login_keeps_sub_and_updates_what_sunat_knows(
    people: People, facts: UpstreamFacts, clock: FixedClock, audit: Audit
) -> None:
    first = people.record_upstream_login(facts)
    clock.advance(60)
    second = people.record_upstream_login(replace(facts, name="OTRO NOMBRE S.A.", given_name=""))
    assert people.get(first.id) == second
    assert (second.sub, second.name, second.given_name) == (first.sub, "OTRO NOMBRE S.A.", "Ana")
    assert second.first_login_at == first.first_login_at
    assert second.last_login_at == second.updated_at == clock.now()
    newest = audit.search(AuditFilter())[0]
    assert (newest.event.value, newest.details["fields"]) == ("person.updated", "name")


def test_later_login_with_the_same_facts_is_no_update(
    people: People, facts: UpstreamFacts, clock: FixedClock, events: Callable[[], list[str]]
) -> None:
    first = people.record_upstream_login(facts)
    clock.advance(60)
    second = people.record_upstream_login(facts)
    assert second == replace(first, last_login_at=clock.now())
    assert events() == ["person.created"]


def test_first_logins_in_parallel_yield_one_person(
    people: People, facts: UpstreamFacts, events: Callable[[], list[str]]
) -> None:
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: people.record_upstream_login(facts), range(32)))
    assert len({(person.id, person.sub) for person in found}) == 1
    assert events().count("person.created") == 1


def test_same_user_in_another_realm_is_another_person(people: People, facts: UpstreamFacts) -> None:
    other = replace(
        facts, realm="extranet", identifier=Identifier("extranet", "EXT01"), usuario="EXT01"
    )
    one, two = people.record_upstream_login(facts), people.record_upstream_login(other)
    assert one.id != two.id
    assert one.sub != two.sub


def test_odd_characters_from_upstream_do_not_fail_a_login(
    people: People, facts: UpstreamFacts
) -> None:
    odd = replace(facts, name="A\x00B\ud800C", tipo_usuario="x" * 300)
    found = people.get(people.record_upstream_login(odd).id)
    assert found is not None
    assert (found.name, found.tipo_usuario) == ("ABC", "x" * 300)


@pytest.mark.parametrize("identifier", ["20504774288:OTHER", "", "x" * 500])
def test_find_of_a_stranger_is_none(people: People, identifier: str) -> None:
    assert people.find(Identifier("sol", identifier)) is None
    assert people.get("per_none") is None


def test_withdrawn_consent_ends_eligibility_at_once(
    people: People,
    facts: UpstreamFacts,
    clock: FixedClock,
    events: Callable[[], list[str]],
) -> None:
    person = people.record_upstream_login(facts)
    pending = people.set_contact(person.id, email="ana@empresa.pe", consent=True)
    found = people.verification(pending.pending_verification_id or "")
    assert found is not None
    people.confirm_address(person.id, code=found.code)
    assert eligibility(people.get(person.id), clock.now()) is Eligibility.ELIGIBLE
    change = people.set_contact(person.id, email="ana@empresa.pe", consent=False)
    assert (change.pending_verification_id, change.changed) == (None, True)
    assert eligibility(people.get(person.id), clock.now()) is Eligibility.NO_CONSENT
    assert events()[-1] == "consent.withdrawn"
    assert not people.set_contact(person.id, email="ana@empresa.pe", consent=False).changed


def test_undeliverable_address_ends_eligibility_until_it_is_proved_anew(
    people: People, facts: UpstreamFacts, clock: FixedClock
) -> None:
    person = people.record_upstream_login(facts)
    people.set_contact(person.id, email="ana@empresa.pe", consent=True)
    found = people.pending_verification(person.id)
    assert found is not None
    address = people.confirm_address(person.id, code=found.code).address
    people.mark_undeliverable(person.id, address.id, code="550")
    assert eligibility(people.get(person.id), clock.now()) is Eligibility.UNDELIVERABLE
    clock.advance(60)
    people.set_contact(person.id, email="ana@empresa.pe", consent=True)
    found = people.pending_verification(person.id)
    assert found is not None
    assert people.confirm_address(person.id, token=found.token).previous is None
    assert eligibility(people.get(person.id), clock.now()) is Eligibility.ELIGIBLE
