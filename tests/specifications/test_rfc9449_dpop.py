"""RFC 9449: tokens that are bound to a key (DPoP)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.components import Party, Proof, component_key, refused, unsigned, verified
from tests.support.world import ISSUER, World, query_of

NOW = 1_772_463_600
KEY, OTHER = Proof(), Proof(component_key("ec-dpop-2"))


@pytest.fixture
def atado(provider: World) -> Party:
    """A component whose tokens must be bound."""
    return Party.logged_in(provider, "atado")


def with_proof(party: Party, **changes: Any) -> dict[str, str]:
    return {"DPoP": KEY.make(party.world, "POST", "/token", **changes)}


def bound(party: Party) -> dict[str, Any]:
    """A token answer that is bound to KEY."""
    answer = party.redeem(party.code(), headers=with_proof(party))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def test_token_of_a_proof_is_bound(atado: Party) -> None:
    """§5: `token_type` says so."""
    answer = bound(atado)
    assert answer["token_type"] == "DPoP"
    token = answer["access_token"]
    assert atado.userinfo(token, KEY.make(atado.world, "GET", "/userinfo", token)).json["sub"]


GOOD: dict[str, dict[str, Any]] = {
    "§4.3(9): query and fragment of htu do not count": {"htu": f"{ISSUER}/token?a=b#c"},
    "§4.3(9): host in upper case": {"htu": "http://LOCALHOST:8000/token"},
    "§4.3(11): iat ten seconds ago": {"iat": NOW - 10},
    "§4.3(11): iat ten seconds ahead": {"iat": NOW + 10},
    "§4.2: unknown claims": {"nonce": "no se pidió", "otro": 1},
    "typ in other case": {"header_typ": "DPoP+JWT"},
}


@pytest.mark.parametrize("changes", GOOD.values(), ids=GOOD)
def test_good_proof_is_taken(atado: Party, changes: dict[str, Any]) -> None:
    assert atado.redeem(atado.code(), headers=with_proof(atado, **changes)).status_code == 200


BAD: dict[str, dict[str, Any]] = {
    "§4.3(4): typ JWT": {"header_typ": "JWT"},
    "§4.3(4): no typ": {"header_typ": None},
    "§4.3(6): no key": {"header_jwk": None},
    "§4.3(6): another key": {"header_jwk": OTHER.key.as_dict(private=False)},
    "§4.3(7): a private key": {"header_jwk": KEY.key.as_dict(private=True)},
    "§4.3(8): htm of another method": {"htm": "GET"},
    "§4.3(8): no htm": {"htm": None},
    "§4.3(9): htu of another path": {"htu": f"{ISSUER}/userinfo"},
    "§4.3(9): htu of another host": {"htu": "http://otro.example/token"},
    "§4.3(9): no htu": {"htu": None},
    "§4.3(9): htu a number": {"htu": 1},
    "§4.3(11): too old": {"iat": NOW - 11},
    "§4.3(11): not yet": {"iat": NOW + 11},
    "§4.3(11): no iat": {"iat": None},
    "§4.3(11): iat in words": {"iat": "ahora"},
    "§4.2: no jti": {"jti": None},
}


@pytest.mark.parametrize("changes", BAD.values(), ids=BAD)
def test_bad_proof_is_refused_and_burns_nothing(atado: Party, changes: dict[str, Any]) -> None:
    code = atado.code()
    refused(atado.redeem(code, headers=with_proof(atado, **changes)), "invalid_dpop_proof")
    assert atado.redeem(code, headers=with_proof(atado)).status_code == 200


NONE = unsigned({"htm": "POST"}, typ="dpop+jwt", jwk=KEY.key.as_dict(private=False))


@pytest.mark.parametrize("proof", ["", "x", "a.b.c", "a, b", NONE])
def test_no_proof_at_all_is_refused(atado: Party, proof: str) -> None:
    headers = {"DPoP": proof} if proof else {}
    error = "invalid_dpop_proof" if proof else "invalid_request"
    refused(atado.redeem(atado.code(), headers=headers), error)


def test_proof_counts_once(atado: Party) -> None:
    """§11.1."""
    headers = with_proof(atado)
    assert atado.redeem(atado.code(), headers=headers).status_code == 200
    refused(atado.redeem(atado.code(), headers=headers), "invalid_dpop_proof")


def test_component_that_need_not_may(renueva: Party) -> None:
    answer = renueva.redeem(renueva.code(), headers=with_proof(renueva))
    assert answer.json["token_type"] == "DPoP"
    refused(renueva.redeem(renueva.code(), headers={"DPoP": "x"}), "invalid_dpop_proof")


def test_code_is_bound_to_the_key_that_the_request_named(atado: Party) -> None:
    """§10: `dpop_jkt`."""
    code = atado.code(dpop_jkt=OTHER.jkt)
    refused(atado.redeem(code, headers=with_proof(atado)), "invalid_grant")
    other = {"DPoP": OTHER.make(atado.world, "POST", "/token")}
    assert atado.redeem(code, headers=other).status_code == 200


def test_code_is_bound_to_the_key_of_a_pushed_request(atado: Party) -> None:
    """§10.1."""
    proof = {"DPoP": OTHER.make(atado.world, "POST", "/par")}
    begun = atado.begin(atado.push(headers=proof).json["request_uri"])
    code = query_of(begun.headers["Location"])["code"]
    refused(atado.redeem(code, headers=with_proof(atado)), "invalid_grant")
    other = {"DPoP": OTHER.make(atado.world, "POST", "/token")}
    assert atado.redeem(code, headers=other).status_code == 200


def test_pushed_request_that_names_another_key_is_refused(atado: Party) -> None:
    """§10.1."""
    proof = {"DPoP": OTHER.make(atado.world, "POST", "/par")}
    refused(atado.push(dpop_jkt=KEY.jkt, headers=proof), "invalid_dpop_proof")


@pytest.mark.parametrize("jkt", ["x", "a" * 42, "ñ" * 43])
def test_impossible_thumbprint_is_refused(atado: Party, jkt: str) -> None:
    assert atado.answer(dpop_jkt=jkt)["error"] == "invalid_request"


def challenge(response: Any, error: str) -> None:
    """§7.1: 401 with the scheme, the error and the algorithms."""
    assert response.status_code == 401
    told = response.headers["WWW-Authenticate"]
    assert told.startswith("DPoP ") and f'error="{error}"' in told
    assert 'algs="PS256 ES256 EdDSA Ed25519"' in told


def test_bound_token_is_no_bearer_token(atado: Party) -> None:
    """§7.2."""
    token = bound(atado)["access_token"]
    challenge(atado.userinfo(token), "invalid_token")
    body = atado.world.browser().post("/userinfo", data={"access_token": token})
    challenge(body, "invalid_token")


def test_bearer_token_is_none_of_dpop(renueva: Party) -> None:
    token = renueva.tokens()["access_token"]
    proof = KEY.make(renueva.world, "GET", "/userinfo", token)
    challenge(renueva.userinfo(token, proof), "invalid_token")


RESOURCE: dict[str, tuple[dict[str, Any], str]] = {
    "§4.3(12a): no ath": ({"ath": None}, "invalid_dpop_proof"),
    "§4.3(12a): ath of another token": ({"ath": "x" * 43}, "invalid_dpop_proof"),
    "§7.1: another method": ({"htm": "POST"}, "invalid_dpop_proof"),
    "§7.1: another endpoint": ({"htu": f"{ISSUER}/token"}, "invalid_dpop_proof"),
    "§7.1: too old": ({"iat": NOW - 60}, "invalid_dpop_proof"),
}


@pytest.mark.parametrize("changes, error", RESOURCE.values(), ids=RESOURCE)
def test_bad_proof_at_userinfo_is_refused(
    atado: Party, changes: dict[str, Any], error: str
) -> None:
    token = bound(atado)["access_token"]
    proof = KEY.make(atado.world, "GET", "/userinfo", token, **changes)
    challenge(atado.userinfo(token, proof), error)


def test_another_key_or_a_second_use_is_refused_at_userinfo(atado: Party) -> None:
    token = bound(atado)["access_token"]
    others = OTHER.make(atado.world, "GET", "/userinfo", token)
    challenge(atado.userinfo(token, others), "invalid_token")
    proof = KEY.make(atado.world, "GET", "/userinfo", token)
    assert atado.userinfo(token, proof).status_code == 200
    challenge(atado.userinfo(token, proof), "invalid_dpop_proof")


def test_refresh_token_of_a_public_component_is_bound(provider: World) -> None:
    """§5."""
    spa = Party.logged_in(provider, "renueva-spa")
    first = spa.redeem(spa.code(), headers=with_proof(spa)).json
    refused(spa.refresh(first["refresh_token"]), "invalid_grant")
    other = {"DPoP": OTHER.make(provider, "POST", "/token")}
    refused(spa.refresh(first["refresh_token"], headers=other), "invalid_grant")
    again = spa.refresh(first["refresh_token"], headers=with_proof(spa))
    assert again.json["token_type"] == "DPoP"


def test_confidential_component_may_change_its_key(atado: Party) -> None:
    """§5: its refresh tokens are bound to the component itself."""
    first = bound(atado)
    other = {"DPoP": OTHER.make(atado.world, "POST", "/token")}
    token = atado.refresh(first["refresh_token"], headers=other).json["access_token"]
    proof = OTHER.make(atado.world, "GET", "/userinfo", token)
    assert atado.userinfo(token, proof).status_code == 200


def test_key_stands_in_jwt_and_introspection(provider: World) -> None:
    """§6.1, §6.2."""
    party = Party.logged_in(provider, "token-jwt")
    token = party.redeem(party.code(), headers=with_proof(party)).json["access_token"]
    assert verified(provider, token).claims["cnf"] == {"jkt": KEY.jkt}
    seen = party.post("/introspect", {"token": token}).json
    assert (seen["cnf"], seen["token_type"]) == ({"jkt": KEY.jkt}, "DPoP")
