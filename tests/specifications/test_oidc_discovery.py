"""OpenID Connect Discovery 1.0, RFC 8414: each promise of the document is exercised.

A member that nobody exercises here fails the last test: the document cannot grow by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from idp.kernel.identity import Mode
from tests.support.components import KIDS, Party, Proof, component_key, sign, unsigned
from tests.support.world import CHALLENGE, ISSUER, World, query_of

Document = dict[str, Any]
CHECKS: dict[str, Callable[[World, Any], None]] = {}


def promises(*members: str) -> Callable[[Any], Any]:
    """This function exercises what the document says under these names."""

    def register(check: Callable[[World, Any], None]) -> Callable[[World, Any], None]:
        for member in members:
            CHECKS[member] = check
        return check

    return register


@pytest.fixture
def document(provider: World) -> Document:
    found: Document = provider.browser().get("/.well-known/openid-configuration").json
    return found


@promises("issuer")
def _issuer(world: World, value: str) -> None:
    """§4.3: what tokens say, character for character."""
    party = Party.logged_in(world, "renueva")
    assert party.id_token(party.tokens()["id_token"]).claims["iss"] == value == ISSUER
    assert party.answer()["iss"] == value


ENDPOINTS: dict[str, tuple[str, int]] = {
    "authorization_endpoint": ("GET", 400),
    "pushed_authorization_request_endpoint": ("POST", 401),
    "token_endpoint": ("POST", 400),
    "userinfo_endpoint": ("GET", 401),
    "introspection_endpoint": ("POST", 401),
    "revocation_endpoint": ("POST", 401),
    "end_session_endpoint": ("GET", 200),
    "jwks_uri": ("GET", 200),
}


@promises(*ENDPOINTS)
def _endpoint(world: World, value: str) -> None:
    """Each is there, and answers what an empty request deserves."""
    assert value.startswith(f"{ISSUER}/")
    found = world.browser().get("/.well-known/openid-configuration").json
    (name,) = (name for name in ENDPOINTS if found[name] == value)
    method, status = ENDPOINTS[name]
    assert world.browser().open(urlsplit(value).path, method=method).status_code == status


@promises("scopes_supported")
def _scopes(world: World, value: list[str]) -> None:
    """Each can be had, by a person's component or by a program, and nothing else is granted."""
    granted = Party.logged_in(world, "renueva").tokens(scope=" ".join([*value, "otro"]))["scope"]
    client = world.services.clients.get("renueva")
    assert client is not None
    assert set(granted.split()) == client.scopes
    answer = world.browser().post(
        "/token", data={"grant_type": "client_credentials"}, auth=("personas", world.secret)
    )
    own = set(answer.json["scope"].split())
    assert own == {one for one in value if ":" in one}
    assert client.scopes | own <= set(value)


@promises("response_types_supported")
def _response_types(world: World, value: list[str]) -> None:
    party = Party.logged_in(world, "renueva")
    assert value == ["code"]
    assert "code" in party.answer(response_type="code")
    for other in ("token", "id_token", "code id_token", "none"):
        assert party.answer(response_type=other)["error"] == "unsupported_response_type"


@promises("response_modes_supported")
def _response_modes(world: World, value: list[str]) -> None:
    party = Party.logged_in(world, "renueva")
    seen = {mode: party.authorize(response_mode=mode).status_code for mode in value}
    assert seen == {"query": 303, "form_post": 200}
    assert party.answer(response_mode="fragment")["error"] == "invalid_request"


@promises("grant_types_supported")
def _grant_types(world: World, value: list[str]) -> None:
    party, program = Party.logged_in(world, "renueva"), Party(world, world.browser(), "servicio")
    answer = party.tokens()
    assert party.refresh(answer["refresh_token"]).status_code == 200
    assert program.post("/token", {"grant_type": "client_credentials"}).status_code == 200
    assert value == ["authorization_code", "refresh_token", "client_credentials"]
    for other in ("password", "implicit", "urn:ietf:params:oauth:grant-type:device_code"):
        refused = party.post("/token", {"grant_type": other})
        assert refused.json["error"] == "unsupported_grant_type"


@promises("subject_types_supported")
def _subject_types(world: World, value: list[str]) -> None:
    subs = []
    for client_id in ("renueva", "llave", "par-a", "par-b"):
        party = Party.logged_in(world, client_id)
        subs.append(party.id_token(party.tokens()["id_token"]).claims["sub"])
    assert value == ["public", "pairwise"]
    assert subs[0] == subs[1]
    assert len(set(subs)) == 3


@promises("id_token_signing_alg_values_supported")
def _id_token_algorithms(world: World, value: list[str]) -> None:
    used = []
    for client_id in ("renueva", "origen"):
        party = Party.logged_in(world, client_id)
        used.append(party.id_token(party.tokens()["id_token"]).header["alg"])
    assert used == value == ["RS256", "ES256"]


@promises(
    "token_endpoint_auth_methods_supported",
    "revocation_endpoint_auth_methods_supported",
    "introspection_endpoint_auth_methods_supported",
)
def _methods(world: World, value: list[str]) -> None:
    for method in value:
        client_id = {
            "client_secret_basic": "renueva",
            "client_secret_post": "origen",
            "private_key_jwt": "llave",
            "none": "renueva-spa",
        }[method]
        party = Party.logged_in(world, client_id)
        token = party.tokens()["access_token"]
        if method == "none":
            assert party.post("/introspect", {"token": token}).status_code == 401
        else:
            assert party.post("/introspect", {"token": token}).json["active"] is True
        assert party.post("/revoke", {"token": token}).status_code == 200
    assert "client_secret_jwt" not in value


