"""`/cuenta/mis-datos`: what is kept, a person's rights, and their own copy."""

from __future__ import annotations

import json
import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from idp.audit.events import AuditEvent
from idp.audit.records import AuditFilter
from idp.kernel.identity import Mode
from tests.support.world import World, csrf_of

PAGE = "/cuenta/mis-datos"


@pytest.fixture
def browser(world: World) -> FlaskClient:
    return logged_in(world, "PROPIO01")


def logged_in(world: World, usuario: str, mode: Mode = Mode.SUNAT) -> FlaskClient:
    browser = world.browser()
    browser.get("/cuenta")  # sets the browser cookie
    world.log_in(browser, world.person("20131312955", usuario), mode)
    return browser


def taken(browser: FlaskClient, kind: str = "json") -> TestResponse:
    token = csrf_of(browser.get("/cuenta").text)
    return browser.post(f"{PAGE}/copia", data={"csrf_token": token, "formato": kind})


def copies(world: World, usuario: str) -> int:
    person = world.person("20131312955", usuario)
    wanted = AuditFilter(event=AuditEvent.PERSON_EXPORTED, person_id=person.id)
    return len(world.services.audit.search(wanted))


def test_page_says_what_is_kept_why_how_long_and_where_to_write(browser: FlaskClient) -> None:
    page = browser.get(PAGE).text
    for said in (
        "Navegadores reconocidos", "Para que ningún enlace sirva dos veces.",
        "5 años después de su último ingreso.", "vuceayuda@mincetur.gob.pe", "Cancelación",
    ):  # fmt: skip
        assert said in page, said
    assert "{time}" not in page


def test_copy_for_programs_is_a_file_that_nobody_stores(world: World, browser: FlaskClient) -> None:
    before = copies(world, "PROPIO01")
    answer = taken(browser)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="mis-datos-vuce.json"'
    assert answer.headers["Cache-Control"] == "no-store"
    found = json.loads(answer.text)
    assert found["issuer"] == world.settings.issuer
    (person,) = found["sections"]["person"]["entries"]
    assert person["identifier"] == "20131312955:PROPIO01"
    assert len(found["sections"]["sessions"]["entries"]) >= 1
    assert copies(world, "PROPIO01") == before + 1


@pytest.mark.parametrize(
    ("language", "said"),
    [("es", "Sus datos de registro"), ("en", "Your record"), ("qu", "Llapan|Correoykikuna")],
)
def test_copy_for_reading_speaks_the_persons_language(
    world: World, browser: FlaskClient, language: str, said: str
) -> None:
    browser.set_cookie("idp_language", language, domain="localhost")
    answer = taken(browser, "html")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="mis-datos-vuce.html"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert f'<html lang="{language}">' in answer.text
    assert re.search(said, answer.text)
    assert "EXPORTADORA DE PRUEBA S.A." in answer.text
    assert "<script" not in answer.text
    assert not re.search(r'(src|href)="(?!#|mailto:)', answer.text)  # it is read on its own


def test_session_by_mail_sees_the_page_and_takes_no_copy(world: World) -> None:
    browser = logged_in(world, "CORREO01", Mode.CONTINGENCIA)
    page = browser.get(PAGE).text
    assert 'id="solo-sunat"' in page
    assert "copia-json" not in page
    answer = taken(browser)
    assert answer.status_code == 403
    assert "20131312955" not in answer.text
    assert copies(world, "CORREO01") == 0


def test_forged_form_takes_no_copy(world: World, browser: FlaskClient) -> None:
    before = copies(world, "PROPIO01")
    assert browser.post(f"{PAGE}/copia", data={"formato": "json"}).status_code == 403
    assert copies(world, "PROPIO01") == before


def test_nobody_takes_a_copy_without_a_session(world: World) -> None:
    browser = world.browser()
    assert browser.get(PAGE).headers["Location"] == "/cuenta"
    other = logged_in(world, "AJENO001")
    token = csrf_of(other.get("/cuenta").text)
    other.delete_cookie("idp_session", domain="localhost")
    answer = other.post(f"{PAGE}/copia", data={"csrf_token": token, "formato": "json"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/cuenta")


def test_copies_are_limited(world: World) -> None:
    browser = logged_in(world, "MUCHAS01")
    statuses = [taken(browser).status_code for _ in range(8)]
    assert statuses == [200] * 6 + [429] * 2
    assert copies(world, "MUCHAS01") == 6


def test_account_and_privacy_lead_there(world: World, browser: FlaskClient) -> None:
    assert f'href="{PAGE}"' in browser.get("/cuenta").text
    page = browser.get("/privacidad").text
    assert f'href="{PAGE}"' in page
    assert "si no ingresa durante 5 años" in page
    assert "mailto:vuceayuda@mincetur.gob.pe" in page
