"""Taking back that mail to an address fails for good: by an operator, on record."""

from __future__ import annotations

import argparse
from types import SimpleNamespace
from typing import Any

import pytest

from idp.audit.log import Audit
from idp.audit.records import AuditFilter
from idp.cli import users
from idp.kernel.clock import FixedClock
from idp.kernel.errors import IdpError
from idp.people.eligibility import Eligibility, eligibility
from idp.people.person import Person, UpstreamFacts
from idp.people.service import People


@pytest.fixture
def marked(people: People, facts: UpstreamFacts) -> Person:
    """Somebody whose address was marked."""
    person = people.record_upstream_login(facts)
    people.set_contact(person.id, email="ana@empresa.pe", consent=True)
    found = people.pending_verification(person.id)
    assert found is not None
    address = people.confirm_address(person.id, code=found.code).address
    people.mark_undeliverable(person.id, address.id, code="550")
    marked = people.get(person.id)
    assert marked is not None
    return marked


def run(people: People, person: Person, *words: str, json: bool = False) -> Any:
    said: list[Any] = []
    parser = argparse.ArgumentParser()
    users.add_parser(parser.add_subparsers())
    identifier = person.identifier.replace(":", "/").lower()
    args = parser.parse_args(["users", "deliverable", person.realm, identifier, *words])
    services = SimpleNamespace(people=people)
    context = SimpleNamespace(services=services, as_json=json, actor="ana", out=said.append)
    assert args.func(args, context) == 0
    return said[0]


def test_users_deliverable_of_a_marked_address_lets_the_person_in_and_is_recorded(
    people: People, marked: Person, audit: Audit, clock: FixedClock
) -> None:
    assert eligibility(marked, clock.now()) is Eligibility.UNDELIVERABLE
    found = run(people, marked, "--reason", "el relay rechazaba todo", json=True)
    assert found == {"id": marked.id, "cleared": [marked.addresses[0].id]}
    after = people.get(marked.id)
    assert eligibility(after, clock.now()) is Eligibility.ELIGIBLE
    newest = audit.search(AuditFilter())[0]
    assert (newest.event, newest.actor, newest.person_id) == (
        "address.deliverable", "ana", marked.id,
    )  # fmt: skip
    assert newest.details == {
        "address": marked.addresses[0].id, "reason": "el relay rechazaba todo",
    }  # fmt: skip


def test_users_deliverable_says_how_many_in_text(people: People, marked: Person) -> None:
    assert run(people, marked, "--reason", "x") == "1 address cleared"


def test_users_deliverable_without_a_mark_or_a_reason_is_an_error(
    people: People, marked: Person
) -> None:
    with pytest.raises(SystemExit):
        run(people, marked, "--reason", " ")
    run(people, marked, "--reason", "x")
    with pytest.raises(IdpError) as refused:
        run(people, marked, "--reason", "x")
    assert refused.value.code == "nothing_marked"


def test_users_deliverable_of_a_stranger_is_an_error(people: People, marked: Person) -> None:
    with pytest.raises(IdpError) as refused:
        parser = argparse.ArgumentParser()
        users.add_parser(parser.add_subparsers())
        words = ["users", "deliverable", "extranet", "EXT404", "--reason", "x"]
        args = parser.parse_args(words)
        args.func(args, SimpleNamespace(services=SimpleNamespace(people=people), actor="ana"))
    assert refused.value.code == "person_unknown"
