"""Every fault of the table, over real HTTP, in both realms."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Timer
from typing import Any

import pytest
import urllib3
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import RSAKey

from sandbox.people import person
from sandbox.sunat.answers import HUGE_BYTES
from sandbox.sunat.faults import FAULTS, Setting, setting_of

from .conftest import Answer, Sunat

PEOPLE = {"sol": person("IMPORTA1"), "extranet": person("EXT0001")}
REALMS = tuple(PEOPLE)
NOW = 1_800_000_000
STATE = "a" * 32


def token_answer(sunat: Sunat, realm: str, setting: Setting) -> Answer:
    """An honest login, and then the exchange under a fault."""
    code = sunat.code(PEOPLE[realm])
    sunat.board.set(realm, setting)
    return sunat.redeem(realm, code)


def claims_of(sunat: Sunat, answer: Answer) -> Any:
    pem = sunat.browser().send("GET", "/control.json").json()["public_key_pem"]
    token = answer.json()["access_token"]
    return jwt.decode(token, RSAKey.import_key(pem), algorithms=["RS256"]).claims


ANSWERS: dict[str, Callable[[Answer], bool]] = {
    "error500": lambda a: a.status == 500,
    "empty200": lambda a: a.status == 200 and a.body == b"",
    "html200": lambda a: a.status == 200 and "mantenimiento" in a.text(),
    "huge": lambda a: a.status == 200 and len(a.body) > HUGE_BYTES,
    "redirect": lambda a: a.status == 302 and a.headers["Location"] == "/healthz",
    "bad_json": lambda a: a.status == 200 and not a.text().endswith("}"),
    "unauthorized_client": lambda a: a.status == 401 and a.json()["error"] == "unauthorized_client",
    "invalid_scope": lambda a: a.status == 400 and a.json()["error"] == "invalid_scope",
    "bad_jwt": lambda a: a.json()["access_token"].count(".") == 1,
}
CLAIMS: dict[str, Callable[[Any, str], bool]] = {
    "wrong_iss": lambda c, _: c["iss"].startswith("https://otro-emisor.invalid/"),
    "expired": lambda c, _: c["exp"] == NOW - 3600 and c["iat"] == NOW - 7200,
    "not_yet_valid": lambda c, _: c["nbf"] == NOW + 3600 and c["iat"] == NOW,
    "altered_ruc": lambda c, _: c["userdata"]["numRUC"].strip() != c["sub"].strip(),
    "with_email": lambda c, _: c["userdata"]["correo"] == "de-sunat@example.com",
    "altered_login": lambda c, _: (
        not c["userdata"]["login"].startswith(c["sub"].strip())
        and c["userdata"]["numRUC"].strip() == c["sub"].strip()
    ),
    "other_realm": lambda c, realm: (
        c["userdata"]["map"]["tipOrigen"] == ("ET" if realm == "sol" else "IT")
    ),
    "other_client": lambda c, realm: c["clientId"] != f"vuce-{realm}",
}
WAYS_BACK = {
    "back_error": {"error": "server_error", "state": STATE},
    "back_denied": {"error": "access_denied", "state": STATE},
    "back_no_code": {"state": STATE},
    "back_no_state": {"error": "server_error"},
}
TIMED = {"up", "cut_after", "down", "slow", "flaky", "bad_signature"}


def test_faults_table_is_covered_as_a_whole() -> None:
    assert set(FAULTS) == set(ANSWERS) | set(CLAIMS) | set(WAYS_BACK) | TIMED


@pytest.mark.parametrize("name", WAYS_BACK)
def test_fault_of_the_way_back_takes_the_place_of_a_code(sunat: Sunat, name: str) -> None:
    sunat.board.set("sol", setting_of(name))
    who = PEOPLE["sol"]
    form = {"ruc": who.ruc, "usuario": who.usuario, "clave": who.password}
    answer = sunat.browser().send("POST", sunat.login_path("sol"), form)
    assert answer.status == 302
    assert answer.query() == WAYS_BACK[name]
    assert sunat.code(PEOPLE["extranet"])


@pytest.mark.parametrize("realm", REALMS)
@pytest.mark.parametrize("name", ANSWERS)
def test_fault_at_token_endpoint_replaces_answer(sunat: Sunat, name: str, realm: str) -> None:
    assert ANSWERS[name](token_answer(sunat, realm, setting_of(name)))


@pytest.mark.parametrize("realm", REALMS)
@pytest.mark.parametrize("name", CLAIMS)
def test_fault_of_token_alters_claims(sunat: Sunat, name: str, realm: str) -> None:
    claims = claims_of(sunat, token_answer(sunat, realm, setting_of(name)))
    assert CLAIMS[name](claims, realm)
    sunat.board.set(realm, Setting())
    honest = claims_of(sunat, sunat.redeem(realm, sunat.code(PEOPLE[realm])))
    assert not CLAIMS[name](honest, realm)


def test_fault_bad_signature_does_not_verify(sunat: Sunat) -> None:
    with pytest.raises(BadSignatureError):
        claims_of(sunat, token_answer(sunat, "sol", setting_of("bad_signature")))


@pytest.mark.parametrize("name", [n for n in ANSWERS if "login" in FAULTS[n].where])
def test_fault_at_login_page_replaces_answer(sunat: Sunat, name: str) -> None:
    sunat.board.set("sol", setting_of(name))
    assert ANSWERS[name](sunat.browser().send("GET", sunat.login_path("sol")))
    assert sunat.browser().send("GET", sunat.login_path("extranet")).status == 200


@pytest.mark.parametrize("name", [n for n in FAULTS if FAULTS[n].where == ("token",)])
def test_fault_of_token_leaves_login_page_alone(sunat: Sunat, name: str) -> None:
    sunat.board.set("all", setting_of(name))
    assert sunat.code(PEOPLE["sol"]) and sunat.code(PEOPLE["extranet"])


def test_fault_narrowed_to_token_leaves_login_page_alone(sunat: Sunat) -> None:
    sunat.board.set("sol", setting_of("empty200", where="token"))
    assert sunat.redeem("sol", sunat.code(PEOPLE["sol"])).body == b""


def test_fault_cut_after_cuts_the_fourth_quick_request_until_it_is_set_anew(sunat: Sunat) -> None:
    for _ in range(2):
        sunat.board.set("sol", setting_of("cut_after"))
        for _ in range(3):
            assert sunat.browser().send("GET", sunat.login_path("sol")).status == 200
        with pytest.raises(urllib3.exceptions.ProtocolError):
            sunat.browser().send("GET", sunat.login_path("sol"))
        assert sunat.browser().send("GET", sunat.login_path("extranet")).status == 200


def test_fault_down_cuts_connection_without_an_answer(sunat: Sunat) -> None:
    code = sunat.code(PEOPLE["sol"])
    sunat.board.set("sol", setting_of("down"))
    with pytest.raises(urllib3.exceptions.ProtocolError):
        sunat.redeem("sol", code)
    with pytest.raises(urllib3.exceptions.ProtocolError):
        sunat.browser().send("GET", sunat.login_path("sol"))
    sunat.board.set("sol", Setting())
    assert sunat.redeem("sol", code).status == 200


def test_fault_slow_takes_its_seconds_and_answers(sunat: Sunat) -> None:
    sunat.board.set("sol", setting_of("slow", 0.3))
    begun = time.monotonic()
    assert sunat.browser().send("GET", sunat.login_path("sol")).status == 200
    assert time.monotonic() - begun >= 0.3


def test_fault_slow_lifted_releases_who_waits(sunat: Sunat) -> None:
    sunat.board.set("sol", setting_of("slow", 600))
    timer = Timer(0.2, sunat.board.set, ("sol", Setting()))
    timer.start()
    assert sunat.browser().send("GET", sunat.login_path("sol")).status == 200
    timer.join()


def test_fault_flaky_breaks_about_eight_percent_and_repeats_by_seed(sunat: Sunat) -> None:
    def run() -> list[int]:
        sunat.board.seed(11)
        return [browser.send("GET", sunat.login_path("sol")).status for _ in range(200)]

    browser = sunat.browser()
    sunat.board.set("sol", setting_of("flaky"))
    first = run()
    assert set(first) == {200, 500} and 6 <= first.count(500) <= 30
    assert run() == first
