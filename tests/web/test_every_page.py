"""What holds for every page, whatever it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from flask.testing import FlaskClient
from page_reader import Page, Spoken
from werkzeug.test import TestResponse

from idp.kernel.identity import Mode
from idp.upstream_status.state import FlagState
from tests.support.world import World, csrf_of

PRIVATE = ("no-store",)
with (Path(__file__).resolve().parents[2] / "locales/qu/messages.po").open("rb") as _file:
    QUECHUA = [one for one in read_po(_file) if one.id and isinstance(one.id, str)]
LACKING = [str(one.id) for one in QUECHUA if not one.string]
TRANSLATED = [str(one.string) for one in QUECHUA if one.string]


def _down(world: World) -> None:
    world.services.upstream_status.set("sol", FlagState.FORCED_DOWN, reason="p", who="p")


def _parked(world: World, browser: FlaskClient, **changes: Any) -> str:
    return str(world.authorize(browser, **changes).location)


def _form(world: World, browser: FlaskClient) -> str:
    _down(world)
    path = _parked(world, browser)
    token = csrf_of(browser.get(path).text)
    browser.post(f"{path}/elegir", data={"csrf_token": token, "realm": "sol"})
    return str(browser.get(path).location)


def _asked(world: World, browser: FlaskClient) -> str:
    path = _form(world, browser)
    data = {"csrf_token": csrf_of(browser.get(path).text), "ruc": "20131312955", "usuario": "A1"}
    return str(browser.post(path, data=data).location)


def home(world: World, browser: FlaskClient) -> TestResponse:
    return browser.get("/")


def privacy(world: World, browser: FlaskClient) -> TestResponse:
    return browser.get("/privacidad")


def status_page(world: World, browser: FlaskClient) -> TestResponse:
    return browser.get("/status")


def help_page(world: World, browser: FlaskClient) -> TestResponse:
    return browser.get("/ayuda")


def chooser(world: World, browser: FlaskClient) -> TestResponse:
    return browser.get(_parked(world, browser))


def chooser_with_session(world: World, browser: FlaskClient) -> TestResponse:
    world.log_in(browser, world.person())
    return browser.get(_parked(world, browser, prompt="select_account"))


def refused(world: World, browser: FlaskClient) -> TestResponse:
    _down(world)
    changes = {"client_id": "estricto", "redirect_uri": "http://localhost:9004/callback"}
    path = _parked(world, browser, **changes, scope="openid")
    token = csrf_of(browser.get(path).text)
    browser.post(f"{path}/elegir", data={"csrf_token": token, "realm": "sol"})
    return browser.get(path)


def form(world: World, browser: FlaskClient) -> TestResponse:
    return browser.get(_form(world, browser))


def form_with_errors(world: World, browser: FlaskClient) -> TestResponse:
    path = _form(world, browser)
    return browser.post(path, data={"csrf_token": csrf_of(browser.get(path).text)})


def waiting(world: World, browser: FlaskClient) -> TestResponse:
    return browser.get(_asked(world, browser))


def recovered(world: World, browser: FlaskClient) -> TestResponse:
    path = _form(world, browser)
    world.services.upstream_status.set("sol", FlagState.AUTO, reason="p", who="p")
    return browser.get(path)


def link_unknown(world: World, browser: FlaskClient) -> TestResponse:
    return browser.get("/ingreso/" + "x" * 43)


def account(world: World, browser: FlaskClient) -> TestResponse:
    world.log_in(browser, world.person())
    return browser.get("/cuenta", follow_redirects=True)


def account_in_contingency(world: World, browser: FlaskClient) -> TestResponse:
    world.log_in(browser, world.person(), Mode.CONTINGENCIA)
    return browser.get("/cuenta", follow_redirects=True)


def logged_out(world: World, browser: FlaskClient) -> TestResponse:
    return browser.get("/logout")


def logout_asks(world: World, browser: FlaskClient) -> TestResponse:
    world.log_in(browser, world.person())
    return browser.get("/logout")


def bad_client(world: World, browser: FlaskClient) -> TestResponse:
    return world.authorize(browser, client_id="nadie")


def not_found(world: World, browser: FlaskClient) -> TestResponse:
    return browser.get("/nada")


def wrong_method(world: World, browser: FlaskClient) -> TestResponse:
    return browser.delete("/cuenta")


def too_large(world: World, browser: FlaskClient) -> TestResponse:
    return browser.post("/cuenta", data={"email": "a" * 300_000})


def other_browser(world: World, browser: FlaskClient) -> TestResponse:
    return browser.get(_parked(world, world.browser()))


def sunat_without_state(world: World, browser: FlaskClient) -> TestResponse:
    return browser.get("/upstream/sol/callback?code=x&state=y")


PAGES = (
    (home, 200), (privacy, 200), (status_page, 200), (help_page, 200), (chooser, 200), (chooser_with_session, 200), (refused, 200),
    (form, 200), (form_with_errors, 422), (waiting, 200), (recovered, 200), (link_unknown, 404),
    (account, 200), (account_in_contingency, 200), (logged_out, 200), (logout_asks, 200),
    (bad_client, 400), (not_found, 404), (wrong_method, 405), (too_large, 413),
    (other_browser, 403), (sunat_without_state, 400),
)  # fmt: skip
TABLE = pytest.mark.parametrize(("shown", "status"), PAGES, ids=[one.__name__ for one, _ in PAGES])


@TABLE
def test_page_is_whole_in_spanish_and_without_inline_code(
    world: World, shown: Any, status: int
) -> None:
    response = shown(world, world.browser())
    assert response.status_code == status
    assert response.content_type == "text/html; charset=utf-8"
    assert Page(response.text).problems() == []


@TABLE
def test_page_carries_every_header(world: World, shown: Any, status: int) -> None:
    response = shown(world, world.browser())
    headers = response.headers
    policy = dict(
        one.strip().split(" ", 1) for one in headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert (policy["base-uri"], policy["frame-ancestors"]) == ("'none'", "'none'")
    assert policy["form-action"].startswith("'self'")
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "data:"} & set(
        " ".join(policy.values()).split()
    )
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    # The same for everybody, and loaded by everybody at once.
    kept = "public, max-age=5" if shown is status_page else "no-store"
    assert headers["Cache-Control"] == kept
    # HSTS is for https, which a developer's machine has not.
    assert "Strict-Transport-Security" not in headers


@TABLE
def test_page_in_quechua_says_which_of_its_words_are_spanish(
    world: World, shown: Any, status: int
) -> None:
    browser = world.browser()
    browser.set_cookie("idp_language", "qu", domain="localhost")
    # The manual within the page is Spanish whole: what it quotes may be a Quechua sentence too.
    page = re.sub(
        r'<div class="manual" lang="es">.*?</div>', "", shown(world, browser).text, flags=re.S
    )
    spoken = Spoken(page)
    assert spoken.broken == []
    assert spoken.misplaced(LACKING, "es") == []
    assert spoken.misplaced(TRANSLATED, "qu") == []
    assert any(said == "qu" for said, _ in spoken.texts)


def test_check_of_languages_can_fail() -> None:
    title = "<title>No encontramos la página</title>"
    page = Spoken(f'<html lang="qu">{title}<p data-x="<b>">Tarda <b lang="es">mucho más</b></p>')
    assert page.misplaced(["No encontramos la página"], "es") == ["No encontramos la página"]
    assert page.misplaced(["mucho más", "Tarda"], "es") == ["Tarda"]
    assert page.broken == ["p data-x"]


@pytest.mark.parametrize(
    ("shown", "until", "hours", "late"),
    [(chooser, "las 10:10 h", 15, "la 01:10 h"), (form, "las 11:00 h", 14, "la 01:00 h")],
    ids=["chooser", "form"],
)
def test_page_of_a_login_says_until_when_it_can_be_completed(
    world: World, shown: Any, until: str, hours: float, late: str
) -> None:
    words = 'id="hasta">Puede completar este ingreso hasta {} (hora de Lima).'
    assert words.format(until) in shown(world, world.browser()).text
    world.clock.advance(hours * 3_600)
    assert words.format(late) in shown(world, world.browser()).text


def test_page_about_too_many_requests_says_when_to_come_back(world: World) -> None:
    for _ in range(300):
        world.services.limits.hit("login.park", "127.0.0.0/24")
    answer = world.authorize(world.browser())
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) == 2
    assert "Vuelva a intentarlo dentro de 2 segundos." in answer.text


@pytest.mark.parametrize(
    ("typed", "heading"),
    [({}, "Revise los datos"), ({"ruc": "20131312955", "usuario": "A1"}, "No pudimos enviar")],
)
def test_form_that_comes_back_says_whether_the_data_or_the_mail_is_at_fault(
    world: World, typed: dict[str, str], heading: str
) -> None:
    browser = world.browser()
    path = _form(world, browser)
    for _ in range(120):
        world.services.limits.hit("contingency.address", "127.0.0.0/24")
    page = browser.post(path, data={"csrf_token": csrf_of(browser.get(path).text), **typed})
    assert page.status_code == (429 if typed else 422)
    headings = re.findall(r"<h2>(.+?)</h2>", page.text)
    assert headings[0].startswith(heading), headings


@pytest.mark.parametrize("language", ["es", "en", "qu"])
def test_privacy_page_names_every_cookie_that_outlives_the_browser(
    world: World, language: str
) -> None:
    page = world.browser().get(f"/privacidad?idioma={language}").text
    assert re.search(r"(El idioma que eligió|The language that you chose): 180", page)


@TABLE
def test_page_tells_nothing_from_a_forged_host(world: World, shown: Any, status: int) -> None:
    browser = world.browser()
    browser.environ_base["HTTP_HOST"] = "evil.example"
    browser.environ_base["HTTP_X_FORWARDED_HOST"] = "evil.example"
    response = shown(world, browser)
    assert "evil.example" not in response.text
    assert "evil.example" not in str(response.headers)


def test_failure_of_ours_is_a_page_without_a_trace(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secreto 20131312955")

    monkeypatch.setattr(world.services.logins.transactions, "load", broken)
    response = world.browser().get("/login/" + "x" * 24)
    assert response.status_code == 500
    assert "server_error" in response.text
    assert "secreto" not in response.text
    assert Page(response.text).problems() == []


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [("/token", 405, "invalid_request"), ("/.well-known/nada", 404, "not_found")],
)
def test_failure_that_a_program_reads_is_json(
    world: World, path: str, status: int, error: str
) -> None:
    response = world.browser().get(path)
    assert response.status_code == status
    assert response.get_json()["error"] in (error, "method_not_allowed")
