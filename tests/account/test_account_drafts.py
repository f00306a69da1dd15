"""`/cuenta` when the session ends while somebody types: nothing is lost, nothing is shown to others."""

from __future__ import annotations

import re

import pytest
from account_desk import Desk
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from idp.account.drafts import LIFE
from idp.kernel.identity import Mode
from tests.support.world import csrf_of

TYPED = {
    "email": "nueva@empresa.example.com",
    "telefono": "no es un teléfono",
    "direccion": "Calle Tecleada 123",
    "departamento": "15",
    "provincia": "1501",
    "distrito": "150122",
}
IDLE = 1_801


def hidden(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="(csrf_token|de)" value="([^"]+)"', page)
    return dict(found)


def too_late(desk: Desk, browser: FlaskClient | None = None) -> TestResponse:
    """Open the form, type, and press the button when the session is over."""
    browser = browser or desk.browser
    form = hidden(browser.get("/cuenta").text)
    desk.world.clock.advance(IDLE)
    return browser.post("/cuenta", data={**form, **TYPED})


def shown(page: str) -> bool:
    return "recuperado" in page and TYPED["direccion"] in page


def test_account_page_says_until_when_its_session_lasts(desk: Desk) -> None:
    words = "Si no hace nada más, su sesión termina a {} (hora de Lima)."
    assert words.format("las 10:29 h") in desk.browser.get("/cuenta").text
    desk.world.clock.advance(1_200)
    assert words.format("las 10:49 h") in desk.browser.get("/cuenta").text
    browser = desk.logged_in(desk.person, Mode.CONTINGENCIA)
    for _ in range(3):
        desk.world.clock.advance(1_100)
        page = browser.get("/cuenta").text
    assert words.format("las 11:20 h") in page  # its longest life
    assert "no se perderá" not in page


def test_account_form_sent_after_its_session_is_shown_again_to_its_person(desk: Desk) -> None:
    answer = too_late(desk)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/login/")
    desk.world.log_in(desk.browser, desk.person)
    for _ in range(2):  # also when the page is loaded again
        page = desk.browser.get("/cuenta").text
        assert shown(page)
        assert f'value="{TYPED["email"]}"' in page
        assert re.search(r'value="150122" selected', page)
        assert not re.search(r'id="consent"[^>]* checked', page)
    assert dict(desk.now().profile) == {}  # shown, and not saved
    saved = {**hidden(page), **TYPED, "telefono": "01 2071510"}
    assert desk.browser.post("/cuenta", data=saved).headers["Location"] == "/cuenta?guardado=1"
    page = desk.browser.get("/cuenta").text
    assert 'id="recuperado"' not in page
    assert TYPED["direccion"] in page


def test_account_form_of_one_person_is_never_shown_to_another(desk: Desk) -> None:
    too_late(desk)
    other = desk.world.person("20504774288", "IMPORTA1")
    desk.world.log_in(desk.browser, other)
    page = desk.browser.get("/cuenta").text
    assert other.ruc is not None
    assert other.ruc in page
    assert not any(text in page for text in TYPED.values() if len(text) > 6)
    # And is gone: whoever left the PC does not come back to it.
    desk.world.log_in(desk.browser, desk.person)
    assert not shown(desk.browser.get("/cuenta").text)


def test_account_form_of_one_browser_is_shown_in_no_other(desk: Desk) -> None:
    too_late(desk)
    elsewhere = desk.logged_in(desk.person)
    assert not shown(elsewhere.get("/cuenta").text)


def test_account_form_is_kept_for_half_an_hour(desk: Desk) -> None:
    too_late(desk)
    desk.world.clock.advance(LIFE)
    desk.world.log_in(desk.browser, desk.person)
    assert not shown(desk.browser.get("/cuenta").text)


def test_account_form_waits_for_a_session_that_may_save_it(desk: Desk) -> None:
    too_late(desk)
    desk.world.log_in(desk.browser, desk.person, Mode.CONTINGENCIA)
    assert not shown(desk.browser.get("/cuenta").text)
    desk.world.log_in(desk.browser, desk.person)
    assert shown(desk.browser.get("/cuenta").text)


@pytest.mark.parametrize("owner", [None, "", "x", "k1.AAAA", "another browser's"])
def test_account_form_that_does_not_say_whose_it_is_is_not_kept(
    owner: str | None, desk: Desk
) -> None:
    if owner == "another browser's":
        owner = hidden(desk.logged_in(desk.person).get("/cuenta").text)["de"]
    form = {"csrf_token": csrf_of(desk.browser.get("/cuenta").text), **TYPED}
    desk.world.clock.advance(IDLE)
    data = form if owner is None else {**form, "de": owner}
    assert desk.browser.post("/cuenta", data=data).status_code == 303
    client = desk.world.services.redis.client
    assert list(client.scan_iter("idp:account-draft:*")) == []


def test_account_form_is_kept_sealed(desk: Desk) -> None:
    too_late(desk)
    client = desk.world.services.redis.client
    (key,) = client.scan_iter("idp:account-draft:*")
    stored = str(client.get(key))
    assert 0 < client.ttl(key) <= LIFE
    # What is as short as a day or a choice may stand in any digest by chance.
    long = [one for one in TYPED.values() if len(one) > 5]
    assert long
    for secret in (*long, desk.person.id, str(desk.person.ruc)):
        assert secret not in stored
        assert secret not in str(key)


def test_account_link_confirmed_after_its_session_comes_back_after_the_login(desk: Desk) -> None:
    desk.update("ana@empresa.example.com")
    (mail,) = desk.mails()
    token = csrf_of(desk.browser.get(mail.link).text)
    desk.world.clock.advance(1_750)
    desk.world.services.logins.sessions.end_of_person(desk.person.id, lambda _: True)
    answer = desk.browser.post(mail.link, data={"csrf_token": token})
    assert answer.headers["Location"].startswith("/login/")
    desk.world.log_in(desk.browser, desk.person)
    assert desk.browser.get("/cuenta").headers["Location"] == mail.link


@pytest.mark.parametrize(
    ("language", "subjects"),
    [
        ("es", ["Verifique su correo en la VUCE", "Su correo en la VUCE va a cambiar"]),
        ("en", ["Verify your e-mail", "Your e-mail address at VUCE is going to change"]),
        ("qu", ["VUCEpi correoykita", "VUCEpi correoykiqa"]),
    ],
)
def test_account_mails_speak_the_language_of_the_page(
    language: str, subjects: list[str], desk: Desk
) -> None:
    desk.verified("ana@empresa.example.com")
    desk.browser.get(f"/cuenta?idioma={language}")
    desk.world.clock.advance(1)
    desk.update("otra@empresa.example.com")
    (asks,) = desk.mails()
    desk.post("/cuenta/codigo", {"codigo": asks.code})
    (tells,) = desk.mails()
    assert asks.subject.startswith(subjects[0])
    assert tells.subject.startswith(subjects[1])
    # Whoever cannot read the language that a thief chose must still know whom to call.
    assert "comuníquese cuanto antes con la Mesa de Ayuda" in " ".join(tells.text.split())
