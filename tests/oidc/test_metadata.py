"""Discovery says what the provider does, JWKS shows public keys only, and CORS lets `spa` in."""

from __future__ import annotations

import pytest
from relying_party import RelyingParty

from tests.support.world import ISSUER, World

DISCOVERY = "/.well-known/openid-configuration"
SPA_ORIGIN = "http://localhost:9003"


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
