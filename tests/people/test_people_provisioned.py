"""Whose word counts when VUCE's own system says how a person is to be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from idp.people.eligibility import Eligibility, eligibility, shown_address
from idp.people.merging import Voice
from idp.people.person import Address, Person
from idp.people.provisioned import Provisioned, Wanted, provision

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
BEFORE = NOW - timedelta(days=30)
MODEST, LAST_WORD = Voice("scim", over_files=True), Voice("scim", over_files=True, over_person=True)
OLD = Address("adr_1", "ana@empresa.pe", BEFORE, BEFORE, BEFORE)
PENDING = Address("adr_2", "nueva@empresa.pe", NOW - timedelta(days=1))


def person(**changes: Any) -> Person:
    known: dict[str, Any] = {
        "id": "per_1", "sub": "s", "realm": "extranet", "identifier": "EXT01", "usuario": "EXT01",
        "name": "LUIS", "created_at": BEFORE, "updated_at": BEFORE,
    }  # fmt: skip
    return Person(**{**known, **changes})


def after(found: Person, wanted: Wanted, voice: Voice = MODEST) -> Provisioned:
    return provision(found, wanted, voice, address_id="adr_9", now=NOW)


def as_is(found: Person, **changes: Any) -> Wanted:
    """What a system would send that only looks and sends back, changed."""
    shown = shown_address(found)
    return Wanted(
        **{
            "name": found.name, "ruc": found.ruc, "standard": found.standard,
            "profile": found.profile, "email": shown.email if shown else None,
            "consent_at": found.consent_at if found.consent else None, "active": found.active,
            **changes,
        }
    )  # fmt: skip


SUNAT = {"first_login_at": BEFORE, "said": {"name": "upstream"}}


def test_who_sends_back_what_was_shown_changes_nothing() -> None:
    known = person(
        **SUNAT, standard={"locale": "es-PE"}, profile={"mobile": "987654321"}, ruc="20504774288",
        consent=True, consent_at=BEFORE, addresses=(OLD,),
    )  # fmt: skip
    found = after(known, as_is(known))
    assert found == Provisioned(known)
    assert found.person is known


@pytest.mark.parametrize(
    ("said", "voice", "outcome"),
    [
        ({}, MODEST, "changed"),
        ({"name": "scim"}, MODEST, "changed"),
        ({"name": "file:vuce"}, MODEST, "changed"),
        ({"name": "person"}, MODEST, "kept"),
        ({"name": "person"}, LAST_WORD, "changed"),
        ({"name": "upstream"}, MODEST, "refused"),
        ({"name": "upstream"}, LAST_WORD, "refused"),
    ],
)
def test_name_is_theirs_who_said_it(said: dict[str, str], voice: Voice, outcome: str) -> None:
    known = person(said=said)
    found = after(known, as_is(known, name="OTRO"), voice)
    assert (found.fields, found.kept, found.refused) == tuple(
        ("name",) if outcome == one else () for one in ("changed", "kept", "refused")
    )
    assert found.person.name == ("OTRO" if outcome == "changed" else "LUIS")
    assert found.person.said.get("name") == ("scim" if outcome == "changed" else said.get("name"))


def test_name_of_whom_sunat_proved_is_its_word_though_nobody_noted_it() -> None:
    known = person(first_login_at=BEFORE)
    assert after(known, as_is(known, name="OTRO"), LAST_WORD).refused == ("name",)


@pytest.mark.parametrize("field", ["standard", "profile"])
@pytest.mark.parametrize(("sayer", "counts"), [(None, True), ("file:x", True), ("person", False)])
def test_mapping_is_theirs_who_said_it(field: str, sayer: str | None, counts: bool) -> None:
    column = "locale" if field == "standard" else "area"
    known = person(**{field: {column: "a", "gender": "f"}}, said={field: sayer} if sayer else {})
    found = after(known, as_is(known, **{field: {column: "b"}}))
    names = tuple(sorted((column, "gender")))
    assert (found.fields, found.kept) == ((names, ()) if counts else ((), names))
    assert getattr(found.person, field) == ({column: "b"} if counts else getattr(known, field))
    with_last_word = after(known, as_is(known, **{field: {}}), LAST_WORD)
    assert getattr(with_last_word.person, field) == {}


def test_proof_of_one_number_says_nothing_of_another() -> None:
    known = person(standard={"phone_number": "+5112071510", "phone_number_verified": "true"})
    wanted = {"phone_number": "+5117134646", "phone_number_verified": "true"}
    found = after(known, as_is(known, standard=wanted))
    assert found.person.standard == {"phone_number": "+5117134646"}
    same = {"phone_number": "+5112071510", "phone_number_verified": "true", "locale": "es-PE"}
    assert after(known, as_is(known, standard=same)).person.standard == same


def test_ruc_of_an_official_is_the_systems_until_sunat_says_one() -> None:
    found = after(person(), as_is(person(), ruc="20504774288")).person
    assert (found.ruc, found.said["ruc"]) == ("20504774288", "scim")
    assert after(found, as_is(found, ruc="20131312955")).person.ruc == "20131312955"
    assert after(found, as_is(found, ruc=None)).person.ruc is None
    told = replace(found, said={"ruc": "upstream"})
    assert after(told, as_is(told, ruc="20131312955")).refused == ("ruc",)
    # Who leaves it out changes nothing either: a PATCH is told so, a PUT need not be.
    assert after(told, as_is(told, ruc=None)) == Provisioned(told, refused=("ruc",))


def test_ruc_of_an_official_that_a_file_said_gives_way_to_the_system() -> None:
    told = person(ruc="20504774288")  # files leave no note of it
    assert after(told, as_is(told, ruc="20131312955")).person.ruc == "20131312955"
    assert after(told, as_is(told, ruc=None)).person.ruc is None
    came = replace(told, first_login_at=BEFORE)
    assert after(came, as_is(came, ruc="20131312955")).refused == ("ruc",)


def test_ruc_of_a_user_of_clave_sol_names_them() -> None:
    known = person(realm="sol", identifier="20504774288:ADMIN", ruc="20504774288")
    assert after(known, as_is(known, ruc="20131312955"), LAST_WORD).refused == ("ruc",)
    assert after(known, as_is(known, ruc=None), LAST_WORD).refused == ("ruc",)


def test_document_that_sunat_vouches_for_is_nobody_elses_word() -> None:
    known = person(
        realm="sol", identifier="10456789012:ANA", ruc="10456789012", tipo_usuario="0"
    )  # fmt: skip
    own = {"document_type": "dni", "document_number": "45678901"}
    assert after(known, as_is(known, profile=own)) == Provisioned(known)
    other = {**own, "document_number": "12345678", "area": "A"}
    found = after(known, as_is(known, profile=other), LAST_WORD)
    assert (found.refused, found.fields) == (("document_number",), ("area",))
    assert found.person.profile == {"area": "A"}
    without = after(known, as_is(known, profile={}), LAST_WORD)
    assert without == Provisioned(known, refused=("document_type", "document_number"))


NO = {"consent": False, "consent_at": BEFORE}
YES = {"consent": True, "consent_at": BEFORE}


@pytest.mark.parametrize(
    ("known", "said", "wanted", "becomes"),
    [
        ({}, {}, NOW, True),  # they never answered here: VUCE brings their answer
        (YES, {"consent": "person"}, None, False),  # a no is always taken
        (NO, {"consent": "person"}, NOW, None),
        (NO, {}, NOW, None),  # of before that was noted
        (NO, {"consent": "scim"}, NOW, True),  # it takes back what it brought itself
        (YES, {"consent": "person"}, NOW, None),  # their own moment stays
        (YES, {"consent": "scim"}, NOW, True),
    ],
)
@pytest.mark.parametrize("voice", [MODEST, LAST_WORD])
def test_no_of_a_person_never_becomes_a_yes(
    known: dict[str, Any], said: dict[str, str], wanted: datetime | None, becomes: bool | None,
    voice: Voice,
) -> None:  # fmt: skip
    before = person(**known, said=said)
    found = after(before, as_is(before, consent_at=wanted), voice)
    if becomes is None:
        assert (found.person, found.kept) == (before, ("consent_at",))
        return
    assert found.fields == ("consent_at",)
    assert (found.person.consent, found.person.consent_at) == (becomes, NOW)
    assert found.person.said["consent"] == "scim"


def test_another_address_counts_for_nothing_and_the_one_before_no_more() -> None:
    known = person(**SUNAT, addresses=(OLD, PENDING), consent=True, consent_at=BEFORE)
    assert eligibility(known, NOW) is Eligibility.ELIGIBLE
    found = after(known, as_is(known, email="otra@empresa.pe"), LAST_WORD)
    assert found.address == Address("adr_9", "otra@empresa.pe", NOW)
    assert found.dropped == (OLD, PENDING)
    assert found.after.addresses == (found.address,)
    assert eligibility(found.after, NOW) is Eligibility.UNVERIFIED


def test_yes_from_before_the_user_may_have_passed_to_another_is_none() -> None:
    known = person(**SUNAT, doubted_at=NOW)
    found = after(known, as_is(known, consent_at=NOW))
    assert (found.person, found.kept) == (known, ("consent_at",))
    later = NOW + timedelta(minutes=1)
    assert after(known, as_is(known, consent_at=later)).person.consent_at == later


def test_no_address_leaves_none() -> None:
    known = person(said={"email": "scim"}, addresses=(OLD,))
    found = after(known, as_is(known, email=None))
    assert (found.address, found.dropped, found.after.addresses) == (None, (OLD,), ())


def test_same_address_in_other_letters_is_the_same() -> None:
    known = person(addresses=(OLD,))
    assert after(known, as_is(known, email="ANA@empresa.pe")) == Provisioned(known)


@pytest.mark.parametrize(
    ("known", "voice", "counts"),
    [
        ({"addresses": (OLD,)}, MODEST, True),  # a file brought it, and nobody was ever here
        ({"addresses": (OLD,), "said": {"email": "file:vuce"}, "first_login_at": BEFORE},
         MODEST, True),
        ({"addresses": (OLD,), "first_login_at": BEFORE}, MODEST, False),
        ({"addresses": (OLD,), "said": {"email": "person"}}, MODEST, False),
        ({"addresses": (OLD,), "said": {"email": "person"}}, LAST_WORD, True),
        ({"said": {"email": "person"}}, MODEST, True),  # they have none now
    ],
)  # fmt: skip
def test_address_is_theirs_who_said_it(known: dict[str, Any], voice: Voice, counts: bool) -> None:
    before = person(**known)
    found = after(before, as_is(before, email="otra@empresa.pe"), voice)
    assert (found.fields, found.kept) == ((("email",), ()) if counts else ((), ("email",)))


def test_who_is_not_active_cannot_enter_in_contingency() -> None:
    known = person(**SUNAT, addresses=(OLD,), consent=True, consent_at=BEFORE)
    found = after(known, as_is(known, active=False)).person
    assert (found.active, eligibility(found, NOW)) == (False, Eligibility.INACTIVE)
    gone = replace(known, withdrawn_at=NOW)
    assert eligibility(gone, NOW) is Eligibility.INACTIVE


def test_word_that_they_were_here_before_opens_contingency() -> None:
    known = person(addresses=(OLD,), consent=True, consent_at=BEFORE)
    assert eligibility(known, NOW) is Eligibility.NEW
    found = after(known, as_is(known, used_before=True)).person
    assert (found.imported_active, found.first_login_at) == (True, None)
    assert eligibility(found, NOW) is Eligibility.ELIGIBLE
