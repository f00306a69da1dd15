"""A proof for another person than the session's asks first; a forced login ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from login_steps import follow, page, park, press, prove

from idp.audit.events import AuditEvent
from idp.audit.records import AuditFilter
from idp.people.person import Person
from tests.support.world import REDIRECT_URI, World, query_of


@dataclass
class Meeting:
    """A browser with the session of one person, where another was just proved."""

    browser: FlaskClient
    path: str
    first: Person
    second: Person


@pytest.fixture
def meeting(world: World) -> Meeting:
    browser = world.browser()
    first, second = world.person(), world.person("20504774288", "IMPORTA1")
    world.log_in(browser, first)
    world.clock.advance(30)
    path = park(world, browser, prompt="login")
    prove(world, browser, path, second)
    return Meeting(browser, path, first, second)


def sub_of(world: World, location: str) -> Any:
    assert location.startswith(REDIRECT_URI), location
    answer = world.token(query_of(location)["code"]).get_json()
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    return world.browser().get("/userinfo", headers=headers).get_json()["sub"]


def test_proof_of_another_person_asks_and_gives_nothing_meanwhile(
    world: World, meeting: Meeting
) -> None:
    text = page(meeting.browser, meeting.path)
    assert "¿Con qué usuario desea continuar?" in text
    resumed = meeting.path.replace("/login/", "/authorize/")
    assert meeting.browser.get(resumed).location == meeting.path


def test_proof_of_another_person_taken_begins_their_session_and_ends_the_other(
    world: World, meeting: Meeting
) -> None:
    old = meeting.browser.get_cookie("idp_session", domain="localhost")
    press(meeting.browser, meeting.path, "confirmar")
    last = follow(meeting.browser, meeting.path)[-1]
    assert sub_of(world, last) == meeting.second.sub
    assert old is not None
    assert world.services.logins.sessions.current(old.value) is None
    switched = world.services.audit.search(AuditFilter(event=AuditEvent.LOGIN_SWITCHED))
    assert switched[0].person_id == meeting.second.id
    assert switched[0].details["previous_person"] == meeting.first.id


def test_proof_of_another_person_declined_keeps_the_session(world: World, meeting: Meeting) -> None:
    press(meeting.browser, meeting.path, "conservar")
    # The component asked for a new proof, so it is not given the old session either.
    assert "Ha ingresado como" in page(meeting.browser, meeting.path)
    assert sub_of(world, str(world.authorize(meeting.browser).location)) == meeting.first.sub


def test_proof_of_the_same_person_asks_nothing_and_renews_the_cookie(world: World) -> None:
    browser = world.browser()
    person = world.person()
    world.log_in(browser, person)
    before = browser.get_cookie("idp_session", domain="localhost")
    world.clock.advance(60)
    path = park(world, browser, prompt="login")
    prove(world, browser, path, person)
    assert sub_of(world, follow(browser, path)[-1]) == person.sub
    after = browser.get_cookie("idp_session", domain="localhost")
    assert before is not None
    assert after is not None
    assert before.value != after.value


@pytest.mark.parametrize("asked", [{"prompt": "login"}, {"max_age": "0"}])
def test_forced_login_is_met_by_the_login_that_it_caused(
    world: World, asked: dict[str, str]
) -> None:
    browser = world.browser()
    person = world.person()
    world.log_in(browser, person)
    world.clock.advance(30)
    path = park(world, browser, **asked)
    assert "Ha ingresado como" in page(browser, path)
    world.clock.advance(30)
    prove(world, browser, path, person)
    places = follow(browser, path)
    assert places[-1].startswith(REDIRECT_URI)
    # The answer was given once: going back neither gives another code nor runs in circles.
    again = browser.get(path.replace("/login/", "/authorize/"))
    assert (again.status_code, "code=" in (again.location or "")) == (404, False)
