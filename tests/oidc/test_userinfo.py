"""`/userinfo`: claims by scope, to whoever holds a live access token."""

from __future__ import annotations

import re
from typing import Any

import pytest
from relying_party import RelyingParty
from werkzeug.test import TestResponse

from idp.kernel.identity import SOL, Identifier
from idp.people.person import UpstreamFacts
from tests.support.world import World

INVALID = re.compile(r'Bearer realm="vuce", error="invalid_token", error_description="[^"]+"')
VUCE = {"ruc", "usuario_sol", "tipo_usuario", "realm"}
PROFILE = {"name", "preferred_username", "updated_at"}


def refused(response: TestResponse) -> None:
    """RFC 6750 §3.1."""
    assert response.status_code == 401
    assert INVALID.fullmatch(response.headers["WWW-Authenticate"])
    assert response.json["error"] == "invalid_token"
    assert response.headers["Cache-Control"] == "no-store"


SCOPES = {
    "openid": {"sub"},
    "openid vuce": {"sub", *VUCE},
    "openid profile": {"sub", *PROFILE},
    "openid email": {"sub"},  # this person has no address, and so neither of its claims
    "openid profile email vuce": {"sub", *VUCE, *PROFILE},
}


@pytest.mark.parametrize("scope, names", SCOPES.items(), ids=SCOPES)
def test_claims_are_those_of_the_scopes(mr: RelyingParty, scope: str, names: set[str]) -> None:
    tokens = mr.tokens(scope=scope)
    response = mr.userinfo(tokens["access_token"])
    assert response.status_code == 200
    assert response.mimetype == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.json.keys() == names
    # OpenID Connect Core §5.3.2: the component compares the two.
    assert response.json["sub"] == mr.id_token(tokens["id_token"]).claims["sub"]


def test_claims_are_as_the_directory_has_them_now(mr: RelyingParty) -> None:
    token = mr.tokens(scope="openid profile")["access_token"]
    before = mr.userinfo(token).json
    named(mr.world, "EXPORTADORA RENOMBRADA S.A.")
    after = mr.userinfo(token).json
    named(mr.world, before["name"])
    assert before["name"] == "EXPORTADORA DE PRUEBA S.A."
    assert after["name"] == "EXPORTADORA RENOMBRADA S.A."
    assert after["sub"] == before["sub"]


def named(world: World, name: str) -> None:
    """SUNAT knows the test person by this name from now on."""
    facts = UpstreamFacts(
        realm=SOL, identifier=Identifier(SOL, "20131312955:EXPORTA1"), usuario="EXPORTA1",
        ruc="20131312955", tipo_usuario="0", name=name,
    )  # fmt: skip
    world.services.people.record_upstream_login(facts)


WAYS: dict[str, tuple[str, dict[str, Any], bool]] = {
    "header by GET": ("GET", {"headers": {"Authorization": "Bearer @"}}, True),
    "header by POST": ("POST", {"headers": {"Authorization": "Bearer @"}}, True),
    "scheme in other case": ("GET", {"headers": {"Authorization": "bEARER @"}}, True),
    "form body by POST": ("POST", {"data": {"access_token": "@"}}, True),
    "query": ("GET", {"query_string": {"access_token": "@"}}, False),
    "query by POST": ("POST", {"query_string": {"access_token": "@"}}, False),
    "JSON body": ("POST", {"json": {"access_token": "@"}}, False),
    "basic": ("GET", {"headers": {"Authorization": "Basic @"}}, False),
    "cookie": ("GET", {"headers": {"Cookie": "access_token=@"}}, False),
}


@pytest.mark.parametrize("method, how, good", WAYS.values(), ids=WAYS)
def test_token_is_read_from_header_or_form_body_only(
    mr: RelyingParty, method: str, how: dict[str, Any], good: bool
) -> None:
    token = mr.tokens()["access_token"]
    sent = {
        place: {name: value.replace("@", token) for name, value in values.items()}
        for place, values in how.items()
    }
    response = mr.world.browser().open("/userinfo", method=method, **sent)
    if good:
        assert (response.status_code, "sub" in response.json) == (200, True)
    else:
        # RFC 6750 §3.1: no error code where no token came.
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == 'Bearer realm="vuce"'


@pytest.mark.parametrize("token", ["unknown", "a" * 5000, "a b", "ñ", "..", "e30.e30."])
def test_unknown_token_is_refused(world: World, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}".encode().decode("latin-1")}
    refused(world.browser().get("/userinfo", headers=headers))


def test_token_lives_until_its_last_second_and_no_longer(mr: RelyingParty) -> None:
    tokens = mr.tokens()
    mr.world.clock.advance(tokens["expires_in"] - 1)
    assert mr.userinfo(tokens["access_token"]).status_code == 200
    mr.world.clock.advance(1)
    refused(mr.userinfo(tokens["access_token"]))


def test_revoked_token_is_refused(mr: RelyingParty) -> None:
    code = mr.code()
    token = mr.redeem(code).json["access_token"]
    mr.redeem(code)
    refused(mr.userinfo(token))


def test_neither_code_nor_id_token_nor_cookie_passes_for_an_access_token(mr: RelyingParty) -> None:
    cookie = mr.browser.get_cookie("idp_session")
    assert cookie is not None
    for other in (mr.code(), mr.tokens()["id_token"], cookie.value):
        refused(mr.userinfo(other))
