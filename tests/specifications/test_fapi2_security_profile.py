"""FAPI 2.0 Security Profile §5.3.2: `profile: fapi2` as a whole."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.components import Party, Proof, component_key, refused
from tests.support.world import ISSUER, World, query_of

KEY = Proof()
NOW = 1_772_463_600


@pytest.fixture
def fapi(provider: World) -> Party:
    return Party.logged_in(provider, "fapi")


def begun(party: Party, **changes: Any) -> dict[str, str]:
    pushed = party.push(**changes)
    assert pushed.status_code == 201, pushed.text
    return query_of(party.begin(pushed.json["request_uri"]).headers["Location"])


def proof(party: Party, path: str = "/token") -> dict[str, str]:
    return {"DPoP": KEY.make(party.world, "POST", path)}


def tokens(party: Party) -> dict[str, Any]:
    response = party.redeem(begun(party)["code"], headers=proof(party))
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json
    return found


def test_whole_login(fapi: Party) -> None:
    answer = tokens(fapi)
    assert answer["token_type"] == "DPoP"
    token = answer["access_token"]
    shown = KEY.make(fapi.world, "GET", "/userinfo", token)
    claims = fapi.id_token(answer["id_token"])
    assert claims.header["alg"] == "ES256"
    assert fapi.userinfo(token, shown).json["sub"] == claims.claims["sub"]


def test_answer_names_the_issuer(fapi: Party) -> None:
    """§5.3.2.2(7), RFC 9207."""
    assert begun(fapi)["iss"] == ISSUER


def test_request_must_be_pushed(fapi: Party) -> None:
    """§5.3.2.2(2), (3)."""
    assert fapi.answer()["error"] == "invalid_request"


def test_challenge_is_a_must(fapi: Party) -> None:
    """§5.3.2.2(5)."""
    refused(fapi.push(code_challenge=None, code_challenge_method=None), "invalid_request")
    refused(fapi.push(code_challenge_method="plain"), "invalid_request")


def test_tokens_are_bound(fapi: Party) -> None:
    """§5.3.2.1(4)."""
    code = begun(fapi)["code"]
    refused(fapi.redeem(code), "invalid_request")
    assert fapi.redeem(code, headers=proof(fapi)).status_code == 200


ASSERTIONS: dict[str, dict[str, Any]] = {
    "§5.3.2.1(9): aud is a list": {"aud": [ISSUER]},
    "§5.3.2.1(9): aud is the token endpoint": {"aud": f"{ISSUER}/token"},
    "§5.3.2.1(9): aud is the endpoint called": {"aud": f"{ISSUER}/par"},
    "no aud": {"aud": None},
    "expired": {"exp": NOW - 60},
    "no exp": {"exp": None},
    "§5.3.2.1(13): over a minute ahead": {"nbf": NOW + 61},
    "another sub": {"sub": "fapi-otro"},
    "no jti": {"jti": None},
}


@pytest.mark.parametrize("changes", ASSERTIONS.values(), ids=ASSERTIONS)
def test_bad_assertion_is_refused(fapi: Party, changes: dict[str, Any]) -> None:
    form = {**fapi.params(), **fapi.by_assertion(**changes)}
    refused(fapi.world.browser().post("/par", data=form), "invalid_client", (401,))


@pytest.mark.parametrize("alg, status", [("RS256", 401), ("PS256", 201), ("ES256", 201)])
def test_algorithms_are_those_of_the_profile(fapi: Party, alg: str, status: int) -> None:
    """§5.4."""
    form = {**fapi.params(), **fapi.by_assertion(alg)}
    assert fapi.world.browser().post("/par", data=form).status_code == status


def test_clock_eight_seconds_ahead_is_taken(fapi: Party) -> None:
    """§5.3.2.1(13): ten seconds."""
    form = {**fapi.params(), **fapi.by_assertion(nbf=NOW + 8, iat=NOW + 8)}
    assert fapi.world.browser().post("/par", data=form).status_code == 201


def test_code_lives_a_minute_at_most(fapi: Party) -> None:
    """§5.3.2.1(11)."""
    code = begun(fapi)["code"]
    fapi.world.clock.advance(60)
    refused(fapi.redeem(code, headers=proof(fapi)), "invalid_grant")


@pytest.mark.parametrize("verifier", [None, "w" * 43, "corto", "ñ" * 43])
def test_code_needs_its_verifier(fapi: Party, verifier: str | None) -> None:
    """RFC 7636 §4.6: one error for whatever does not fit."""
    code = begun(fapi)["code"]
    answer = fapi.redeem(code, headers=proof(fapi), code_verifier=verifier)
    refused(answer, "invalid_grant")


def test_code_is_for_one_use(fapi: Party) -> None:
    code = begun(fapi)["code"]
    token = fapi.redeem(code, headers=proof(fapi)).json["access_token"]
    refused(fapi.redeem(code, headers=proof(fapi)), "invalid_grant")
    shown = KEY.make(fapi.world, "GET", "/userinfo", token)
    assert fapi.userinfo(token, shown).status_code == 401


def test_request_of_another_component_is_refused(fapi: Party) -> None:
    other = Party(fapi.world, fapi.browser, "fapi-otro")
    answer = other.begin(fapi.push().json["request_uri"])
    assert answer.status_code == 400
    assert 'id="error-code">invalid_request_uri<' in answer.text


def test_code_of_another_component_is_refused_and_lives(fapi: Party) -> None:
    code = begun(fapi)["code"]
    other = Party(fapi.world, fapi.browser, "fapi-otro")
    refused(other.redeem(code, headers=proof(fapi)), "invalid_grant")
    assert fapi.redeem(code, headers=proof(fapi)).status_code == 200


def test_refresh_token_does_not_rotate(fapi: Party) -> None:
    """§5.3.2.1(10)."""
    first = tokens(fapi)
    for _ in range(2):
        again = fapi.refresh(first["refresh_token"], headers=proof(fapi))
        assert again.status_code == 200, again.text
        assert again.json["refresh_token"] == first["refresh_token"]
        assert again.json["token_type"] == "DPoP"
    refused(fapi.refresh(first["refresh_token"]), "invalid_request")
    other = {"DPoP": Proof(component_key("ec-new")).make(fapi.world, "POST", "/token")}
    assert fapi.refresh(first["refresh_token"], headers=other).status_code == 200


def test_signed_request_by_rs256_is_refused(fapi: Party) -> None:
    from tests.support.components import sign

    claims = {**fapi.params(), "iss": "fapi", "aud": ISSUER}
    request = sign(component_key("rsa"), "RS256", claims, kid="rsa")
    refused(fapi.post("/par", {"client_id": "fapi", "request": request}), "invalid_request_object")


def test_secret_lets_nobody_in(fapi: Party) -> None:
    """§5.3.2.1(5)."""
    form = fapi.params(client_secret=fapi.world.secret)
    refused(fapi.world.browser().post("/par", data=form), "invalid_client", (401,))