@promises(
    "token_endpoint_auth_signing_alg_values_supported",
    "revocation_endpoint_auth_signing_alg_values_supported",
    "introspection_endpoint_auth_signing_alg_values_supported",
)
def _assertion_algorithms(world: World, value: list[str]) -> None:
    party = Party.logged_in(world, "llave")
    token = party.tokens()["access_token"]
    for path in ("/introspect", "/revoke"):
        for alg in value:
            fields = party.by_assertion(alg)
            assert party.post(path, {"token": token, **fields}).status_code == 200, alg
    assert set(value) == set(KIDS)


@promises("acr_values_supported")
def _acr(world: World, value: list[str]) -> None:
    seen = []
    for mode in Mode:
        party = Party.logged_in(world, "renueva", mode)
        seen.append(party.id_token(party.tokens()["id_token"]).claims["acr"])
    assert seen == value


@promises("claims_supported", "claim_types_supported", "claims_parameter_supported")
def _claims(world: World, value: Any) -> None:
    if value in (True, ["normal"]):
        return
    party = Party.logged_in(world, "renueva")
    answer = party.tokens(claims='{"id_token": {"name": null}}')
    in_token = party.id_token(answer["id_token"]).claims
    assert "name" in in_token
    given = in_token.keys() | party.userinfo(answer["access_token"]).json.keys()
    assert given <= set(value)


@promises("code_challenge_methods_supported")
def _challenge_methods(world: World, value: list[str]) -> None:
    party = Party.logged_in(world, "renueva")
    assert value == ["S256"]
    assert "code" in party.answer()
    plain = party.answer(code_challenge_method="plain", code_challenge=CHALLENGE)
    assert plain["error"] == "invalid_request"


@promises("dpop_signing_alg_values_supported")
def _dpop(world: World, value: list[str]) -> None:
    party = Party.logged_in(world, "atado")
    assert value == ["PS256", "ES256", "EdDSA", "Ed25519"]
    for alg in value:
        proof = Proof(component_key(KIDS[alg]), alg).make(world, "POST", "/token")
        assert party.redeem(party.code(), headers={"DPoP": proof}).status_code == 200, alg
    wrong = Proof(component_key("rsa"), "RS256").make(world, "POST", "/token")
    refused = party.redeem(party.code(), headers={"DPoP": wrong})
    assert refused.json["error"] == "invalid_dpop_proof"


@promises("prompt_values_supported")
def _prompts(world: World, value: list[str]) -> None:
    for prompt in value:
        response = Party.logged_in(world, "renueva").authorize(prompt=prompt)
        assert "error" not in query_of(response.headers["Location"]), prompt
    other = Party.logged_in(world, "renueva").answer(prompt="create")
    assert other["error"] == "invalid_request"


@promises("ui_locales_supported")
def _languages(world: World, value: list[str]) -> None:
    for one in value:
        page = world.browser().get(f"/authorize?ui_locales=xx+{one}").text
        assert f'<html lang="{one}">' in page


@promises("request_parameter_supported", "request_object_signing_alg_values_supported")
def _request_objects(world: World, value: Any) -> None:
    party = Party.logged_in(world, "firma")
    params = {**party.params(), "aud": ISSUER, "iss": party.client_id}
    for alg in KIDS if value is True else value:
        signed = sign(component_key(KIDS[alg]), alg, params, kid=KIDS[alg])
        assert "code" in party.answer(request=signed), alg
    assert party.answer(request=unsigned(params))["error"] == "invalid_request_object"


@promises("request_uri_parameter_supported", "require_request_uri_registration")
def _request_uri(world: World, value: bool) -> None:
    answer = Party.logged_in(world, "renueva").answer(request_uri="https://a.example/o")
    assert value is False
    assert answer["error"] == "request_uri_not_supported"


@promises("require_pushed_authorization_requests", "require_signed_request_object")
def _not_required(world: World, value: bool) -> None:
    assert value is False
    assert "code" in Party.logged_in(world, "renueva").answer()


@promises("authorization_response_iss_parameter_supported")
def _response_issuer(world: World, value: bool) -> None:
    party = Party.logged_in(world, "renueva")
    assert value is True
    assert [party.answer(**one)["iss"] for one in ({}, {"prompt": "x"})] == [ISSUER, ISSUER]


@promises(
    "backchannel_logout_supported",
    "backchannel_logout_session_supported",
    "frontchannel_logout_supported",
)
def _logout(world: World, value: bool) -> None:
    """What is delivered, test_oidc_back_channel_logout shows."""
    party = Party.logged_in(world, "renueva")
    assert "sid" in party.id_token(party.tokens()["id_token"]).claims
    assert value in (True, False)


def test_every_member_is_kept(provider: World, document: Document) -> None:
    unknown = document.keys() - CHECKS.keys()
    assert not unknown, "promised, and exercised nowhere"


@pytest.mark.parametrize("member", sorted(CHECKS))
def test_promise_is_kept(provider: World, document: Document, member: str) -> None:
    if member == "require_request_uri_registration":
        assert member not in document
        return
    CHECKS[member](provider, document[member])


def test_what_discovery_requires_is_there(document: Document) -> None:
    """Discovery §3: required and recommended members."""
    assert {
        "issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri",
        "scopes_supported", "response_types_supported", "subject_types_supported",
        "id_token_signing_alg_values_supported", "claims_supported",
    } <= document.keys()  # fmt: skip
    assert "RS256" in document["id_token_signing_alg_values_supported"]
    assert "openid" in document["scopes_supported"]
    assert "none" not in document["request_object_signing_alg_values_supported"]


def test_every_key_has_a_kid_of_its_own(provider: World) -> None:
    keys = provider.browser().get("/jwks.json").json["keys"]
    assert len({key["kid"] for key in keys}) == len(keys) >= 2
    assert all(key["use"] == "sig" and "d" not in key for key in keys)
