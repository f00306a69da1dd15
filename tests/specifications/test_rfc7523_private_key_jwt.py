"""RFC 7523, RFC 7521 and OpenID Connect Core §9: `private_key_jwt`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.components import KIDS, Party, component_key, refused
from tests.support.world import ISSUER, World

NOW = 1_772_463_600  # the world's hour


def party(provider: World, client_id: str = "llave") -> Party:
    return Party.logged_in(provider, client_id)


@pytest.mark.parametrize("alg", KIDS)
def test_assertion_by_each_algorithm_is_taken(provider: World, alg: str) -> None:
    llave = party(provider)
    answer = llave.redeem(llave.code(), **llave.by_assertion(alg))
    assert answer.status_code == 200, answer.text


GOOD: dict[str, dict[str, Any]] = {
    "RFC 7523 §3(3): aud is the issuer": {"aud": ISSUER},
    "§3(3): aud is the token endpoint": {"aud": f"{ISSUER}/token"},
    "§3(3): aud is a list of one": {"aud": [ISSUER]},
    "§3(5): nbf a little ahead": {"nbf": NOW + 8},
    "§3(6): iat a little ahead": {"iat": NOW + 8},
    "§3(4): exp within the hour": {"exp": NOW + 3_600},
    "no iat": {"iat": None},
    "unknown claim": {"otro": {"a": 1}},
    "typ JWT": {"header_typ": "JWT"},
    "typ of its own": {"header_typ": "client-authentication+jwt"},
}


@pytest.mark.parametrize("changes", GOOD.values(), ids=GOOD)
def test_good_assertion_is_taken(provider: World, changes: dict[str, Any]) -> None:
    llave = party(provider)
    assert llave.redeem(llave.code(), **llave.by_assertion(**changes)).status_code == 200


BAD: dict[str, dict[str, Any]] = {
    "RFC 7523 §3(1): no iss": {"iss": None},
    "§3(1): another iss": {"iss": "mr"},
    "§3(2): no sub": {"sub": None},
    "§3(2): another sub": {"sub": "mr"},
    "§3(3): no aud": {"aud": None},
    "§3(3): another server": {"aud": "https://otro.example"},
    "§3(3): several servers": {"aud": [ISSUER, "https://otro.example"]},
    "§3(3): almost ours": {"aud": f"{ISSUER}/"},
    "§3(4): no exp": {"exp": None},
    "§3(4): expired": {"exp": NOW - 60},
    "§3(4): for days": {"exp": NOW + 86_400},
    "§3(4): exp in words": {"exp": "mañana"},
    "§3(4): exp true": {"exp": True},
    "§3(5): not yet": {"nbf": NOW + 61},
    "§3(6): made later": {"iat": NOW + 61},
    "§3(7): no jti": {"jti": None},
    "§3(7): jti a number": {"jti": 7},
    "§3(7): jti without end": {"jti": "x" * 300},
    "RFC 8725 §3.11: an access token": {"header_typ": "at+jwt"},
    "§3(9): another component's key": {"key": component_key("ec-other")},
    "§3(9): unknown kid": {"kid": "nadie", "key": component_key("ec")},
}


@pytest.mark.parametrize("changes", BAD.values(), ids=BAD)
def test_bad_assertion_is_refused_and_burns_nothing(
    provider: World, changes: dict[str, Any]
) -> None:
    llave = party(provider)
    code = llave.code()
    refused(llave.redeem(code, **llave.by_assertion(**changes)), "invalid_client", (401,))
    assert llave.redeem(code).status_code == 200


@pytest.mark.parametrize("alg", ["HS256", "none", "RS512"])
def test_other_algorithm_is_refused(provider: World, alg: str) -> None:
    """RFC 8725 §3.1; no secret of a component is ever a key."""
    from joserfc.jwk import OctKey

    from tests.support.components import sign, unsigned

    llave = party(provider)
    claims = {"iss": "llave", "sub": "llave", "aud": ISSUER, "exp": NOW + 60, "jti": "j"}
    tokens: dict[str, Callable[[], str]] = {
        "none": lambda: unsigned(claims),
        "HS256": lambda: sign(OctKey.import_key("x" * 32), "HS256", claims),  # type: ignore[arg-type]
        "RS512": lambda: sign(component_key("rsa"), "RS512", claims, kid="rsa"),
    }
    fields = {**llave.by_assertion(), "client_assertion": tokens[alg]()}
    refused(llave.redeem(llave.code(), **fields), "invalid_client", (401,))


def test_assertion_counts_once(provider: World) -> None:
    """RFC 7523 §3(7)."""
    llave = party(provider)
    fields = llave.by_assertion()
    assert llave.redeem(llave.code(), **fields).status_code == 200
    refused(llave.redeem(llave.code(), **fields), "invalid_client", (401,))


FORMS: dict[str, dict[str, Any]] = {
    "RFC 7521 §4.2: no type": {"client_assertion_type": None},
    "§4.2: another type": {"client_assertion_type": "urn:ietf:params:oauth:x"},
    "§4.2: no assertion": {"client_assertion": None},
    "§4.2: no token": {"client_assertion": "a.b"},
    "§4.2: no JSON": {"client_assertion": "YQ.YQ.YQ"},
    "§4.2: another client_id": {"client_id": "mr"},
}


@pytest.mark.parametrize("changes", FORMS.values(), ids=FORMS)
def test_malformed_authentication_is_refused(provider: World, changes: dict[str, Any]) -> None:
    llave = party(provider)
    refused(llave.redeem(llave.code(), **changes), "invalid_client", (401,))


def test_two_methods_at_once_are_refused(provider: World) -> None:
    """RFC 6749 §2.3."""
    llave = party(provider)
    refused(llave.redeem(llave.code(), auth=("llave", "x")), "invalid_request")
    refused(llave.redeem(llave.code(), client_secret="x"), "invalid_request")


def test_method_is_the_registered_one(provider: World) -> None:
    """A component with a secret does not get in by a key, nor the other way round."""
    renueva, llave = party(provider, "renueva"), party(provider)
    by_key = {**llave.by_assertion(iss="renueva", sub="renueva")}
    refused(renueva.redeem(renueva.code(), auth=None, **by_key), "invalid_client", (401,))
    none = {"client_assertion": None, "client_assertion_type": None, "client_id": "llave"}
    refused(llave.redeem(llave.code(), **none), "invalid_client", (401,))


def test_registered_algorithm_is_the_only_one(tmp_path: Any, valkey: str) -> None:
    from tests.support.components import clients_text
    from tests.support.world import build_world

    text = clients_text(llave={"token_endpoint_auth_signing_alg": "PS256"})
    llave = party(build_world(tmp_path, valkey, clients=text))
    refused(llave.redeem(llave.code()), "invalid_client", (401,))
    assert llave.redeem(llave.code(), **llave.by_assertion("PS256")).status_code == 200


def test_key_sets_of_components_hold_public_keys_only() -> None:
    from tests.support.components import public_jwks

    assert all("d" not in key for key in json.loads(public_jwks("rsa", "ec", "okp"))["keys"])
