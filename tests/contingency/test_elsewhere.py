"""A link in any other browser than the one that asked: enter here, go on there, it was not me."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from contingency_world import COOKIE, HERE, ISSUER, KNOWN, NOW, UNKNOWN, World, component
from flask import Flask
from flask.testing import FlaskClient
from test_pages import OTHER, application, client, csrf_token, post_form, strip
from werkzeug.test import TestResponse

from idp.contingency.codes import spaced
from idp.contingency.visit import Visitor
from idp.kernel.identity import Identifier, Mode
from idp.links.ports import TRIES_EACH, TRIES_IN_ALL, Way
from idp.login.transaction import Transaction

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Version/18.0 Mobile Safari/604.1"
DESKTOP = "Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36"


@pytest.fixture
def app(world: World, templates: object) -> Flask:
    return application(world, templates)  # type: ignore[arg-type]


@pytest.fixture
def phone(app: Flask) -> FlaskClient:
    return client(app, OTHER)


@pytest.fixture
def desk(app: Flask) -> FlaskClient:
    return client(app, COOKIE)


def importer(world: World) -> str:
    person = world.people.find(Identifier("sol", "20504774288:IMPORTA1"))
    assert person is not None
    return person.id


def known_cookie(world: World) -> str:
    """The cookie of a browser that is the importer's own by now."""
    cookie = world.people.remember_browser(importer(world))
    world.clock.advance(25 * 3_600)
    world.flag(up=False)
    return cookie


def asked(world: World, cookie: str | None = None) -> Transaction:
    visitor = Visitor("203.0.113.0/24", cookie, "Chrome/Windows")
    transaction = world.ask(visitor=visitor)
    world.work()
    return transaction


def open_link(world: World, browser: FlaskClient) -> TestResponse:
    return browser.get(f"/ingreso/{world.mailed_token()}")


def type_here(world: World, browser: FlaskClient, code: str) -> TestResponse:
    page = open_link(world, browser)
    data = {"csrf_token": csrf_token(page), "codigo": code}
    return browser.post(f"/ingreso/{world.mailed_token()}", data=data)


def type_there(browser: FlaskClient, transaction: Transaction, code: str) -> TestResponse:
    page = browser.get(f"/contingencia/{transaction.id}/revise-su-correo")
    data = {"csrf_token": csrf_token(page), "codigo": code}
    return browser.post(f"/contingencia/{transaction.id}/codigo", data=data)


def here_code(world: World) -> str:
    return world.links.code(world.mailed_token(), Way.HERE)


def there_code(world: World) -> str:
    return world.links.code(world.mailed_token(), Way.THERE)


def state(world: World) -> str:
    link = world.links.by_token(world.mailed_token())
    assert link is not None
    return link.state.value


def test_link_elsewhere_names_person_component_time_and_asking_browser(
    world: World, phone: FlaskClient
) -> None:
    asked(world)
    page = open_link(world, phone)
    assert page.status_code == 403
    for told in (
        "I••• S••• S•••",
        "20•••••••88 / IMPORTA1",
        "Origen",
        "10:00",
        "Chrome en Windows",
    ):
        assert told in page.text
    assert "IMPORTADORA" not in page.text
    assert "20504774288" not in page.text
    assert "link_other_browser" in page.text


def test_waiting_page_shows_the_six_digits_that_the_link_asks_for(
    world: World, desk: FlaskClient
) -> None:
    transaction = asked(world)
    waiting = desk.get(f"/contingencia/{transaction.id}/revise-su-correo").text
    assert spaced(here_code(world)) in waiting
    assert there_code(world) not in waiting.replace(" ", "")


def test_six_digits_begin_a_session_here_and_lead_to_the_component(
    world: World, phone: FlaskClient, desk: FlaskClient
) -> None:
    transaction = asked(world)
    answer = type_here(world, phone, spaced(here_code(world)))
    assert answer.status_code == 303
    arrival_id = answer.location.removeprefix("/login/")
    arrival = world.transactions.load(arrival_id, world_hash(OTHER))
    assert arrival.proof is not None
    assert (arrival.proof.person_id, arrival.proof.mode) == (importer(world), Mode.CONTINGENCIA)
    session = world.logins.establish(arrival, None).session
    assert session.person_id == importer(world)
    end = phone.get(f"/contingencia/{arrival_id}/listo")
    assert end.status_code == 303
    assert end.location == f"https://origen.example.com/login?iss={'https%3A%2F%2Fidp.example.com'}"
    # Where it was asked nothing is known of it.
    assert world.transactions.load(transaction.id, HERE).proof is None
    state_there = desk.get(f"/contingencia/{transaction.id}/estado").get_json()
    assert state_there["state"] == "waiting"
    assert state(world) == "spent"


