"""What a component speaks: each rule has a block that breaks it, and a message that helps.

In the tables, lines are those of `document(client(...))`: 2 client_id, 5 scope, 6 secrets, then
whatever else a row adds.
"""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from clients_texts import Load, client, document


def _number(length: int) -> str:
    return base64.urlsafe_b64encode(b"\xf1" * length).rstrip(b"=").decode()


RSA = {"kty": "RSA", "n": _number(256), "e": "AQAB"}
EC = {"kty": "EC", "crv": "P-256", "x": _number(32), "y": _number(32)}
OKP = {"kty": "OKP", "crv": "Ed25519", "x": _number(32)}


def jwks(*keys: dict[str, Any]) -> str:
    return json.dumps({"keys": list(keys)})


def without(key: dict[str, Any], name: str) -> dict[str, Any]:
    return {one: value for one, value in key.items() if one != name}


BY_KEY = {"secrets": None, "token_endpoint_auth_method": "private_key_jwt"}
PUBLIC = {"secrets": None, "token_endpoint_auth_method": "none"}
KEY = "clients[0].jwks.keys[0]"
SERVICE = {
    "scope": "api:leer", "grant_types": "[client_credentials]", "redirect_uris": None
}  # fmt: skip
READER = {**SERVICE, "scope": "scim:read"}
REFRESH = "[authorization_code, refresh_token]"
FAPI = {
    **BY_KEY, "profile": "fapi2", "jwks_uri": "https://a.pe/jwks.json",
    "id_token_signed_response_alg": "ES256",
}  # fmt: skip

