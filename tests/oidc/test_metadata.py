"""Discovery says what the provider does, JWKS shows public keys only, and CORS lets `spa` in."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from relying_party import RelyingParty

from idp.kernel.identity import Mode
from tests.support.world import CHALLENGE, ISSUER, World, query_of

DISCOVERY = "/.well-known/openid-configuration"
SPA_ORIGIN = "http://localhost:9003"


@pytest.fixture
def document(world: World) -> dict[str, Any]:
    found: dict[str, Any] = world.browser().get(DISCOVERY).json
    return found


def path_of(document: dict[str, Any], name: str) -> str:
    url: str = document[name]
    assert url.startswith(f"{ISSUER}/")
    return urlsplit(url).path


@pytest.mark.parametrize("path", [DISCOVERY, "/jwks.json"])
def test_public_document_is_cached_and_open_to_every_origin(world: World, path: str) -> None:
    response = world.browser().get(path, headers={"Origin": "https://any.example"})
    assert response.status_code == 200
    assert response.mimetype == "application/json"
    assert response.headers["Cache-Control"] == "public, max-age=300"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in response.headers


def test_issuer_comes_from_the_settings_whatever_the_host_header_says(world: World) -> None:
    found = world.browser().get(DISCOVERY, headers={"Host": "evil.example"}).json
    assert found["issuer"] == ISSUER
    assert "evil" not in str(found)


def test_each_endpoint_answers_by_the_methods_that_it_has(
    mr: RelyingParty, document: dict[str, Any]
) -> None:
    browser = mr.world.browser
    endpoints = {name: path_of(document, name) for name in document if name.endswith("_endpoint")}
    assert set(endpoints) == {
        "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "end_session_endpoint",
    }  # fmt: skip
    assert mr.browser.get(endpoints["authorization_endpoint"]).status_code == 400
    assert browser().post(endpoints["token_endpoint"]).json["error"] == "invalid_request"
    assert browser().get(endpoints["userinfo_endpoint"]).status_code == 401
    assert browser().get(endpoints["end_session_endpoint"]).status_code == 200
    assert browser().get(path_of(document, "jwks_uri")).json["keys"]


def test_each_listed_way_works(world: World, document: dict[str, Any]) -> None:
    assert document["token_endpoint_auth_methods_supported"] == [
        "client_secret_basic", "client_secret_post", "none",
    ]  # fmt: skip
    used = set()
    for client_id in ("mr", "origen", "spa"):
        party = RelyingParty.logged_in(world, client_id)
        used.add(party.id_token(party.tokens()["id_token"]).header["alg"])
    assert used == set(document["id_token_signing_alg_values_supported"])
    party = RelyingParty.logged_in(world)
    answered = {mode: party.authorize(response_mode=mode) for mode in ("query", "form_post")}
    assert [one.status_code for one in answered.values()] == [303, 200]
    assert document["response_modes_supported"] == list(answered)
    for prompt in document["prompt_values_supported"]:
        assert "error" not in query_of(party.authorize(prompt=prompt).headers["Location"])


def test_each_way_that_is_not_listed_is_refused(mr: RelyingParty, document: dict[str, Any]) -> None:
    assert document["response_types_supported"] == ["code"]
    assert document["grant_types_supported"] == ["authorization_code"]
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["request_parameter_supported"] is False
    assert document["request_uri_parameter_supported"] is False
    wrong = (
        {"response_type": "id_token"}, {"request": "x"}, {"request_uri": "x"},
        {"code_challenge_method": "plain", "code_challenge": CHALLENGE},
    )  # fmt: skip
    assert all("error" in mr.answer(**one) for one in wrong)
    refused = mr.redeem(mr.code(), grant_type="refresh_token", refresh_token="x")
    assert refused.json["error"] == "unsupported_grant_type"


def test_claims_scopes_and_acr_are_those_that_are_given(
    world: World, document: dict[str, Any]
) -> None:
    given, acr = set(), set()
    for mode in Mode:
        party = RelyingParty.logged_in(world, "mr", mode)
        tokens = party.tokens(scope=" ".join(document["scopes_supported"]))
        assert set(tokens["scope"].split()) == set(document["scopes_supported"])
        claims = party.id_token(tokens["id_token"]).claims
        given |= claims.keys() | party.userinfo(tokens["access_token"]).json.keys()
        acr.add(claims["acr"])
    assert given - {"at_hash"} <= set(document["claims_supported"])
    assert acr == set(document["acr_values_supported"])
    assert document["authorization_response_iss_parameter_supported"] is True
    assert document["subject_types_supported"] == ["public"]


def test_jwks_shows_public_members_only(world: World) -> None:
    keys = world.browser().get("/jwks.json").json["keys"]
    common = {"kty", "kid", "use", "alg"}
    members = {"RS256": common | {"n", "e"}, "ES256": common | {"crv", "x", "y"}}
    assert [key["alg"] for key in keys] == ["RS256", "ES256"]
    for key in keys:
        assert key.keys() == members[key["alg"]]
        assert key["use"] == "sig"
    assert len({key["kid"] for key in keys}) == len(keys)


@pytest.mark.parametrize("path, method", [("/token", "POST"), ("/userinfo", "GET")])
def test_preflight_of_a_public_component_is_let_through(
    world: World, path: str, method: str
) -> None:
    asked = {
        "Origin": SPA_ORIGIN,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    response = world.browser().options(path, headers=asked)
    assert response.status_code in (200, 204)
    assert response.headers["Access-Control-Allow-Origin"] == SPA_ORIGIN
    assert method in response.headers["Access-Control-Allow-Methods"]
    allowed = response.headers["Access-Control-Allow-Headers"].lower().split(", ")
    assert {"authorization", "content-type"} <= set(allowed)
    assert "Access-Control-Allow-Credentials" not in response.headers
    assert "Origin" in response.headers["Vary"]


@pytest.mark.parametrize("origin", ["http://localhost:9001", "https://evil.example", "null"])
@pytest.mark.parametrize("path", ["/token", "/userinfo"])
def test_preflight_of_any_other_origin_is_not(world: World, path: str, origin: str) -> None:
    for method in ("OPTIONS", "POST"):
        response = world.browser().open(path, method=method, headers={"Origin": origin})
        assert "Access-Control-Allow-Origin" not in response.headers
        assert "Origin" in response.headers["Vary"]


def test_pages_of_a_public_component_read_answers_and_errors(world: World) -> None:
    party = RelyingParty.logged_in(world, "spa")
    origin = {"Origin": SPA_ORIGIN}
    code = party.code()
    good, bad = party.redeem(code, headers=origin), party.redeem("x", headers=origin)
    bearer = {"Authorization": f"Bearer {good.json['access_token']}", **origin}
    browser = world.browser()
    answers = [good, bad, browser.get("/userinfo", headers=bearer)]
    answers.append(browser.get("/userinfo", headers=origin))
    assert [one.status_code for one in answers] == [200, 400, 200, 401]
    for one in answers:
        assert one.headers["Access-Control-Allow-Origin"] == SPA_ORIGIN


@pytest.mark.parametrize("path", ["/authorize", "/logout", "/cuenta", "/"])
def test_pages_are_open_to_no_other_origin(world: World, path: str) -> None:
    response = world.browser().get(path, headers={"Origin": SPA_ORIGIN})
    assert "Access-Control-Allow-Origin" not in response.headers
