"""`/cuenta` of a user that passed to another human: nothing of who had it before is shown."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient

from idp.kernel.identity import SOL, Identifier
from idp.people.concerns import Kind
from idp.people.person import Person, UpstreamFacts
from tests.support.world import World, csrf_of

OLD = "ana.de.antes@empresa.example"
PHONE, STREET = "016543219", "Calle De Antes 1"
_COUNTER = itertools.count(1)


@dataclass
class Passed:
    """A user that passed from Ana to Luis, whose browser it is."""

    world: World
    identifier: Identifier
    person: Person
    browser: FlaskClient

    def copy(self) -> dict[str, Any]:
        token = csrf_of(self.browser.get("/cuenta").text)
        form = {"csrf_token": token, "formato": "json"}
        answer = self.browser.post("/cuenta/mis-datos/copia", data=form)
        found: dict[str, Any] = json.loads(answer.text)["sections"]
        return found


def at_sunat(world: World, identifier: Identifier, given_name: str) -> Person:
    return world.services.people.record_upstream_login(
        UpstreamFacts(
            realm=SOL, identifier=identifier, usuario=identifier.value[12:], ruc="20131312955",
            name="EXPORTADORA DE PRUEBA S.A.", given_name=given_name, family_name="SINTÉTICA",
        )
    )  # fmt: skip


@pytest.fixture
def passed(world: World) -> Passed:
    people, browser = world.services.people, world.browser()
    identifier = Identifier(SOL, f"20131312955:PASO{next(_COUNTER)}")
    former = at_sunat(world, identifier, "ANA")
    world.log_in(world.browser(), former)
    people.set_profile(former.id, {"phone": PHONE, "street": STREET})
    people.set_contact(former.id, email=OLD, consent=True)
    pending = people.pending_verification(former.id)
    assert pending is not None
    people.confirm_address(former.id, code=pending.code)
    world.clock.advance(3_600)
    holder = at_sunat(world, identifier, "LUIS")
    world.clock.advance(60)
    browser.get("/cuenta")
    world.log_in(browser, holder)
    return Passed(world, identifier, holder, browser)


def test_form_holds_nothing_of_the_former_holder(passed: Passed) -> None:
    page = passed.browser.get("/cuenta").text
    for theirs in (OLD, PHONE, STREET):
        assert theirs not in page
    # What the page shows is what is saved, and takes away nothing that it did not show.
    form = {"csrf_token": csrf_of(page), "email": ""}
    assert passed.browser.post("/cuenta", data=form).status_code == 303
    found = passed.world.services.people.get(passed.person.id)
    assert found is not None
    assert (dict(found.profile)["phone"], found.addresses[0].email) == (PHONE, OLD)


def test_logins_of_the_former_holder_are_not_shown(passed: Passed) -> None:
    page = passed.browser.get("/cuenta/accesos").text
    assert page.count('<li class="entry"><div><b>') == 1


def test_copy_holds_nothing_of_the_former_holder(passed: Passed) -> None:
    found = passed.copy()
    text = json.dumps(found)
    for theirs in (OLD, PHONE, STREET):
        assert theirs not in text
    doubted = passed.person.doubted_at
    assert doubted is not None
    told = found["audit"]["entries"]
    assert told[0]["event"] == "contact.doubted"
    assert min(one["at"] for one in told) >= doubted.isoformat()
    assert found["consent"]["entries"] == found["addresses"]["entries"] == []
    (record,) = found["person"]["entries"]
    assert record["given_name"] == "LUIS"


def test_operators_copy_holds_everything(passed: Passed) -> None:
    dossiers = passed.world.services.personal.dossiers
    text = dossiers.of(passed.person.id, actor="ana", purpose="solicitud 7").to_json()
    for one in (OLD, PHONE, STREET, "consent.given"):
        assert one in text


def test_former_holder_who_was_never_another_sees_everything_again(passed: Passed) -> None:
    """By the code that only their mailbox has."""
    people, browser = passed.world.services.people, passed.browser
    form = {"csrf_token": csrf_of(browser.get("/cuenta").text), "email": OLD, "consent": "1"}
    assert browser.post("/cuenta", data=form).status_code == 303
    page = browser.get("/cuenta").text
    assert f"<strong>{OLD}</strong>" in page  # where the code went
    assert PHONE not in page
    pending = people.pending_verification(passed.person.id)
    assert pending is not None
    typed = {"csrf_token": csrf_of(page), "codigo": pending.code}
    assert browser.post("/cuenta/codigo", data=typed).status_code == 303
    page = browser.get("/cuenta").text
    for theirs in (OLD, PHONE, STREET):
        assert theirs in page
    assert "consent.given" in json.dumps(passed.copy())


def test_nudge_names_no_address_of_the_former_holder(passed: Passed) -> None:
    services = passed.world.services
    (found,) = services.logins.sessions.of_person(passed.person.id)
    shown = services.nudge_desk.shown(found.session, Kind.UNVERIFIED.value, "avisa")
    assert shown is not None
    assert (shown.kind, shown.email, shown.address_id) == (Kind.NO_ADDRESS, None, "")