def test_component_without_a_front_door_is_one_of_a_list(world: World, phone: FlaskClient) -> None:
    from dataclasses import replace

    plain = replace(component(), initiate_login_uri=None, client_uri=None)
    other = replace(component("restringidas"), client_name="Mercancías Restringidas")
    world.components.clients = {"origen": plain, "restringidas": other}
    asked(world)
    arrival = type_here(world, phone, here_code(world)).location.removeprefix("/login/")
    world.logins.establish(world.transactions.load(arrival, world_hash(OTHER)), None)
    page = phone.get(f"/contingencia/{arrival}/listo")
    assert page.status_code == 200
    assert "Abra Origen en este mismo navegador" in page.text
    assert 'href="https://origen.example.com/login?iss=https%3A%2F%2Fidp' in page.text
    assert page.text.count('class="card"') == 2


def test_arrival_before_its_session_is_refused_and_goes_on(
    world: World, phone: FlaskClient
) -> None:
    asked(world)
    arrival = type_here(world, phone, here_code(world)).location.removeprefix("/login/")
    assert phone.get(f"/contingencia/{arrival}/listo").status_code == 404
    assert world.transactions.load(arrival, world_hash(OTHER)).proof is not None


def test_eight_digits_of_a_known_browser_let_it_go_on(
    world: World, phone: FlaskClient, desk: FlaskClient
) -> None:
    cookie = known_cookie(world)
    transaction = asked(world, cookie)
    assert spaced(there_code(world)) in open_link(world, phone).text
    desk.set_cookie("idp_known", cookie)
    answer = type_there(desk, transaction, spaced(there_code(world)))
    assert (answer.status_code, answer.location) == (303, f"/login/{transaction.id}")
    proof = world.transactions.load(transaction.id, HERE).proof
    assert proof is not None
    assert (proof.person_id, proof.known_browser) == (importer(world), True)
    (used,) = world.events_of("link.consumed")
    assert used.details["where"] == "there"


def test_unknown_browser_is_never_let_on_from_elsewhere(
    world: World, phone: FlaskClient, desk: FlaskClient
) -> None:
    """A stranger who starts a login with somebody's RUC: neither shown nor taken."""
    transaction = asked(world)
    page = open_link(world, phone).text.replace(" ", "")
    assert there_code(world) not in page
    assert "codigo-alla" not in page
    answer = type_there(desk, transaction, there_code(world))
    assert answer.status_code == 422
    assert world.transactions.load(transaction.id, HERE).proof is None
    assert state(world) == "live"


def test_browser_known_as_somebody_elses_is_never_let_on(
    world: World, phone: FlaskClient, desk: FlaskClient
) -> None:
    official = world.people.find(Identifier("extranet", "EXT0001"))
    assert official is not None
    cookie = world.people.remember_browser(official.id)
    world.clock.advance(25 * 3_600)
    transaction = asked(world, cookie)
    assert "codigo-alla" not in open_link(world, phone).text
    desk.set_cookie("idp_known", cookie)
    assert type_there(desk, transaction, there_code(world)).status_code == 422


def test_browser_that_is_known_no_more_is_not_let_on(
    world: World, phone: FlaskClient, desk: FlaskClient
) -> None:
    cookie = known_cookie(world)
    transaction = asked(world, cookie)
    (browser,) = world.people.browsers(importer(world))
    world.people.forget_browser(importer(world), browser.id)
    desk.set_cookie("idp_known", cookie)
    assert type_there(desk, transaction, there_code(world)).status_code == 422
    assert state(world) == "live"


def test_code_on_the_waiting_page_answers_the_same_for_everybody(world: World, app: Flask) -> None:
    seen = set()
    for typed in (KNOWN, UNKNOWN):
        desk = client(app, COOKIE)
        transaction = world.ask(typed)
        world.work()
        answers = [type_there(desk, transaction, "12345678") for _ in range(TRIES_EACH + 1)]
        seen.add(tuple(answer.status_code for answer in answers))
        assert "codigo-cerrado" in answers[-1].text
    assert seen == {(422,) * TRIES_EACH + (403,)}


