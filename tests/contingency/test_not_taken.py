"""A link whose login its component would not take: said before anything is spent or asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from contingency_world import COOKIE, KNOWN, World, component
from flask import Flask
from flask.testing import FlaskClient
from test_elsewhere import (
    asked,
    here_code,
    known_cookie,
    open_link,
    state,
    there_code,
    type_there,
)
from test_pages import OTHER, application, client, csrf_token, post_form
from werkzeug.test import TestResponse

from idp.adapters.redis.connection import RedisGateway
from idp.adapters.sql.database import Database
from idp.contingency.visit import Visitor
from idp.kernel.identity import Identifier

GONE, DISABLED, SUNAT_ONLY, KNOWN_ONLY = "gone", "disabled", "only SUNAT", "only known browsers"
CODES = {
    GONE: "invalid_client",
    DISABLED: "client_disabled",
    SUNAT_ONLY: "unmet_authentication_requirements",
    KNOWN_ONLY: "known_browser_required",
}


@pytest.fixture
def world(gateway: RedisGateway, database: Database, templates: Path) -> World:
    world = World(gateway, database, templates, recognises=True)
    world.seed()
    world.flag(up=False)
    return world


@pytest.fixture
def app(world: World, templates: object) -> Flask:
    return application(world, templates)  # type: ignore[arg-type]


@pytest.fixture
def desk(app: Flask) -> FlaskClient:
    return client(app, COOKIE)


@pytest.fixture
def phone(app: Flask) -> FlaskClient:
    return client(app, OTHER)


def change(world: World, what: str) -> None:
    """What an operator does to the component while the mail is on its way."""
    if what == GONE:
        world.components.clients.clear()
        return
    changed = {
        DISABLED: replace(component(), disabled=True),
        SUNAT_ONLY: component(allowed=False),
        KNOWN_ONLY: component(require_known_browser=True),
    }
    world.components.clients["origen"] = changed[what]


def post_link(world: World, browser: FlaskClient, code: str = "") -> TestResponse:
    """The form of the link, sent by a page that was open before."""
    page = open_link(world, browser)
    data = {"csrf_token": csrf_token(page), "codigo": code}
    return browser.post(f"/ingreso/{world.mailed_token()}", data=data)


@pytest.mark.parametrize("what", CODES)
def test_link_that_its_component_would_not_take_is_refused_where_it_was_asked_unspent(
    world: World, desk: FlaskClient, what: str
) -> None:
    asked(world)
    change(world, what)
    page = open_link(world, desk)
    assert page.status_code == 403
    assert CODES[what] in page.text
    assert 'id="ingresar"' not in page.text
    assert "Modificación de Datos" not in page.text.split("<main")[1].split("</main>")[0]
    answer = post_link(world, desk)
    assert (answer.status_code, state(world)) == (403, "live")
    assert CODES[what] in answer.text
    refused = world.events_of("link.refused")
    assert [one.details["reason"] for one in refused] == [CODES[what]]


@pytest.mark.parametrize("what", CODES)
def test_link_that_its_component_would_not_take_is_refused_elsewhere_unspent(
    world: World, phone: FlaskClient, what: str
) -> None:
    asked(world)
    change(world, what)
    page = open_link(world, phone)
    assert page.status_code == 403
    assert CODES[what] in page.text
    assert 'id="codigo"' not in page.text
    assert "todavía sirve" not in page.text
    answer = post_link(world, phone, here_code(world))
    assert (answer.status_code, state(world)) == (403, "live")
    (refused,) = world.events_of("link.refused")
    assert (refused.details["reason"], refused.details["where"]) == (CODES[what], "here")


@pytest.mark.parametrize("what", [GONE, DISABLED, SUNAT_ONLY])
def test_eight_digits_for_a_component_that_would_not_take_them_are_not_spent(
    world: World, desk: FlaskClient, what: str
) -> None:
    cookie = known_cookie(world)
    transaction = asked(world, cookie)
    desk.set_cookie("idp_known", cookie)
    page = desk.get(f"/contingencia/{transaction.id}/revise-su-correo")
    code = there_code(world)
    change(world, what)
    data = {"csrf_token": csrf_token(page), "codigo": code}
    answer = desk.post(f"/contingencia/{transaction.id}/codigo", data=data)
    # The dispatcher knows what is next, and says it.
    assert (answer.status_code, answer.location) == (303, f"/login/{transaction.id}")
    assert state(world) == "live"


def test_known_browser_takes_the_link_of_a_component_that_requires_one(
    world: World, desk: FlaskClient
) -> None:
    cookie = known_cookie(world)
    world.components.clients["origen"] = component(require_known_browser=True)
    asked(world, cookie)
    desk.set_cookie("idp_known", cookie)
    answer = post_link(world, desk)
    assert (answer.status_code, state(world)) == (303, "spent")


def test_known_browser_goes_on_by_the_eight_digits_where_one_is_required(
    world: World, desk: FlaskClient, phone: FlaskClient
) -> None:
    cookie = known_cookie(world)
    world.components.clients["origen"] = component(require_known_browser=True)
    transaction = asked(world, cookie)
    page = open_link(world, phone).text
    assert "codigo-alla" in page
    assert "todavía sirve" in page
    desk.set_cookie("idp_known", cookie)
    assert type_there(desk, transaction, there_code(world)).status_code == 303


def test_link_for_sunat_only_once_sunat_is_back_leads_there_unspent(
    world: World, desk: FlaskClient
) -> None:
    transaction = asked(world)
    world.components.clients["origen"] = component(require_known_browser=True)
    world.flag(up=True)
    page = open_link(world, desk)
    assert "SUNAT ya está disponible" in page.text
    assert f'href="/login/{transaction.id}/sunat"' in page.text
    assert state(world) == "live"


@pytest.mark.parametrize("cookie", [None, "z" * 43, "rubbish"])
def test_form_in_a_browser_that_nobody_knows_says_so_before_a_mail_is_asked_for(
    world: World, desk: FlaskClient, cookie: str | None
) -> None:
    transaction = world.park()
    form = desk.get(f"/contingencia/{transaction.id}")
    assert form.status_code == 200
    world.components.clients["origen"] = component(require_known_browser=True)
    if cookie:
        desk.set_cookie("idp_known", cookie)
    page = desk.get(f"/contingencia/{transaction.id}")
    assert page.status_code == 403
    assert 'id="usuario"' not in page.text
    assert "known_browser_required" in page.text
    data = {**KNOWN, "csrf_token": csrf_token(form)}
    answer = desk.post(f"/contingencia/{transaction.id}", data=data)
    assert (answer.status_code, world.queue.held) == (403, [])
    again = desk.post(f"/contingencia/{transaction.id}/reenviar", data=data)
    assert (again.status_code, world.queue.held) == (403, [])


def test_form_in_a_browser_known_as_anybodys_asks_and_tells_nobody_apart(
    world: World, desk: FlaskClient
) -> None:
    """The form looks at the cookie alone: whose it is would tell who was here."""
    official = world.people.find(Identifier("extranet", "EXT0001"))
    assert official is not None
    cookie = world.people.remember_browser(official.id)
    world.clock.advance(25 * 3_600)
    world.flag(up=False)
    world.components.clients["origen"] = component(require_known_browser=True)
    desk.set_cookie("idp_known", cookie)
    assert post_form(desk, world.park()).status_code == 303


def test_form_in_a_browser_known_since_less_than_a_day_says_so(
    world: World, desk: FlaskClient
) -> None:
    person = world.people.find(Identifier("sol", "20504774288:IMPORTA1"))
    assert person is not None
    desk.set_cookie("idp_known", world.people.remember_browser(person.id))
    world.components.clients["origen"] = component(require_known_browser=True)
    assert desk.get(f"/contingencia/{world.park().id}").status_code == 403


@pytest.mark.parametrize("what", [GONE, DISABLED])
def test_mail_for_a_component_that_is_gone_is_not_sent(world: World, what: str) -> None:
    world.ask(visitor=Visitor("203.0.113.0/24", None))
    change(world, what)
    world.work()
    assert world.outbox.sent == []
    (record,) = world.events_of("mail.refused")
    assert record.details["code"] == "component_gone"


def test_link_elsewhere_once_sunat_is_back_is_on_record_as_refused(
    world: World, phone: FlaskClient
) -> None:
    asked(world)
    world.flag(up=True)
    post_link(world, phone, here_code(world))
    (refused,) = world.events_of("link.refused")
    assert (refused.details["where"], refused.details["reason"]) == ("here", "sunat_available")
