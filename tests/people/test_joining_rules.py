"""What two persons who are joined become, and what both become when that is undone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from idp.people.eligibility import Eligibility, contact_address, eligibility
from idp.people.joining_rules import KEPT, MOVED, NONE, join, part
from idp.people.person import Address, KnownBrowser, Person
from idp.people.snapshots import Snapshot

RUC = "20504774288"
THEN = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=3)


def day(number: int) -> datetime:
    return THEN + timedelta(days=number)


def person(user: str, **changes: Any) -> Person:
    known: dict[str, Any] = {
        "id": f"per_{user.lower()}",
        "sub": f"sub-{user}",
        "realm": "sol",
        "identifier": f"{RUC}:{user}",
        "usuario": user,
        "name": "COMERCIAL SINTÉTICA S.A.C.",
        "ruc": RUC,
        "created_at": THEN,
        "updated_at": THEN,
        "first_login_at": THEN,
        "last_login_at": THEN,
    }
    return Person(**known | changes)


def address(name: str, *, verified: datetime | None = THEN) -> Address:
    return Address(f"adr_{name}", f"{name}@empresa.example", THEN, verified, verified)


MINE, OTHERS = address("vieja"), address("nueva")
OPEN = address("abierta", verified=None)


def test_kept_person_keeps_sub_id_and_beginning() -> None:
    old, new = person("VIEJO"), person("NUEVO", created_at=day(9), first_login_at=day(9))
    found = join(old, new, NOW).person
    assert (found.id, found.sub, found.created_at) == (old.id, old.sub, old.created_at)
    assert (found.first_login_at, found.updated_at) == (THEN, NOW)


@pytest.mark.parametrize(
    ("last_of_new", "first_of_new", "in_use"),
    [
        pytest.param(day(9), day(9), "NUEVO", id="who was here last"),
        pytest.param(day(-9), day(-9), "VIEJO", id="who was here before"),
        pytest.param(day(9), None, "VIEJO", id="of whom only a file tells"),
    ],
)
def test_user_in_use_is_the_one_of_the_last_login_at_sunat(
    last_of_new: datetime, first_of_new: datetime | None, in_use: str
) -> None:
    new = person(
        "NUEVO",
        last_login_at=last_of_new,
        first_login_at=first_of_new,
        given_name="Ana",
        tipo_usuario="1",
        said={"name": "upstream"},
    )
    found = join(person("VIEJO", said={"name": "file:vuce"}), new, NOW).person
    assert (found.identifier, found.usuario) == (f"{RUC}:{in_use}", in_use)
    newest = in_use == "NUEVO"
    assert (found.given_name, found.tipo_usuario) == (("Ana", "1") if newest else ("", ""))
    assert found.said["name"] == ("upstream" if newest else "file:vuce")


@pytest.mark.parametrize(
    ("kept", "absorbed", "addresses", "contact"),
    [
        pytest.param((MINE,), (OTHERS,), (MINE,), KEPT, id="both confirmed"),
        pytest.param((MINE,), (), (MINE,), KEPT, id="only the kept one's"),
        pytest.param((), (OTHERS,), (OTHERS,), MOVED, id="only the absorbed one's"),
        pytest.param((), (OPEN,), (OPEN,), MOVED, id="unconfirmed as it is"),
        pytest.param((OPEN,), (OTHERS,), (OTHERS,), MOVED, id="only the other's is confirmed"),
        pytest.param((OPEN,), (address("x", verified=None),), (OPEN,), KEPT, id="neither is"),
        pytest.param((), (), (), NONE, id="none"),
    ],
)
def test_contact_is_one_sides_whole_and_never_verified_by_joining(
    kept: tuple[Address, ...],
    absorbed: tuple[Address, ...],
    addresses: tuple[Address, ...],
    contact: str,
) -> None:
    found = join(person("VIEJO", addresses=kept), person("NUEVO", addresses=absorbed), NOW)
    assert (found.person.addresses, found.contact) == (addresses, contact)


@pytest.mark.parametrize(
    ("kept", "absorbed", "expected"),
    [
        pytest.param((False, None), (False, None), (False, None), id="nobody answered"),
        pytest.param((False, None), (True, day(1)), (True, day(1)), id="only the absorbed one"),
        pytest.param((True, day(1)), (False, None), (True, day(1)), id="only the kept one"),
        pytest.param((False, day(1)), (True, day(2)), (False, day(1)), id="no yes by joining"),
        pytest.param((True, day(1)), (False, day(2)), (False, day(2)), id="a later no"),
        pytest.param((True, day(2)), (False, day(1)), (True, day(2)), id="an earlier no"),
    ],
)
def test_consent_is_the_kept_ones_answer_or_a_later_no(
    kept: tuple[bool, datetime | None],
    absorbed: tuple[bool, datetime | None],
    expected: tuple[bool, datetime | None],
) -> None:
    old = person("VIEJO", consent=kept[0], consent_at=kept[1])
    new = person("NUEVO", consent=absorbed[0], consent_at=absorbed[1])
    found = join(old, new, NOW).person
    assert (found.consent, found.consent_at) == expected


def test_form_is_the_kept_ones_unless_nobody_filled_it_in() -> None:
    new = person("NUEVO", profile={"phone": "1"}, said={"profile": "person"})
    found = join(person("VIEJO"), new, NOW).person
    assert (found.profile, found.said) == ({"phone": "1"}, {"profile": "person"})
    filled = person("VIEJO", profile={"fax": "2"}, said={"profile": "file:vuce"})
    found = join(filled, new, NOW).person
    assert (found.profile, found.said) == ({"fax": "2"}, {"profile": "file:vuce"})
    emptied = person("VIEJO", said={"profile": "person"})
    assert join(emptied, new, NOW).person.profile == {}


def test_whoever_joins_is_doubted_as_long_as_either_was() -> None:
    new = person("NUEVO", doubted_at=day(3))
    assert join(person("VIEJO"), new, NOW).person.doubted_at == day(3)
    assert join(person("VIEJO", doubted_at=day(5)), new, NOW).person.doubted_at == day(5)


def joined(old: Person, new: Person) -> Snapshot:
    """As it is read back from where it is kept."""
    browser = KnownBrowser("brw_1", new.id, "d", THEN, THEN, LATER)
    found = Snapshot(
        kept=old,
        absorbed=new,
        after=join(old, new, NOW).person,
        identifiers=(new.identifier,),
        browsers=(browser,),
        merges=("mrg_1",),
        retired=("per_0",),
    )
    read = Snapshot.from_json(found.to_json())
    assert read == found
    return read


OLD = person(
    "VIEJO",
    addresses=(OPEN,),
    consent=False,
    said={"name": "file:vuce"},
    extras={"ddp_estado": "00"},
)
NEW = person(
    "NUEVO",
    created_at=day(9),
    first_login_at=day(9),
    last_login_at=day(9),
    addresses=(OTHERS,),
    consent=True,
    consent_at=day(9),
    given_name="Ana",
    profile={"phone": "1"},
    said={"profile": "person", "name": "upstream"},
)
BACK, LEFT = [NEW.identifier], [OLD.identifier]


def test_undone_at_once_both_are_as_before() -> None:
    before = joined(OLD, NEW)
    found = part(before.after, before, BACK, LEFT, LATER)
    assert found.kept == replace(OLD, updated_at=LATER, doubted_at=LATER)
    assert found.absorbed == replace(NEW, updated_at=LATER)
    assert found.restored


def test_undone_after_a_login_of_the_absorbed_user_leaves_nothing_of_it() -> None:
    before = joined(OLD, NEW)
    since = replace(
        before.after, family_name="Otra", tipo_usuario="1", last_login_at=LATER, updated_at=LATER
    )
    kept = part(since, before, BACK, LEFT, LATER).kept
    assert (kept.identifier, kept.usuario) == (OLD.identifier, "VIEJO")
    assert (kept.family_name, kept.given_name, kept.tipo_usuario) == ("", "", "")
    assert kept.said == OLD.said


def test_undone_after_a_login_of_the_kept_user_leaves_what_it_told() -> None:
    before = joined(OLD, NEW)
    since = replace(before.after, identifier=OLD.identifier, usuario="VIEJO", family_name="Suya")
    kept = part(since, before, BACK, LEFT, LATER).kept
    assert (kept.identifier, kept.family_name) == (OLD.identifier, "Suya")


@pytest.mark.parametrize(
    "since",
    [
        pytest.param((OTHERS, address("otra", verified=LATER)), id="confirmed another"),
        pytest.param((OTHERS, address("otra", verified=None)), id="named another"),
        pytest.param((replace(OTHERS, verified_at=LATER, counts_from=LATER),), id="anew"),
        pytest.param((), id="gone"),
    ],
)
def test_contact_that_changed_in_between_is_confirmed_anew_by_both(
    since: tuple[Address, ...],
) -> None:
    before = joined(OLD, NEW)
    found = part(replace(before.after, addresses=since), before, BACK, LEFT, LATER)
    assert not found.restored
    for one in (found.kept, found.absorbed):
        assert contact_address(one, LATER) is None
        assert one.doubted_at == LATER
        assert not one.consent
    assert OTHERS.id not in {one.id for one in found.kept.addresses}
    assert [one.email for one in found.absorbed.addresses] == [OTHERS.email]


def test_contact_that_was_only_refused_or_purged_in_between_is_restored() -> None:
    replaced = address("antigua", verified=day(-9))
    old = replace(OLD, addresses=(replaced, MINE))
    before = joined(old, NEW)
    marked = replace(MINE, undeliverable_at=LATER)
    found = part(replace(before.after, addresses=(marked,)), before, BACK, LEFT, LATER)
    assert found.restored
    assert found.kept.addresses == (replaced, marked)
    assert found.absorbed.addresses == (OTHERS,)


def test_yes_that_was_given_in_between_is_asked_for_again_and_a_no_stays() -> None:
    before = joined(replace(OLD, addresses=(MINE,)), replace(NEW, consent=False, consent_at=None))
    said_yes = replace(before.after, consent=True, consent_at=NOW)
    kept = part(said_yes, before, BACK, LEFT, LATER).kept
    assert (kept.consent, kept.consent_at) == (False, None)
    assert eligibility(kept, LATER) is Eligibility.NO_CONSENT
    said_no = replace(before.after, consent=False, consent_at=NOW)
    kept = part(said_no, before, BACK, LEFT, LATER).kept
    assert (kept.consent, kept.consent_at) == (False, NOW)


def test_absorbed_person_whose_present_user_leads_elsewhere_has_another() -> None:
    before = joined(OLD, NEW)
    found = part(before.after, before, [f"{RUC}:OTRO"], LEFT, LATER)
    assert (found.absorbed.identifier, found.absorbed.usuario) == (f"{RUC}:OTRO", "OTRO")


GONE = {"active": False, "withdrawn_at": THEN}


@pytest.mark.parametrize("last", [9, -9])
def test_what_vuces_system_says_of_the_user_in_use_counts(last: int) -> None:
    new = person("NUEVO", last_login_at=day(last))
    there = last > 0  # SUNAT renamed VIEJO, whom the system had closed
    found = join(person("VIEJO", **GONE), new, NOW).person
    assert (found.active, found.withdrawn_at is None) == (there, there)
    found = join(person("VIEJO"), replace(new, **GONE), NOW).person
    assert (found.active, found.withdrawn_at is None) == (not there, not there)


def test_who_said_it_goes_with_what_was_said() -> None:
    old = person("VIEJO", said={"email": "scim", "consent": "scim", "ruc": "scim"})
    new = person(
        "NUEVO", addresses=(MINE,), consent=True, consent_at=day(1), last_login_at=day(1),
        said={"email": "person", "consent": "person"},
    )  # fmt: skip
    joined = join(old, new, NOW)
    assert (joined.contact, joined.person.said) == (MOVED, {"email": "person", "consent": "person"})
    before = Snapshot(old, new, joined.person, (new.identifier,))
    kept = part(joined.person, before, (new.identifier,), (old.identifier,), LATER).kept
    assert kept.said == old.said


def test_what_vuces_system_said_before_is_so_again_once_it_is_undone() -> None:
    old, new = person("VIEJO", **GONE), person("NUEVO", last_login_at=day(9))
    joined = join(old, new, NOW).person
    before = Snapshot(old, new, joined, (new.identifier,))
    for now_kept, withdrawn_at in ((joined, THEN), (replace(joined, withdrawn_at=NOW), NOW)):
        kept = part(now_kept, before, (new.identifier,), (old.identifier,), LATER).kept
        assert (kept.active, kept.withdrawn_at) == (False, withdrawn_at)