def test_code_there_after_the_link_was_used_elsewhere_is_wrong(
    world: World, phone: FlaskClient, desk: FlaskClient
) -> None:
    cookie = known_cookie(world)
    transaction = asked(world, cookie)
    type_here(world, phone, here_code(world))
    desk.set_cookie("idp_known", cookie)
    assert type_there(desk, transaction, there_code(world)).status_code == 422


@pytest.mark.parametrize("typed", ["", "   ", "12345", "1234567", "abcdef", "٠١٢٣٤٥"])
def test_what_cannot_be_a_code_costs_no_try(world: World, phone: FlaskClient, typed: str) -> None:
    asked(world)
    for _ in range(TRIES_IN_ALL + 1):
        answer = type_here(world, phone, typed)
        assert answer.status_code in (403, 422)
    assert type_here(world, phone, here_code(world)).status_code == 303


def test_wrong_codes_close_code_entry_for_their_visitor_only(
    world: World, app: Flask, phone: FlaskClient
) -> None:
    asked(world)
    wrong = "000000" if here_code(world) != "000000" else "111111"
    for _ in range(TRIES_EACH):
        assert type_here(world, phone, wrong).status_code == 422
    closed = open_link(world, phone)
    assert "codigo-cerrado" in closed.text
    assert 'id="codigo"' not in closed.text
    data = {"csrf_token": csrf_token(closed), "codigo": here_code(world)}
    refused = phone.post(f"/ingreso/{world.mailed_token()}", data=data)
    assert refused.status_code == 403
    assert type_here(world, client(app, "y" * 43), here_code(world)).status_code == 303


def test_wrong_codes_of_many_visitors_close_code_entry_and_leave_the_button(
    world: World, app: Flask, desk: FlaskClient
) -> None:
    asked(world)
    wrong = "000000" if here_code(world) != "000000" else "111111"
    for number in range(TRIES_IN_ALL):
        assert type_here(world, client(app, f"{number:043}"), wrong).status_code == 422
    late = client(app, "y" * 43)
    page = open_link(world, late).text
    assert "codigo-cerrado" in page
    assert "<h1>Abra este enlace donde lo pidió</h1>" in " ".join(page.split()).replace(
        "> ", ">"
    ).replace(" <", "<")
    page = open_link(world, desk)
    token = world.mailed_token()
    answer = desk.post(f"/ingreso/{token}", data={"csrf_token": csrf_token(page)})
    assert answer.status_code == 303
    assert state(world) == "spent"


def test_wrong_codes_of_others_change_nothing_on_the_waiting_page(
    world: World, app: Flask, desk: FlaskClient
) -> None:
    cookie = known_cookie(world)
    transaction = asked(world, cookie)
    desk.set_cookie("idp_known", cookie)
    path = f"/contingencia/{transaction.id}/revise-su-correo"

    def shown() -> str:
        return re.sub(r'value="[^"]+"', "", desk.get(path).text)

    before = shown()
    for number in range(TRIES_IN_ALL):
        type_here(world, client(app, f"{number:043}"), "123456")
    assert shown() == before
    answer = type_there(desk, transaction, there_code(world))
    assert answer.status_code == 422
    assert "codigo-cerrado" not in answer.text


def test_not_me_is_on_record_and_ends_nothing(
    world: World, phone: FlaskClient, desk: FlaskClient
) -> None:
    asked(world)
    page = open_link(world, phone)
    path = f"/ingreso/{world.mailed_token()}/no-fui-yo"
    assert phone.post(path).status_code == 403
    answer = phone.post(path, data={"csrf_token": csrf_token(page)})
    assert answer.status_code == 200
    assert world.queue_reference() in answer.text
    assert [one.event for one in world.events_of("link.reported")] == ["link.reported"]
    assert state(world) == "live"
    assert "Confirme su ingreso" in open_link(world, desk).text


def test_scanners_are_counted_and_leave_the_link_whole(world: World, app: Flask) -> None:
    asked(world)
    path = f"/ingreso/{world.mailed_token()}"
    for number in range(4):
        scanner = app.test_client()
        scanner.get(path)
        scanner.head(path)
        page = client(app, f"{number:043}").get(path)
        scanner.post(path, data={"csrf_token": csrf_token(page)})
    link = world.links.by_token(world.mailed_token())
    assert link is not None
    assert (link.state.value, link.hits) == ("live", 16)
    looks = [one.details["method"] for one in world.events_of("link.opened")]
    assert sorted(looks) == ["GET"] * 8 + ["HEAD"] * 4 + ["POST"] * 4


