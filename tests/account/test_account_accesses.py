"""`/cuenta/accesos`: what a person sees of their logins, and what they can end."""

from __future__ import annotations

import re

import pytest
from account_desk import Desk
from flask.testing import FlaskClient

from idp.audit.drain import drain
from idp.audit.records import AuditFilter
from idp.kernel.identity import Mode, Proof
from idp.login.session import Session
from tests.support.world import csrf_of

PAGE = "/cuenta/accesos"
FIREFOX = "Firefox/Windows"


def second_session(desk: Desk, mode: Mode = Mode.SUNAT) -> FlaskClient:
    """Another browser of the same person."""
    browser = desk.world.browser()
    browser.get("/cuenta")
    proof = Proof(desk.person.realm, desk.person.id, mode, desk.world.clock.now())
    cookie, _ = desk.world.services.logins.sessions.start(
        desk.person, proof, "mr", replaces=None, agent=FIREFOX
    )
    browser.set_cookie("idp_session", cookie, domain="localhost")
    return browser


def post(desk: Desk, path: str, browser: FlaskClient | None = None) -> int:
    browser = browser or desk.browser
    token = csrf_of(browser.get("/cuenta").text)
    return browser.post(f"{PAGE}/{path}", data={"csrf_token": token}).status_code


def alive(browser: FlaskClient) -> bool:
    return browser.get(PAGE).status_code == 200


def test_page_shows_logins_sessions_and_browsers(desk: Desk) -> None:
    second_session(desk, Mode.CONTINGENCIA)
    desk.world.services.people.remember_browser(desk.person.id, None, "Chrome/Android")
    page = desk.browser.get(PAGE).text
    for shown in (
        "Firefox en Windows", "Chrome en Android", "este navegador", "Mercancías Restringidas",
        "con un enlace por correo (contingencia)", "con SUNAT", "Se reconocerá pasadas unas horas",
    ):  # fmt: skip
        assert shown in page
    assert len(re.findall("data-sid", page)) == 2


def test_another_session_is_ended_and_this_one_lives(desk: Desk) -> None:
    other = second_session(desk)
    assert alive(other)
    sid = next(
        one.sid
        for one in desk.world.services.access_desk.of(current(desk)).sessions
        if not one.here
    )
    assert post(desk, f"sesiones/{sid}") == 303
    assert (alive(other), alive(desk.browser)) == (False, True)
    assert post(desk, f"sesiones/{sid}") == 303, "what is gone counts as ended"


def current(desk: Desk) -> Session:
    cookie = desk.browser.get_cookie("idp_session", domain="localhost")
    assert cookie is not None
    found = desk.world.services.logins.sessions.current(cookie.value)
    assert found is not None
    return found


def test_every_other_session_is_ended_at_once_and_it_is_on_record(desk: Desk) -> None:
    others = [second_session(desk) for _ in range(3)]
    assert post(desk, "sesiones/otras") == 303
    assert [alive(one) for one in (*others, desk.browser)] == [False, False, False, True]
    drain(desk.world.services.audit_stream, desk.world.services.audit._store)
    rows = desk.world.services.audit.search(AuditFilter(person_id=desk.person.id))
    reasons = [one.details.get("reason") for one in rows if one.event.value == "session.ended"]
    assert reasons == ["ended_by_person"] * 3


def test_nobody_ends_what_is_of_somebody_else(desk: Desk) -> None:
    stranger = desk.logged_in(desk.world.person("20504774288", "IMPORTA1"))
    sid = current(desk).sid
    cookie = desk.world.services.people.remember_browser(desk.person.id, None, "")
    (browser,) = desk.world.services.people.browsers(desk.person.id)
    assert post(desk, f"sesiones/{sid}", stranger) == 303
    assert post(desk, f"equipos/{browser.id}", stranger) == 303
    assert alive(desk.browser)
    assert desk.world.services.people.browsers(desk.person.id) == [browser]
    assert cookie


def test_known_browser_is_forgotten(desk: Desk) -> None:
    people = desk.world.services.people
    cookie = people.remember_browser(desk.person.id, None, FIREFOX)
    desk.world.clock.advance(86_400)
    desk.world.log_in(desk.browser, desk.person)
    assert people.known_browser(cookie, desk.person.id)
    (browser,) = people.browsers(desk.person.id)
    assert post(desk, f"equipos/{browser.id}") == 303
    assert not people.known_browser(cookie, desk.person.id)


def test_ended_by_idleness_or_age_is_not_shown(desk: Desk) -> None:
    second_session(desk)
    desk.world.clock.advance(1_801)
    desk.world.log_in(desk.browser, desk.person)
    assert len(re.findall("data-sid", desk.browser.get(PAGE).text)) == 1


@pytest.mark.parametrize("path", ["sesiones/otras", "sesiones/ses_x", "equipos/brw_x"])
def test_forged_form_ends_nothing(desk: Desk, path: str) -> None:
    other = second_session(desk)
    assert desk.browser.post(f"{PAGE}/{path}").status_code == 403
    assert alive(other)


def test_without_a_session_it_asks_for_a_login(desk: Desk) -> None:
    answer = desk.world.browser().get(PAGE)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/cuenta")
