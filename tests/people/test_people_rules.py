"""The pure parts: eligibility, claims, masking."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.kernel.identity import Identifier
from idp.people.attributes import ATTRIBUTES, SCOPES, claim_names, claims
from idp.people.eligibility import Eligibility, contact_address, eligibility
from idp.people.masking import (
    mask_email,
    mask_identifier,
    mask_mailbox,
    mask_name,
    name_user,
    speaks_of,
)
from idp.people.person import Address, Person

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)

VERIFIED = Address("adr_1", "ana@empresa.pe", NOW - 9 * HOUR, NOW - 8 * HOUR, NOW - 8 * HOUR)
COOLING = Address("adr_2", "otra@empresa.pe", NOW - 2 * HOUR, NOW - HOUR, NOW + 23 * HOUR)
PENDING = Address("adr_3", "tercera@empresa.pe", NOW - HOUR)
ANA = Person(
    id="per_1",
    sub="s" * 24,
    realm="sol",
    identifier="20504774288:ADMIN",
    usuario="ADMIN",
    name="COMERCIAL SINTÉTICA S.A.C.",
    created_at=NOW,
    updated_at=NOW,
    ruc="20504774288",
    tipo_usuario="0",
    first_login_at=NOW,
    last_login_at=NOW,
    consent=True,
    consent_at=NOW,
    addresses=(VERIFIED,),
)


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        (ANA, Eligibility.ELIGIBLE),
        (None, Eligibility.NEW),
        (replace(ANA, first_login_at=None), Eligibility.NEW),
        (replace(ANA, first_login_at=None, imported_active=True), Eligibility.ELIGIBLE),
        (replace(ANA, addresses=()), Eligibility.NO_ADDRESS),
        (replace(ANA, addresses=(PENDING,)), Eligibility.UNVERIFIED),
        (replace(ANA, addresses=(COOLING,)), Eligibility.UNVERIFIED),
        (replace(ANA, addresses=(VERIFIED, PENDING)), Eligibility.ELIGIBLE),
        (replace(ANA, consent=False), Eligibility.NO_CONSENT),
        (
            replace(ANA, addresses=(replace(VERIFIED, undeliverable_at=NOW),)),
            Eligibility.UNDELIVERABLE,
        ),
        (
            replace(ANA, addresses=(VERIFIED, replace(COOLING, undeliverable_at=NOW))),
            Eligibility.ELIGIBLE,
        ),
    ],
    ids=[
        "all there",
        "stranger",
        "never logged in",
        "imported as active",
        "no address",
        "address not verified",
        "address does not count yet",
        "a change is pending",
        "no consent",
        "undeliverable",
        "undeliverable one does not count yet",
    ],
)
def test_eligibility_of_each_kind_of_person(person: Person | None, expected: Eligibility) -> None:
    assert eligibility(person, NOW) is expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (NOW, VERIFIED),
        (NOW + 23 * HOUR - timedelta(seconds=1), VERIFIED),
        (NOW + 23 * HOUR, COOLING),
        (NOW - 8 * HOUR, VERIFIED),
        (NOW - 9 * HOUR, None),
    ],
)
def test_contact_address_is_the_one_that_counts_at_that_moment(
    moment: datetime, expected: Address | None
) -> None:
    assert contact_address(replace(ANA, addresses=(PENDING, COOLING, VERIFIED)), moment) == expected


EXT = replace(ANA, realm="extranet", identifier="EXT01", usuario="EXT01", ruc=None, addresses=())


@pytest.mark.parametrize(
    ("person", "scopes", "expected"),
    [
        (ANA, {"openid"}, {}),
        (
            ANA,
            {"vuce"},
            {"ruc": "20504774288", "usuario_sol": "ADMIN", "tipo_usuario": "0", "realm": "sol"},
        ),
        (EXT, {"vuce"}, {"usuario_extranet": "EXT01", "tipo_usuario": "0", "realm": "extranet"}),
        (ANA, {"email"}, {"email": "ana@empresa.pe", "email_verified": True}),
        (EXT, {"email"}, {}),
        (
            ANA,
            {"profile"},
            {"name": ANA.name, "preferred_username": "ADMIN", "updated_at": int(NOW.timestamp())},
        ),
    ],
    ids=["openid", "vuce sol", "vuce extranet", "email", "email of none", "profile"],
)
def test_claims_of_a_scope(person: Person, scopes: set[str], expected: dict[str, object]) -> None:
    assert claims(person, frozenset(scopes), NOW) == expected


def test_claims_never_hold_sub_and_are_listed_once() -> None:
    assert "sub" not in claims(ANA, SCOPES, NOW)
    assert len(set(claim_names())) == len(ATTRIBUTES)


@pytest.mark.parametrize(
    ("email", "expected"),
    [
        ("juan@empresa.pe", "j•••@e•••.pe"),
        ("a@b.c.pe", "a•••@b•••.pe"),
        ("j@localhost", "j•••@•••"),
        ("nonsense", "•••"),
        ("@x.pe", "•••"),
        ("a@", "•••"),
    ],
)
def test_mask_email_shows_first_letters_and_the_ending(email: str, expected: str) -> None:
    assert mask_email(email) == expected


@pytest.mark.parametrize(
    ("email", "expected"),
    [
        ("juan@empresa.pe", "j•••@empresa.pe"),
        ("a@b.c.pe", "a•••@b.c.pe"),
        ("nonsense", "•••"),
        ("@x.pe", "•••"),
        ("a@", "•••"),
    ],
)
def test_mask_mailbox_hides_the_mailbox_and_shows_whose_mail_it_is(
    email: str, expected: str
) -> None:
    assert mask_mailbox(email) == expected


@pytest.mark.parametrize(
    ("realm", "value", "expected"),
    [
        ("sol", "20504774288:ADMIN01", "20•••••••88 / AD•••"),
        ("sol", "20504774288:ANA", "20•••••••88 / A•••"),
        ("extranet", "EXT0042", "EXT•••2"),
        ("extranet", "EXT1", "EXT•••"),
    ],
)
def test_mask_identifier_shows_its_ends(realm: str, value: str, expected: str) -> None:
    assert mask_identifier(Identifier(realm, value)) == expected


def test_name_user_masks_the_ruc_alone() -> None:
    assert name_user(Identifier("sol", "20504774288:ADMIN01")) == "20•••••••88 / ADMIN01"
    assert name_user(Identifier("extranet", "EXT0042")) == "EXT0042"


@given(st.text(), st.text())
def test_masking_of_anything_raises_nothing(left: str, right: str) -> None:
    assert mask_email(f"{left}@{right}").count("•") >= 3
    assert "•" in mask_identifier(Identifier("sol", left))
    assert "•" in mask_identifier(Identifier("extranet", right))
    assert len(mask_name(left).split()) == len(left.split())


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("lo pidió; expediente 20504774", False),
        ("pide 20504774288", True),
        ("el usuario ADMIN se quejó", True),
        ("un administrador se quejó", False),
        ("escribió Ana@Empresa.pe", True),
        ("comercial   sintética s.a.c.", True),
        ("la señora Quispe Rojas", True),
        ("Quispes y Rojas", False),
        ("llamó del 987654321", True),
        ("", False),
    ],
)
def test_text_that_tells_who_a_person_is_is_noticed(text: str, named: bool) -> None:
    person = replace(ANA, family_name="Quispe Rojas", profile={"mobile": "987654321"})
    assert speaks_of(text, person) is named


def test_digits_of_a_document_within_a_ruc_tell_who_it_is() -> None:
    person = replace(ANA, ruc="10123456781", identifier="10123456781:A", usuario="A", name="ANA")
    assert speaks_of("DNI 12345678", person)
    assert not speaks_of("A las nueve", person)  # too short to tell