def test_form_of_the_link_needs_the_token_of_its_page(world: World, phone: FlaskClient) -> None:
    asked(world)
    answer = phone.post(f"/ingreso/{world.mailed_token()}", data={"codigo": here_code(world)})
    assert answer.status_code == 403
    assert "csrf_failed" in answer.text
    assert state(world) == "live"


def test_component_that_requires_a_known_browser_takes_no_other(
    world: World, phone: FlaskClient
) -> None:
    world.components.clients["origen"] = component(require_known_browser=True)
    asked(world)
    page = open_link(world, phone)
    assert 'id="codigo"' not in page.text
    data = {"csrf_token": csrf_token(page), "codigo": here_code(world)}
    assert phone.post(f"/ingreso/{world.mailed_token()}", data=data).status_code == 403
    assert state(world) == "live"


def test_link_elsewhere_after_recovery_leads_to_sunat_unspent(
    world: World, phone: FlaskClient
) -> None:
    asked(world)
    world.flag(up=True)
    page = open_link(world, phone)
    assert "SUNAT ya está disponible" in page.text
    data = {"csrf_token": csrf_token(page), "codigo": here_code(world)}
    phone.post(f"/ingreso/{world.mailed_token()}", data=data)
    assert state(world) == "live"


def test_link_elsewhere_ends_with_the_login_that_it_was_asked_for(
    world: World, phone: FlaskClient
) -> None:
    transaction = asked(world)
    world.transactions.end(world.transactions.load(transaction.id, HERE))
    assert open_link(world, phone).status_code == 410
    assert "link_expired" in open_link(world, phone).text


def test_login_of_cuenta_goes_on_in_cuenta(world: World, phone: FlaskClient) -> None:
    parked = world.transactions.prepare(
        browser_hash=HERE, destination="account", client_id=None, params=(), realms=("sol",)
    )
    world.ask(transaction=world.transactions.add(parked))
    world.work()
    arrival = type_here(world, phone, here_code(world)).location.removeprefix("/login/")
    assert world.transactions.load(arrival, world_hash(OTHER)).destination == "account"


def test_codes_are_never_in_the_mail(world: World) -> None:
    cookie = known_cookie(world)
    asked(world, cookie)
    mail = world.outbox.sent[-1].content
    for text in (mail.text, mail.html, mail.subject):
        assert here_code(world) not in text
        assert there_code(world) not in text
        assert "No reenvíe" in text or text == mail.subject


def world_hash(cookie: str) -> str:
    from idp.kernel.ids import digest

    return digest(cookie)


def test_known_browser_counts_after_a_day(world: World, phone: FlaskClient) -> None:
    cookie = world.people.remember_browser(importer(world))
    world.clock.advance(3_600)
    asked(world, cookie)
    assert "codigo-alla" not in open_link(world, phone).text
    assert world.clock.now() - NOW < timedelta(days=1)


def test_codes_of_two_links_differ(world: World) -> None:
    asked(world)
    first = (here_code(world), there_code(world))
    world.clock.advance(61)
    asked(world)
    assert (here_code(world), there_code(world)) != first
    assert ISSUER in world.outbox.sent[-1].content.text


def reasons(world: World) -> list[tuple[str, str]]:
    refused = world.events_of("link.refused")
    return [(one.details["reason"], one.details["where"]) for one in refused]


def test_wrong_codes_here_are_on_record(world: World, phone: FlaskClient) -> None:
    asked(world)
    wrong = "000000" if here_code(world) != "000000" else "111111"
    for _ in range(TRIES_EACH):
        type_here(world, phone, wrong)
    phone.post(
        f"/ingreso/{world.mailed_token()}",
        data={"csrf_token": csrf_token(open_link(world, phone)), "codigo": wrong},
    )
    assert reasons(world) == [("code_wrong", "here")] * TRIES_EACH + [("code_closed", "here")]


@pytest.mark.parametrize("typed", [KNOWN, UNKNOWN], ids=["known", "unknown"])
def test_wrong_codes_there_are_on_record_for_known_and_unknown_alike(
    world: World, desk: FlaskClient, typed: dict[str, str]
) -> None:
    transaction = world.ask(typed)
    world.work()
    token = csrf_token(desk.get(f"/contingencia/{transaction.id}/revise-su-correo"))
    data = {"csrf_token": token, "codigo": "12345678"}
    for _ in range(TRIES_EACH + 1):
        desk.post(f"/contingencia/{transaction.id}/codigo", data=data)
    assert reasons(world) == [("code_wrong", "there")] * TRIES_EACH + [("code_closed", "there")]


