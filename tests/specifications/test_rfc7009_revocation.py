"""RFC 7009: token revocation."""

from __future__ import annotations

import pytest

from tests.support.components import Party, refused
from tests.support.world import World


def test_access_token_ends_alone(renueva: Party) -> None:
    """§2."""
    answer = renueva.tokens()
    gone = renueva.post("/revoke", {"token": answer["access_token"]})
    assert (gone.status_code, gone.headers["Cache-Control"]) == (200, "no-store")
    assert renueva.userinfo(answer["access_token"]).status_code == 401
    assert renueva.refresh(answer["refresh_token"]).status_code == 200


def test_refresh_token_takes_its_family_along(renueva: Party) -> None:
    """§2.1."""
    first = renueva.tokens()
    second = renueva.refresh(first["refresh_token"]).json
    assert renueva.post("/revoke", {"token": second["refresh_token"]}).status_code == 200
    refused(renueva.refresh(second["refresh_token"]), "invalid_grant")
    for answer in (first, second):
        assert renueva.userinfo(answer["access_token"]).status_code == 401


def test_jwt_access_token_ends(provider: World) -> None:
    party = Party.logged_in(provider, "token-jwt")
    token = party.tokens()["access_token"]
    assert party.userinfo(token).status_code == 200
    party.post("/revoke", {"token": token})
    assert party.userinfo(token).status_code == 401


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "otra_cosa"])
def test_hint_never_stands_in_the_way(renueva: Party, hint: str) -> None:
    """§2.1: also a wrong or an unknown one."""
    answer = renueva.tokens()
    for name in ("access_token", "refresh_token"):
        form = {"token": answer[name], "token_type_hint": hint}
        assert renueva.post("/revoke", form).status_code == 200
    assert renueva.userinfo(answer["access_token"]).status_code == 401
    refused(renueva.refresh(answer["refresh_token"]), "invalid_grant")


@pytest.mark.parametrize("token", ["x", "a.b.c", "ñ", "x" * 5_000])
def test_unknown_token_is_no_error(renueva: Party, token: str) -> None:
    """§2.2."""
    assert renueva.post("/revoke", {"token": token}).status_code == 200


def test_token_of_another_component_is_refused_and_lives(renueva: Party) -> None:
    """§2.1."""
    answer = renueva.tokens()
    other = Party(renueva.world, renueva.browser, "gracia")
    for name in ("access_token", "refresh_token"):
        refused(other.post("/revoke", {"token": answer[name]}), "invalid_grant")
    assert renueva.userinfo(answer["access_token"]).status_code == 200


def test_component_must_authenticate(renueva: Party) -> None:
    token = renueva.tokens()["access_token"]
    refused(renueva.post("/revoke", {"token": token}, auth=None), "invalid_client", (401,))
    assert renueva.userinfo(token).status_code == 200


def test_token_must_be_given_once(renueva: Party) -> None:
    refused(renueva.post("/revoke", {}), "invalid_request")
    refused(renueva.post("/revoke", {"token": ["a", "b"]}), "invalid_request")


def test_public_component_may_revoke_from_its_own_pages(provider: World) -> None:
    """§2 with RFC 6749 §3.2.1, §2.3 on CORS."""
    spa = Party.logged_in(provider, "renueva-spa")
    token = spa.tokens()["access_token"]
    origin = {"Origin": "http://localhost:9012"}
    gone = spa.post("/revoke", {"token": token}, headers=origin)
    assert gone.headers["Access-Control-Allow-Origin"] == origin["Origin"]
    assert spa.userinfo(token).status_code == 401
