"""Whether a user may have passed to another human, and what then counts no more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from idp.kernel.clock import FixedClock
from idp.kernel.errors import Unavailable
from idp.kernel.events import EventBus, PersonChanged, PersonDoubted
from idp.kernel.identity import Identifier
from idp.people.differences import SEEN
from idp.people.doubt import Doubt, doubt, doubted
from idp.people.eligibility import Eligibility, eligibility
from idp.people.person import Address, Person, UpstreamFacts
from idp.people.service import People

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
OFFICIAL = UpstreamFacts(
    realm="extranet",
    identifier=Identifier("extranet", "EXT0042"),
    usuario="EXT0042",
    ruc="20131312955",
    name="Luis Sintético Rojas",
    given_name="Luis",
    family_name="Sintético Rojas",
)


def person_of(facts: UpstreamFacts) -> Person:
    return Person(
        id="per_1",
        sub="s",
        realm=facts.realm,
        identifier=facts.identifier.value,
        usuario=facts.usuario,
        name=facts.name,
        created_at=NOW,
        updated_at=NOW,
        ruc=facts.ruc,
        given_name=facts.given_name,
        family_name=facts.family_name,
    )


@pytest.mark.parametrize(
    ("given", "family", "expected"),
    [
        pytest.param("Luis", "Sintético Rojas", None, id="the same"),
        pytest.param("LUIS", "SINTETICO ROJAS", None, id="without accents"),
        pytest.param("Luis Alberto", "Sintético Rojas", None, id="a name more"),
        pytest.param("Luis", "Sintético", None, id="a name less"),
        pytest.param("", "Rojas Sintético, Luis", None, id="in another order"),
        pytest.param("", "", None, id="told nothing"),
        pytest.param("Ana", "Prueba", Doubt.NAME, id="another human"),
        pytest.param("Ana", "Sintético Rojas", Doubt.NAME, id="of the same family"),
        pytest.param("Luis", "Sintético de Prueba", Doubt.NAME, id="a family name changed"),
    ],
)
def test_doubt_by_the_name_that_sunat_tells(given: str, family: str, expected: Doubt) -> None:
    name = f"{given} {family}".strip()
    told = replace(OFFICIAL, given_name=given, family_name=family, name=name)
    assert doubt(person_of(OFFICIAL), told) is expected


def test_doubt_of_an_official_whose_names_nobody_told_apart_is_by_the_whole_name() -> None:
    imported = replace(person_of(OFFICIAL), given_name="", family_name="")
    assert doubt(imported, OFFICIAL) is None
    assert doubt(replace(imported, name="ANA PRUEBA"), OFFICIAL) is Doubt.NAME


def test_doubt_of_an_official_by_another_entity() -> None:
    moved = replace(OFFICIAL, ruc="20504774288")
    assert doubt(person_of(OFFICIAL), moved) is Doubt.ENTITY
    assert doubt(replace(person_of(OFFICIAL), ruc=None), moved) is None


def test_new_razon_social_is_no_doubt(facts: UpstreamFacts) -> None:
    assert doubt(person_of(facts), replace(facts, name="OTRA RAZÓN S.A.C.")) is None
    assert doubt(person_of(facts), replace(facts, given_name="Eva")) is Doubt.NAME


@pytest.mark.parametrize(("consent", "kept"), [(True, None), (False, NOW)])
def test_doubted_person_keeps_addresses_to_confirm_and_a_no(consent: bool, kept: object) -> None:
    address = Address("adr_1", "luis@entidad.example", NOW, NOW, NOW)
    person = replace(person_of(OFFICIAL), addresses=(address,), consent=consent, consent_at=NOW)
    later = NOW + timedelta(days=1)
    found = doubted(person, later)
    assert found.addresses == (Address("adr_1", "luis@entidad.example", NOW),)
    assert (found.consent, found.consent_at, found.doubted_at) == (False, kept, later)


@pytest.fixture
def official(people: People, clock: FixedClock) -> Person:
    """An official who could enter in contingency, in a browser that is known."""
    person = people.record_upstream_login(OFFICIAL)
    people.set_contact(person.id, email="luis@entidad.example", consent=True)
    pending = people.pending_verification(person.id)
    assert pending is not None
    people.confirm_address(person.id, code=pending.code)
    people.remember_browser(person.id)
    clock.advance(86_400)
    found = people.get(person.id)
    assert eligibility(found, clock.now()) is Eligibility.ELIGIBLE
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("told", "why"),
    [
        pytest.param({"given_name": "Ana", "family_name": "Prueba"}, "name", id="name"),
        pytest.param({"ruc": "20504774288"}, "entity", id="entity"),
    ],
)
def test_login_of_another_human_or_entity_leaves_nothing_of_the_contact(
    people: People,
    official: Person,
    clock: FixedClock,
    told: dict[str, str],
    why: str,
    events: Callable[[], list[str]],
    bus: EventBus,
) -> None:
    heard: list[object] = []
    bus.subscribe(PersonDoubted, heard.append)
    bus.subscribe(PersonChanged, heard.append)
    found = people.record_upstream_login(replace(OFFICIAL, **told))  # type: ignore[arg-type]
    assert found == people.get(official.id)
    assert (found.sub, found.doubted_at) == (official.sub, clock.now())
    assert eligibility(found, clock.now()) is Eligibility.UNVERIFIED
    assert people.browsers(official.id) == []
    assert events()[-2:] == ["contact.doubted", "person.updated"]
    fields = (*(one for one in SEEN if one in told), "email", "consent_at")
    assert heard == [PersonChanged(official.id, "changed", fields), PersonDoubted(official.id)]


def test_login_of_the_same_human_doubts_nothing(
    people: People, official: Person, events: Callable[[], list[str]], bus: EventBus
) -> None:
    heard: list[PersonDoubted] = []
    bus.subscribe(PersonDoubted, heard.append)
    found = people.record_upstream_login(replace(OFFICIAL, given_name="LUIS"))
    assert found.addresses == official.addresses
    assert "contact.doubted" not in events()
    assert heard == []


def test_doubt_is_not_kept_where_what_was_open_could_not_be_ended(
    people: People, official: Person, bus: EventBus, events: Callable[[], list[str]]
) -> None:
    """Or the next login would doubt nothing, and whoever had the user would go on."""
    another, before = replace(OFFICIAL, given_name="Ana", family_name="Prueba"), events()
    answers = [Unavailable("redis")]

    def end(_: PersonDoubted) -> None:
        if answers:
            raise answers.pop()

    bus.subscribe(PersonDoubted, end, needed=True)
    with pytest.raises(Unavailable):
        people.record_upstream_login(another)
    assert people.get(official.id) == official
    assert len(people.browsers(official.id)) == 1
    assert events() == before
    found = people.record_upstream_login(another)
    assert (found.doubted_at is not None, found.given_name) == (True, "Ana")
    assert people.browsers(official.id) == []


def test_doubted_person_confirms_the_same_address_anew(
    people: People, official: Person, clock: FixedClock
) -> None:
    people.record_upstream_login(replace(OFFICIAL, given_name="Ana", family_name="Prueba"))
    clock.advance(60)
    people.set_contact(official.id, email="luis@entidad.example", consent=True)
    pending = people.pending_verification(official.id)
    assert pending is not None
    people.confirm_address(official.id, code=pending.code)
    assert eligibility(people.get(official.id), clock.now()) is Eligibility.ELIGIBLE


def test_code_of_before_the_doubt_proves_nothing(people: People, official: Person) -> None:
    people.set_contact(official.id, email="otro@entidad.example", consent=True)
    assert people.pending_verification(official.id) is not None
    people.record_upstream_login(replace(OFFICIAL, given_name="Ana", family_name="Prueba"))
    assert people.pending_verification(official.id) is None
