"""VUCE's own system in front of the people, on each database: alone, and many at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest

from idp.adapters.sql.database import Database
from idp.adapters.sql.directory import SqlDirectory
from idp.adapters.sql.people import SqlPersonStore
from idp.adapters.sql.privacy import SqlErased, SqlHolds, SqlPersonRows
from idp.audit.log import Audit
from idp.kernel.clock import FixedClock
from idp.kernel.events import EventBus, PersonChanged
from idp.kernel.identity import Identifier
from idp.kernel.random import SystemRandom
from idp.people.merging import Voice
from idp.people.person import UpstreamFacts
from idp.people.ports import Listed, Order, Selection
from idp.people.provisioned import Provisioned, Wanted
from idp.people.provisioning import (
    ErasedBefore,
    Held,
    KnownAlready,
    NobodyThere,
    Provisioning,
    Wish,
)
from idp.people.provisioning_news import By
from idp.people.rows import SeedRow
from idp.people.service import People
from idp.people.vault import Vault

BY = By("vuce", Voice("scim", over_files=True))
EXT = Identifier("extranet", "EXT01")


@pytest.fixture
def told() -> list[PersonChanged]:
    return []


@pytest.fixture
def provisioning(
    database: Database, vault: Vault, audit: Audit, clock: FixedClock, told: list[PersonChanged]
) -> Provisioning:
    events = EventBus()
    events.subscribe(PersonChanged, told.append)
    return Provisioning(
        store=SqlPersonStore(database, vault),
        directory=SqlDirectory(database, vault),
        erased=SqlErased(database, vault),
        holds=SqlHolds(database),
        uow=database,
        audit=audit,
        clock=clock,
        random=SystemRandom(),
        events=events,
        tell_old=lambda person, address, proved: None,
    )


def wish(external_id: str | None = None, **wanted: Any) -> Wish:
    return Wish(Wanted(**wanted), external_id)


def named(name: str) -> Callable[[Listed], Wish]:
    """A change of the name alone."""
    return lambda listed: Wish(Wanted(name=name), listed.external_id)


def anything(found: Provisioned) -> None:
    """What it comes to is well."""


def many(call: Callable[[int], object]) -> list[object]:
    """What eight calls at once come to."""

    def attempt(number: int) -> object:
        try:
            return call(number)
        except (KnownAlready, LookupError) as error:
            return type(error)

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(attempt, range(8)))


def test_who_was_never_changed_was_changed_when_made(
    provisioning: Provisioning, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 7643 §3.1, on a clock that goes on."""

    def goes_on() -> datetime:
        clock.advance(0.001)
        return FixedClock.now(clock)

    monkeypatch.setattr(clock, "now", goes_on)
    made = provisioning.create(EXT, "EXT01", wish(name="N", email="a@a.pe"), BY).person
    assert made.updated_at == made.created_at == made.addresses[0].created_at


def test_of_many_who_make_one_person_one_does(provisioning: Provisioning) -> None:
    results = many(lambda number: provisioning.create(EXT, "EXT01", wish(name=f"N{number}"), BY))
    (made,) = [one for one in results if isinstance(one, Listed)]
    assert results.count(KnownAlready) == 7
    assert provisioning.count(Selection(), "vuce") == 1
    assert provisioning.get(made.person.id, "vuce") == made


def test_of_many_who_change_what_they_saw_one_does(provisioning: Provisioning) -> None:
    """What `decide` sees is what is changed: nobody comes in between."""
    made = provisioning.create(EXT, "EXT01", wish(name="N"), BY).person

    def change(number: int) -> Listed:
        def decide(listed: Listed) -> Wish:
            if listed.person.name != "N":
                raise LookupError
            return named(f"N{number}")(listed)

        return provisioning.change(made.id, BY, decide, anything)

    results = many(change)
    (won,) = [one for one in results if isinstance(one, Listed)]
    assert results.count(LookupError) == 7
    assert provisioning.get(made.id, "vuce") == won


def test_what_is_refused_leaves_nothing(
    provisioning: Provisioning, told: list[PersonChanged], events: Callable[[], list[str]]
) -> None:
    made = provisioning.create(EXT, "EXT01", wish("A", name="N"), BY)
    told.clear()

    def refuse(found: Provisioned) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        provisioning.change(made.person.id, BY, lambda one: wish("B", name="M"), refuse)
    assert provisioning.get(made.person.id, "vuce") == made
    assert (told, events()) == ([], ["person.created"])


def test_what_says_nothing_new_changes_nothing(
    provisioning: Provisioning, clock: FixedClock, told: list[PersonChanged]
) -> None:
    made = provisioning.create(EXT, "EXT01", wish("A", name="N"), BY)
    told.clear()
    clock.advance(60)
    again = provisioning.change(made.person.id, BY, lambda one: wish("A", name="N"), anything)
    assert (again, told) == (made, [])
    renamed = provisioning.change(made.person.id, BY, lambda one: wish("B", name="N"), anything)
    assert (renamed.external_id, told) == ("B", [])
    assert renamed.person.updated_at == clock.now()