def arrival_of(world: World, phone: FlaskClient) -> str:
    """Entered here, with a session; the login that has to arrive."""
    arrival = type_here(world, phone, here_code(world)).location.removeprefix("/login/")
    session = world.logins.establish(
        world.transactions.load(arrival, world_hash(OTHER)), None
    ).session
    assert session.person_id == importer(world)
    return arrival


def test_head_of_the_arrival_ends_no_login(world: World, phone: FlaskClient) -> None:
    asked(world)
    path = f"/contingencia/{arrival_of(world, phone)}/listo"
    for _ in range(2):
        head = phone.head(path)
        assert (head.status_code, head.location[:26]) == (303, "https://origen.example.com")
    answer = phone.get(path)
    assert (answer.status_code, answer.location) == (303, head.location)


@pytest.mark.parametrize("asks", [{"prompt": frozenset({"login"})}, {"max_age": 0}])
def test_component_that_asks_each_time_is_said_to_before_and_after(
    world: World, phone: FlaskClient, asks: dict[str, Any]
) -> None:
    """A session that begins here is older than the request that its component then makes."""
    parked = world.transactions.add(
        world.transactions.prepare(
            browser_hash=HERE,
            destination="authorize",
            client_id="origen",
            params=(("redirect_uri", "https://origen.example.com/callback"),),
            realms=("sol",),
            **asks,
        )
    )
    world.ask(transaction=parked)
    world.work()
    assert "después de ingresar aquí se lo pedirá otra vez" in open_link(world, phone).text
    page = phone.get(f"/contingencia/{arrival_of(world, phone)}/listo")
    assert page.status_code == 200
    assert "no se le pedirá nada más" not in page.text
    assert "se lo pedirá otra vez" in page.text
    assert "https://origen.example.com/login?iss=" in page.text


def test_component_that_asks_once_promises_nothing_more(world: World, phone: FlaskClient) -> None:
    asked(world)
    assert "otra vez" not in open_link(world, phone).text


def asking_sees(world: World, desk: FlaskClient, asking: Transaction) -> list[str]:
    """Where it was asked: page and state at once, after the mail's end, after the longest life."""
    seen = []
    for seconds in (5, 596, 1_200):
        world.clock.advance(seconds)
        base = f"/contingencia/{asking.id}"
        page = desk.get(f"{base}/revise-su-correo")
        state = desk.get(f"{base}/estado")
        own = (asking.id, world.queue_reference())
        seen.append(f"{page.status_code} {strip(page.text, *own)} {state.text}")
    return seen


def test_asking_page_is_the_same_whoever_was_mailed_and_whatever_was_done_elsewhere(
    world: World, app: Flask, desk: FlaskClient
) -> None:
    def nobodys() -> Transaction:
        transaction = world.ask(UNKNOWN)
        world.work()
        return transaction

    def mailed() -> Transaction:
        return asked(world)

    def used_elsewhere() -> Transaction:
        transaction = asked(world)
        assert type_here(world, client(app, OTHER), here_code(world)).status_code == 303
        return transaction

    def tried_and_reported_elsewhere() -> Transaction:
        transaction = asked(world)
        visitor = client(app, OTHER)
        for _ in range(TRIES_EACH):
            type_here(world, visitor, "000000" if here_code(world) != "000000" else "111111")
        path = f"/ingreso/{world.mailed_token()}/no-fui-yo"
        visitor.post(path, data={"csrf_token": csrf_token(open_link(world, visitor))})
        return transaction

    seen = []
    for happens in (nobodys, mailed, used_elsewhere, tried_and_reported_elsewhere):
        world.clock.advance((NOW - world.clock.now()).total_seconds())
        seen.append(asking_sees(world, desk, happens()))
    # What is seen does change with the time: the page ends, for everybody alike.
    assert len(set(seen[0])) == 3
    assert seen[1:] == seen[:1] * 3


def test_same_form_again_after_a_use_elsewhere_is_answered_as_for_anybody(
    world: World, phone: FlaskClient, desk: FlaskClient
) -> None:
    """A new número de atención and a job would tell that somebody used the link."""
    transaction = asked(world)
    type_here(world, phone, here_code(world))
    before = world.queue_reference()
    assert post_form(desk, transaction).status_code == 303
    assert (world.queue.held, world.queue_reference()) == ([], before)
