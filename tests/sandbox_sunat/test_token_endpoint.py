"""The token endpoint: SUNAT's wire format, and what it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from sandbox.people import PEOPLE, SandboxPerson, person

from .conftest import Answer, Sunat


def decoded(sunat: Sunat, answer: Answer) -> Any:
    """The token of an answer, its signature checked with the published key."""
    state = sunat.browser().send("GET", "/control.json").json()
    key = RSAKey.import_key(state["public_key_pem"])
    token = jwt.decode(answer.json()["access_token"], key, algorithms=["RS256"])
    assert token.header == {"typ": "JWT", "alg": "RS256", "kid": "api.sunat.gob.pe.kid001"}
    return token.claims


@pytest.mark.parametrize("who", PEOPLE, ids=lambda one: one.key)
def test_token_each_person_has_sunats_claims(sunat: Sunat, who: SandboxPerson) -> None:
    answer = sunat.redeem(who.realm, sunat.code(who))
    assert answer.status == 200
    assert set(answer.json()) == {"access_token", "token_type", "expires_in"}
    assert answer.json()["expires_in"] == 3600
    claims = decoded(sunat, answer)
    assert claims["sub"].strip() == who.ruc
    assert isinstance(claims["aud"], str)
    assert set(json.loads(claims["aud"])[0]) == {"api", "recurso"}
    assert claims["iss"] == sunat.base + sunat.token_path(who.realm)
    assert claims["iat"] == claims["nbf"] == 1_800_000_000
    assert claims["exp"] == 1_800_003_600
    assert claims["clientId"] == f"vuce-{who.realm}"
    assert claims["grantType"] == "authorization_code"
    data = claims["userdata"]
    assert data["numRUC"].strip() == who.ruc
    assert data["usuarioSOL"].strip() == who.usuario
    assert data["login"].strip() == who.ruc + who.usuario
    assert data["nombreCompleto"] == who.name
    assert data["nombres"] == who.nombres
    assert (data["apePaterno"], data["apeMaterno"]) == (who.ape_paterno, who.ape_materno)
    assert data["correo"] == ""
    assert data["map"]["tipOrigen"] == ("IT" if who.realm == "sol" else "ET")
    assert data["map"]["tipUsuario"] == ("0" if who.realm == "sol" else "1")
    assert data["map"]["ddpData"]["ddp_numruc"].strip() == who.ruc


def test_token_identifiers_are_sometimes_padded(sunat: Sunat) -> None:
    seen = {"sub": set[bool](), "login": set[bool]()}
    for _ in range(12):
        claims = decoded(sunat, sunat.redeem("sol", sunat.code(person("IMPORTA1"))))
        seen["sub"].add(claims["sub"] != claims["sub"].strip())
        login = claims["userdata"]["login"]
        seen["login"].add(login != login.strip())
    assert seen == {"sub": {True, False}, "login": {True, False}}


def test_token_without_trailing_slash_is_not_found(sunat: Sunat) -> None:
    answer = sunat.browser().send("POST", sunat.token_path("sol").rstrip("/"), {})
    assert answer.status == 404 and "Location" not in answer.headers


REFUSALS = [
    ("wrong_secret", {"client_secret": "otro"}, 401, "unauthorized_client"),
    ("other_client", {"client_id": "vuce-extranet"}, 401, "unauthorized_client"),
    ("other_grant", {"grant_type": "password"}, 400, "unsupported_grant_type"),
    ("other_scope", {"scope": "todo"}, 400, "invalid_scope"),
    ("other_code", {"code": "inventado"}, 400, "invalid_grant"),
]


@pytest.mark.parametrize(("changes", "status", "error"), [r[1:] for r in REFUSALS])
def test_token_bad_request_is_refused_and_burns_no_code(
    sunat: Sunat, changes: dict[str, str], status: int, error: str
) -> None:
    code = sunat.code(person("IMPORTA1"))
    answer = sunat.redeem("sol", **{"code": code, **changes})
    assert (answer.status, answer.json()) == (status, {"error": error})
    assert sunat.redeem("sol", code).status == 200


def test_token_code_twice_is_refused(sunat: Sunat) -> None:
    code = sunat.code(person("IMPORTA1"))
    assert sunat.redeem("sol", code).status == 200
    assert sunat.redeem("sol", code).json() == {"error": "invalid_grant"}


def test_token_code_of_other_realm_is_refused(sunat: Sunat) -> None:
    code = sunat.code(person("IMPORTA1"))
    assert sunat.redeem("extranet", code).json() == {"error": "invalid_grant"}


@pytest.mark.parametrize(("age", "status"), [(299, 200), (300, 400)])
def test_token_code_lives_five_minutes(sunat: Sunat, age: int, status: int) -> None:
    code = sunat.code(person("IMPORTA1"))
    sunat.clock.now += age
    assert sunat.redeem("sol", code).status == status