# id: (what the client's lines are, path, a word of the message, a word of the advice)
BAD = {
    "refresh alone": ({"grant_types": "[refresh_token]"}, "grant_types", "authorization_code",
                      "[authorization_code, refresh_token]"),
    "credentials of a public one": (
        {**PUBLIC, **SERVICE}, "grant_types", "se autentique", "token_endpoint_auth_method",
    ),
    "credentials for no API": ({**SERVICE, "scope": "openid"}, "scope", "scope de alguna",
                               "api:leer"),
    "address of a service": ({**SERVICE, "redirect_uris": "['https://a.pe/c']"}, "redirect_uris",
                             "nadie ingresa", "agregue el grant"),
    "nudge of a service": ({**SERVICE, "nudge": "{missing: false}"}, "nudge", "nadie ingresa",
                           "agregue el grant"),
    "grace without refresh": ({"refresh_grace": "5"}, "refresh_grace", "refresh_token", "quítelo"),
    "offline without refresh": ({"scope": "openid offline_access"}, "scope", "offline_access",
                                "refresh_token"),
    "keys twice": ({**BY_KEY, "jwks": jwks(EC), "jwks_uri": "https://a.pe/j"}, "jwks_uri",
                   "a la vez", "deje uno"),
    "no keys to prove itself": (BY_KEY, "jwks", "private_key_jwt", "jwks_uri"),
    "no keys to sign with": ({"require_signed_request_object": "true"}, "jwks",
                             "require_signed_request_object", "jwks_uri"),
    "keys by http": ({**BY_KEY, "jwks_uri": "http://a.pe/j"}, "jwks_uri", "http", "https"),
    "keys from nowhere": ({**BY_KEY, "jwks_uri": "jwks.json"}, "jwks_uri", "absoluta",
                          "jwks.json"),
    "alg without keys": ({"token_endpoint_auth_signing_alg": "ES256"},
                         "token_endpoint_auth_signing_alg", "private_key_jwt", "quítelo"),
    "alg of no key": ({**BY_KEY, "jwks": jwks(RSA), "token_endpoint_auth_signing_alg": "ES256"},
                      "token_endpoint_auth_signing_alg", "ES256", "llave EC"),
    "key to encrypt": ({**BY_KEY, "jwks": jwks({**EC, "use": "enc"})}, "jwks.keys[0].use",
                       "firmar", "sig"),
    "alg of another kind": ({**BY_KEY, "jwks": jwks({**EC, "alg": "RS256"})}, "jwks.keys[0].alg",
                            "«RS256»", "ES256"),
    "pairwise for a service": ({**SERVICE, "subject_type": "pairwise"}, "subject_type",
                               "nadie ingresa", "agregue el grant"),
    "audience of an opaque token": ({"access_token_audience": "['https://a.pe/']"},
                                    "access_token_audience", "jwt", "formato `jwt`"),
    "audience by http": ({"access_token_format": "jwt", "access_token_audience": "['http://a.pe']"},
                         "access_token_audience[0]", "http", "https"),
    "public one that looks at tokens": ({**PUBLIC, "may_introspect": "[uno]"}, "may_introspect",
                                        "se autentique", "token_endpoint_auth_method"),
    "tokens of nobody": ({"may_introspect": "[unno]"}, "may_introspect[0]", "«unno»", "uno"),
    "back channel by http": ({"backchannel_logout_uri": "http://a.pe/l"}, "backchannel_logout_uri",
                             "http", "https"),
    "typ without back channel": ({"logout_token_typ": "JWT"}, "logout_token_typ",
                                 "backchannel_logout_uri", "quítelo"),
    "sid without back channel": ({"backchannel_logout_session_required": "true"},
                                 "backchannel_logout_session_required", "backchannel_logout_uri",
                                 "quítelo"),
    "sector of a public subject": ({"sector_identifier_uri": "https://a.pe/s"},
                                   "sector_identifier_uri", "pairwise", "quítelo"),
    "sector by http": ({"subject_type": "pairwise", "sector_identifier_uri": "http://a.pe/s"},
                       "sector_identifier_uri", "http", "https"),
    "pairwise over two hosts": (
        {"subject_type": "pairwise", "redirect_uris": "['https://a.pe/c', 'https://b.pe/c']"},
        "subject_type", "varios dominios", "sector_identifier_uri",
    ),
    "fapi with a secret": ({"profile": "fapi2", "id_token_signed_response_alg": "ES256"},
                           "token_endpoint_auth_method", "private_key_jwt", "private_key_jwt"),
    "fapi by RS256": ({**FAPI, "token_endpoint_auth_signing_alg": "RS256"},
                      "token_endpoint_auth_signing_alg", "RS256", "ES256"),
    "fapi with an RS256 token": ({**FAPI, "id_token_signed_response_alg": "RS256"},
                                 "id_token_signed_response_alg", "RS256", "ES256"),
    "fapi with the usual token": ({**FAPI, "id_token_signed_response_alg": None},
                                  "id_token_signed_response_alg", "RS256", "ES256"),
    "fapi without PKCE": ({**FAPI, "require_pkce": "false"}, "require_pkce", "exige", "quítelo"),
    "fapi without PAR": ({**FAPI, "require_pushed_authorization_requests": "false"},
                         "require_pushed_authorization_requests", "exige", "quítelo"),
    "fapi without DPoP": ({**FAPI, "dpop_bound_access_tokens": "false"},
                          "dpop_bound_access_tokens", "exige", "quítelo"),
    "fapi with grace": ({**FAPI, "grant_types": REFRESH, "refresh_grace": "5"}, "refresh_grace",
                        "no rota", "quítelo"),
    "scope that SCIM has not": ({**SERVICE, "scope": "scim:leer"}, "scope", "«scim:leer»",
                                "scim:read, scim:write"),
    "scope that the console has not": (
        {**SERVICE, "scope": "admin:todo"}, "scope", "«admin:todo»", "admin:read, admin:switch"
    ),
    "switch in hand of what lets people in": (
        {"scope": "openid admin:switch", "grant_types": "[authorization_code, client_credentials]"},
        "scope", "único grant", "client_credentials",
    ),
    "console's scope without its grant": (
        {"scope": "openid admin:read"}, "scope", "único grant", "client_credentials"
    ),
    "last word of a reader": ({**READER, "scim": "{wins: vuce}"}, "scim.wins", "scim:write",
                              "quítelo"),
    "trust in a reader": ({**READER, "scim": "{trust_logins: true}"}, "scim.trust_logins",
                          "scim:write", "quítelo"),
    "last word of nobody": ({**READER, "scim": "{wins: sunat}"}, "scim.wins", "«sunat»", "vuce"),
    "events for a writer alone": (
        {**SERVICE, "scope": "scim:write", "scim": "{events_uri: 'https://a.pe/e'}"},
        "scim.events_uri", "scim:read", "quítelo",
    ),
    "events for a component": (
        {"scope": "openid scim:read", "scim": "{events_uri: 'https://a.pe/e'}"},
        "scim.events_uri", "client_credentials", "quítelo",
    ),
    "events by http": ({**READER, "scim": "{events_uri: 'http://a.pe/e'}"}, "scim.events_uri",
                       "http", "https"),
    "events to nowhere": ({**READER, "scim": "{events_uri: avisos}"}, "scim.events_uri",
                          "absoluta", "avisos"),
    "status by http": ({"status": "{events_uri: 'http://a.pe/e'}"}, "status.events_uri",
                       "http", "https"),
    "status to nowhere": ({"status": "{events_uri: avisos}"}, "status.events_uri",
                          "absoluta", "avisos"),
    "unknown word of status": ({"status": "{eventos_uri: x}"}, "status.eventos_uri",
                               "desconocida", "events_uri"),
    "unknown word of scim": ({**READER, "scim": "{eventos_uri: x}"}, "scim.eventos_uri",
                             "desconocida", "events_uri"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD.values(), ids=BAD.keys())
def test_load_block_that_breaks_one_rule_is_told_that_rule_alone(load: Load, case: tuple) -> None:
    lines, path, message, instead = case
    result = load(document(client(**lines)))
    assert [one.path for one in result.problems] == [f"clients[0].{path}"]
    (problem,) = result.problems
    assert message in problem.message
    assert instead in problem.instead
    assert problem.line >= 2
    assert not result.clients


# id: (the key, path below it, a word of the message, a word of the advice)
KEYS = {
    "private": ({**EC, "d": "secreto-mio"}, "", "partes privadas (d)", "cambie esa llave"),
    "symmetric": ({"kty": "oct", "k": "secreto-mio"}, "", "partes privadas (k)", "pública"),
    "no kind": (without(EC, "kty"), ".kty", "«None»", "RSA, EC u OKP"),
    "unknown kind": ({**EC, "kty": "AKP"}, ".kty", "«AKP»", "RSA, EC u OKP"),
    "kind is a number": ({**EC, "kty": 1}, ".kty", "«1»", "RSA, EC u OKP"),
    "half a point": (without(EC, "y"), "", "le falta y", "completa"),
    "no modulus": (without(RSA, "n"), "", "le falta n", "completa"),
    "other curve": ({**EC, "crv": "P-521"}, ".crv", "«P-521»", "P-256"),
    "other edwards curve": ({**OKP, "crv": "X25519"}, ".crv", "«X25519»", "Ed25519"),
    "padded": ({**EC, "x": EC["x"] + "="}, "", "base64url", "completa"),
    "one character": ({**OKP, "x": "A"}, "", "base64url", "completa"),
    "cut short": ({**EC, "x": _number(31)}, "", "largo de su curva", "completa"),
    "too long": ({**OKP, "x": _number(33)}, "", "largo de su curva", "completa"),
    "weak RSA": ({**RSA, "n": _number(128)}, ".n", "demasiado corta", "2048"),
    "kid is a number": ({**RSA, "kid": 7}, ".kid", "un texto", "comillas"),
}  # fmt: skip


@pytest.mark.parametrize("case", KEYS.values(), ids=KEYS.keys())
def test_load_key_that_cannot_be_used_is_told_without_repeating_it(load: Load, case: tuple) -> None:
    key, below, message, instead = case
    problems = load(document(client(**BY_KEY, jwks=jwks(key)))).problems
    assert [one.path for one in problems] == [KEY + below]
    assert message in problems[0].message
    assert instead in problems[0].instead
    assert "secreto-mio" not in str(problems[0])


@pytest.mark.parametrize("kids", [("a", "a"), ("a", None)], ids=["the same", "only one"])
def test_load_keys_that_nobody_can_tell_apart_are_refused(load: Load, kids: tuple) -> None:
    keys = [{**EC, "kid": kid} if kid else EC for kid in kids]
    problems = load(document(client(**BY_KEY, jwks=jwks(*keys)))).problems
    assert [one.path for one in problems] == ["clients[0].jwks.keys[1].kid"]
    assert "`kid` propio" in problems[0].message


GOOD = {
    "keys of every kind": {
        **BY_KEY, "jwks": jwks({**RSA, "kid": "r"}, {**EC, "kid": "e"}, {**OKP, "kid": "o"}),
        "token_endpoint_auth_signing_alg": "PS256",
    },
    "one key without a name": {**BY_KEY, "jwks": jwks(OKP),
                               "token_endpoint_auth_signing_alg": "EdDSA"},
    "refresh with grace": {"grant_types": REFRESH, "refresh_grace": "60",
                           "scope": "openid offline_access"},
    "a service": SERVICE,
    "keys beside a secret, for requests": {"jwks": jwks(EC),
                                           "require_signed_request_object": "true"},
    "jwt": {"access_token_format": "jwt", "access_token_audience": "['https://a.pe/']"},
    "back channel": {"backchannel_logout_uri": "https://a.pe/l", "logout_token_typ": "JWT",
                     "backchannel_logout_session_required": "true"},
    "pairwise over one host": {
        "subject_type": "pairwise", "redirect_uris": "['https://a.pe/c', 'https://A.pe:443/d']",
    },
    "pairwise over two hosts": {
        "subject_type": "pairwise", "redirect_uris": "['https://a.pe/c', 'https://b.pe/c']",
        "sector_identifier_uri": "https://a.pe/s",
    },
    "sees its own tokens and more": {"may_introspect": "[uno]"},
    "fapi": {**FAPI, "grant_types": REFRESH, "token_endpoint_auth_signing_alg": "EdDSA"},
    "people by SCIM": {
        **SERVICE, "scope": "scim:read scim:write",
        "scim": "{wins: vuce, trust_logins: true, events_uri: 'https://a.pe/e'}",
    },
    "people's events": {**READER, "scim": "{events_uri: 'https://a.pe/e'}"},
    "events of the status": {"status": "{events_uri: 'https://a.pe/e'}"},
    "events of the status on this machine": {"status": "{events_uri: 'http://localhost:8001/e'}"},
    "a monitoring system": {**SERVICE, "scope": "admin:read admin:switch"},
}  # fmt: skip


@pytest.mark.parametrize("lines", GOOD.values(), ids=GOOD.keys())
def test_load_block_within_the_rules_has_no_problem(load: Load, lines: dict) -> None:
    assert load(document(client(**lines))).problems == ()


IN_PRODUCTION = {
    "jwks_uri": {**BY_KEY, "jwks_uri": "http://localhost/j"},
    "backchannel_logout_uri": {"backchannel_logout_uri": "http://localhost/l"},
    "status.events_uri": {"status": "{events_uri: 'http://localhost/l'}"},
    "access_token_audience[0]": {"access_token_format": "jwt",
                                 "access_token_audience": "['http://localhost/']"},
    "sector_identifier_uri": {"subject_type": "pairwise",
                              "sector_identifier_uri": "http://localhost/s"},
}  # fmt: skip


@pytest.mark.parametrize("path", IN_PRODUCTION)
def test_load_loopback_address_is_for_development_only(load: Load, path: str) -> None:
    text = document(client(**IN_PRODUCTION[path]))
    assert load(text).ok
    problems = load(text, production=True).problems
    assert [one.path for one in problems] == [f"clients[0].{path}"]
