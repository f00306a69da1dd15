"""The browser's side: the form, the way back, SUNAT's own session."""

from __future__ import annotations

import pytest

from sandbox.people import of_realm, person

from .conftest import Sunat

REALMS = ("sol", "extranet")


@pytest.mark.parametrize("realm", REALMS)
def test_login_page_get_shows_form_and_each_person_without_script(sunat: Sunat, realm: str) -> None:
    answer = sunat.browser().send("GET", sunat.login_path(realm))
    page = answer.text()
    assert answer.status == 200
    assert "Sandbox de SUNAT: entorno de prueba" in page
    assert all(f'id="entrar-{one.key}"' in page for one in of_realm(realm))
    assert ('name="ruc" inputmode' in page) == (realm == "sol")
    assert "<script" not in page and "style=" not in page
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert "form-action *;" in policy


@pytest.mark.parametrize("key", ["IMPORTA1", "EXT0001"])
def test_login_right_password_returns_code_and_state(sunat: Sunat, key: str) -> None:
    who = person(key)
    form = {"ruc": who.ruc, "usuario": f" {key.lower()} ", "clave": "sandbox"}
    answer = sunat.browser().send("POST", sunat.login_path(who.realm), form)
    assert answer.status == 302
    callback = f"http://localhost:8000/upstream/{who.realm}/callback?code="
    assert answer.headers["Location"].startswith(callback)
    assert answer.query()["state"] == "a" * 32


@pytest.mark.parametrize(
    "form",
    [
        {"ruc": "20504774288", "usuario": "IMPORTA1", "clave": "otra"},
        {"ruc": "20504774288", "usuario": "IMPORTA1", "clave": "ñ"},
        {"ruc": "20131312955", "usuario": "IMPORTA1", "clave": "sandbox"},
        {"ruc": "20131312955", "usuario": "EXT0001", "clave": "sandbox"},
        {},
    ],
    ids=["wrong_password", "non_ascii", "other_ruc", "other_realm", "empty"],
)
def test_login_wrong_credentials_shows_form_again(sunat: Sunat, form: dict[str, str]) -> None:
    browser = sunat.browser()
    answer = browser.send("POST", sunat.login_path("sol"), form)
    assert answer.status == 200
    assert 'role="alert"' in answer.text() and 'id="ingresar"' in answer.text()
    assert "Location" not in answer.headers and browser.cookie == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "otra"},
        {"originalUrl": "https://evil.example/"},
        {"originalUrl": "http://localhost:8000/upstream/sol/callback?x=1"},
        {"originalUrl": ""},
    ],
)
def test_login_unregistered_client_or_callback_is_refused(
    sunat: Sunat, changes: dict[str, str]
) -> None:
    answer = sunat.browser().send("GET", sunat.login_path("sol", **changes))
    assert answer.status == 400
    assert 'id="error"' in answer.text() and "Location" not in answer.headers


def test_login_second_time_goes_straight_through_until_session_ends(sunat: Sunat) -> None:
    browser = sunat.browser()
    first = sunat.code(person("PERSONA1"), browser)
    assert browser.cookie.startswith("sunat_session=")
    again = browser.send("GET", sunat.login_path("sol"))
    assert again.status == 302 and again.query()["code"] != first
    assert browser.send("GET", sunat.login_path("extranet")).status == 200
    assert "MUESTRA HUAMÁN MARÍA JOSÉ" in browser.send("GET", "/cerrar").text()
    kept = browser.cookie
    assert 'id="cerrada"' in browser.send("POST", "/cerrar", {}).text()
    browser.cookie = kept
    assert browser.send("GET", sunat.login_path("sol")).status == 200


def test_pages_small_ones_answer(sunat: Sunat) -> None:
    browser = sunat.browser()
    assert browser.send("GET", "/healthz").json() == {"status": "ok"}
    assert browser.send("GET", "/").headers["Location"] == "/control"
    assert browser.send("GET", "/static/sunat.css").headers["Content-Type"].startswith("text/css")
    assert "ninguna sesión" in browser.send("GET", "/cerrar").text()