def test_who_is_withdrawn_comes_back_as_the_same(
    provisioning: Provisioning, people: People, told: list[PersonChanged]
) -> None:
    made = provisioning.create(EXT, "EXT01", wish("A", name="N"), BY).person
    provisioning.withdraw(made.id, BY, lambda listed: None)
    everybody = Selection()
    for call in (
        lambda: provisioning.get(made.id, "vuce"),
        lambda: provisioning.change(made.id, BY, named("M"), anything),
        lambda: provisioning.withdraw(made.id, BY, lambda listed: None),
        lambda: provisioning.get("per_x", "vuce"),
    ):
        with pytest.raises(NobodyThere):
            call()
    assert provisioning.page(everybody, "vuce", Order(), limit=9) == []
    facts = UpstreamFacts("extranet", EXT, "EXT01", name="LUIS")
    assert people.record_upstream_login(facts).sub == made.sub
    back = provisioning.create(EXT, "EXT01", wish("B", name="OTRO"), BY)
    assert (back.person.id, back.person.sub, back.external_id) == (made.id, made.sub, "B")
    assert (back.person.name, back.person.withdrawn_at) == ("LUIS", None)
    assert [one.kind for one in told] == ["created", "deleted", "created"]


def test_file_does_not_change_what_the_system_said(
    provisioning: Provisioning, people: People
) -> None:
    wanted = {
        "name": "N", "email": "a@a.pe", "standard": {"locale": "es-PE"}, "profile": {"area": "A"}
    }  # fmt: skip
    made = provisioning.create(EXT, "EXT01", wish(**wanted), BY).person
    row = SeedRow(
        2, "extranet", "EXT01", name="OTRO", email="b@a.pe", standard={"locale": "qu-PE"},
        profile={"area": "B", "sub_area": "C"},
    )  # fmt: skip
    report = people.seed([row])
    assert sorted(one.column for one in report.conflicts) == ["area", "email", "locale", "name"]
    found = people.get(made.id)
    assert found is not None
    assert (found.name, found.addresses[0].email) == ("N", "a@a.pe")
    assert (found.standard, found.profile) == (
        {"locale": "es-PE"}, {"area": "A", "sub_area": "C"}
    )  # fmt: skip


def test_system_changes_what_a_file_said(provisioning: Provisioning, people: People) -> None:
    row = SeedRow(
        2, "extranet", "EXT01", name="OTRO", email="b@a.pe",
        email_verified_at="2026-01-01T00:00:00Z", standard={"locale": "qu-PE"},
    )  # fmt: skip
    people.seed([row], trust_emails=True)
    person = people.find(EXT)
    assert person is not None
    wanted = {"name": "N", "email": "a@a.pe", "standard": {"locale": "es-PE"}}
    found = provisioning.change(person.id, BY, lambda one: wish(**wanted), anything).person
    assert (found.name, found.standard) == ("N", {"locale": "es-PE"})
    assert [(one.email, one.verified_at) for one in found.addresses] == [("a@a.pe", None)]


def test_no_that_a_person_repeats_is_theirs_from_then_on(
    provisioning: Provisioning, people: People, clock: FixedClock
) -> None:
    """The system said it first; it may take back its own no, and not theirs."""
    person = people.record_upstream_login(UpstreamFacts("extranet", EXT, "EXT01", name="LUIS"))
    people.set_consent(person.id, consent=True)
    yes = wish(name="LUIS", consent_at=clock.now())
    for theirs in (False, True):
        refused = provisioning.change(person.id, BY, lambda one: wish(name="LUIS"), anything)
        assert not refused.person.consent
        if theirs:
            people.set_consent(person.id, consent=False)
        back = provisioning.change(person.id, BY, lambda one: yes, anything)
        assert back.person.consent is not theirs


def test_person_who_was_erased_is_made_by_no_system(
    provisioning: Provisioning, database: Database, vault: Vault, clock: FixedClock
) -> None:
    made = provisioning.create(EXT, "EXT01", wish(), BY).person
    erased, rows = SqlErased(database, vault), SqlPersonRows(database, vault)
    erased.add_of([made.id], clock.now())
    rows.erase([made.id])
    with pytest.raises(ErasedBefore):
        provisioning.create(EXT, "EXT01", wish(), BY)
    assert provisioning.count(Selection(), "vuce") == 0
    erased.lift([EXT])
    assert provisioning.create(EXT, "EXT01", wish(), BY).person.sub != made.sub


def test_address_of_a_person_on_hold_is_removed_by_no_system(
    provisioning: Provisioning, database: Database, clock: FixedClock, people: People
) -> None:
    """Nothing of a call that would is kept; what removes no address is done."""
    made = provisioning.create(EXT, "EXT01", wish("A", name="N", email="a@a.pe"), BY).person
    holds = SqlHolds(database)
    holds.put(made.id, clock.now())
    for unkept in (wish("B", name="M", email="b@a.pe"), wish("B", name="M")):
        with pytest.raises(Held):
            provisioning.change(made.id, BY, lambda one, unkept=unkept: unkept, anything)  # type: ignore[misc]
    kept = provisioning.get(made.id, "vuce")
    assert (kept.person, kept.external_id) == (made, "A")
    renamed = provisioning.change(
        made.id, BY, lambda one: wish("A", name="M", email="a@a.pe"), anything
    )
    assert renamed.person.name == "M"
    provisioning.withdraw(made.id, BY, lambda listed: None)
    with pytest.raises(Held):
        provisioning.create(EXT, "EXT01", wish("A", name="M"), BY)
    found = people.get(made.id)
    assert found is not None
    assert (found.withdrawn_at, [one.email for one in found.addresses]) == (
        clock.now(), ["a@a.pe"]
    )  # fmt: skip
    holds.drop(made.id)
    back = provisioning.create(EXT, "EXT01", wish("A", name="M"), BY)
    assert (back.person.id, back.person.addresses) == (made.id, ())
