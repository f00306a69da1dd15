"""RFC 7662: token introspection."""

from __future__ import annotations

import pytest

from tests.support.components import Party, refused
from tests.support.world import ISSUER, World


def test_component_sees_its_own_tokens(renueva: Party) -> None:
    """§2.2."""
    answer = renueva.tokens()
    access = renueva.post("/introspect", {"token": answer["access_token"]})
    assert access.headers["Cache-Control"] == "no-store"
    claims = renueva.id_token(answer["id_token"]).claims
    assert access.json == {
        "active": True,
        "iss": ISSUER,
        "sub": claims["sub"],
        "client_id": "renueva",
        "scope": answer["scope"],
        "iat": claims["iat"],
        "exp": claims["iat"] + answer["expires_in"],
        "token_type": "Bearer",
        "auth_time": claims["auth_time"],
        "acr": claims["acr"],
        "amr": claims["amr"],
    }
    refresh = renueva.post("/introspect", {"token": answer["refresh_token"]}).json
    assert refresh["active"] is True
    assert "token_type" not in refresh


def test_api_sees_tokens_of_those_that_call_it(renueva: Party) -> None:
    """§4: by `may_introspect`, and nobody else's."""
    api = Party(renueva.world, renueva.browser, "api")
    token = renueva.tokens()["access_token"]
    assert api.post("/introspect", {"token": token}).json["active"] is True
    other = Party.logged_in(renueva.world, "gracia").tokens()["access_token"]
    assert api.post("/introspect", {"token": other}).json == {"active": False}
    stranger = Party(renueva.world, renueva.browser, "gracia")
    assert stranger.post("/introspect", {"token": token}).json == {"active": False}


def test_what_is_over_is_not_active(renueva: Party) -> None:
    """§2.2: expired, revoked, rotated, or never ours."""
    answer = renueva.tokens()
    rotated = answer["refresh_token"]
    renueva.refresh(rotated)
    renueva.post("/revoke", {"token": answer["access_token"]})
    late = renueva.tokens()["access_token"]
    renueva.world.clock.advance(900)
    for token in (rotated, answer["access_token"], late, "x", "a.b.c", answer["id_token"]):
        assert renueva.post("/introspect", {"token": token}).json == {"active": False}


def test_jwt_is_seen_like_an_opaque_one(provider: World) -> None:
    party = Party.logged_in(provider, "token-jwt")
    token = party.tokens()["access_token"]
    assert party.post("/introspect", {"token": token}).json["active"] is True
    head, body, signature = token.split(".")
    altered = f"{head}.{body}.{signature[:-4]}AAAA"
    assert party.post("/introspect", {"token": altered}).json == {"active": False}


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "otra_cosa"])
def test_hint_never_stands_in_the_way(renueva: Party, hint: str) -> None:
    """§2.1."""
    form = {"token": renueva.tokens()["access_token"], "token_type_hint": hint}
    assert renueva.post("/introspect", form).json["active"] is True


def test_caller_must_authenticate(provider: World) -> None:
    """§2.1: a public component cannot."""
    spa = Party.logged_in(provider, "renueva-spa")
    token = spa.tokens()["access_token"]
    refused(spa.post("/introspect", {"token": token}), "invalid_client", (401,))
    renueva = Party.logged_in(provider, "renueva")
    refused(renueva.post("/introspect", {"token": token}, auth=None), "invalid_client", (401,))


def test_token_must_be_given(renueva: Party) -> None:
    refused(renueva.post("/introspect", {}), "invalid_request")


def test_tokens_of_a_disabled_component_are_over(provider: World) -> None:
    """An emergency counts at once, also for what was issued."""
    party = Party.logged_in(provider, "renueva")
    answer = party.tokens()
    path = provider.settings.clients_file
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace('"client_id": "renueva",', '"client_id": "renueva", "disabled": true,'),
        encoding="utf-8",
    )
    provider.services.clients.reload()
    assert party.userinfo(answer["access_token"]).status_code == 401
    api = Party(provider, provider.browser(), "api")
    assert api.post("/introspect", {"token": answer["access_token"]}).json == {"active": False}
    refused(party.refresh(answer["refresh_token"]), "invalid_client", (401,))
