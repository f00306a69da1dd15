"""Tokens as SUNAT forms them, in an honest form that each test spoils in one way."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from idp.federation.token import Expected

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
ISSUER = "https://api-seguridad.sunat.test/v1/clientessol/vuce/oauth2/token/"
CLIENT = "vuce"
Payload = dict[str, Any]
Spoil = Callable[[Payload], None]

EXPECTED = Expected(realm="sol", issuer=ISSUER, client_id=CLIENT, tip_origen="IT")
EXTRANET = Expected(realm="extranet", issuer=ISSUER, client_id=CLIENT, tip_origen="ET")


def company() -> Payload:
    """A company's user, with the padding and the doubly encoded `aud` of the wire."""
    now = int(NOW.timestamp())
    return {
        "sub": "20504774288  ",
        "aud": json.dumps([{"api": "https://api.sunat.gob.pe", "recurso": [{"id": "/v1/x"}]}]),
        "clientId": CLIENT,
        "grantType": "authorization_code",
        "iss": ISSUER,
        "iat": now,
        "nbf": now,
        "exp": now + 3600,
        "userdata": {
            "numRUC": "20504774288 ",
            "usuarioSOL": "IMPORTA1    ",
            "login": "20504774288IMPORTA1 ",
            "apePaterno": "PRUEBA ",
            "apeMaterno": "QUISPE",
            "nombres": "ROSA  ELENA",
            "nombreCompleto": "IMPORTADORA DE PRUEBA S.A.C.   ",
            "correo": "",
            "map": {
                "tipUsuario": "0",
                "tipOrigen": "IT",
                "primerAcceso": True,
                "ddpData": {"ddp_numruc": "20504774288 ", "ddp_estado": "00", "other": "x"},
            },
        },
    }


def person() -> Payload:
    """A natural person."""
    payload = company()
    payload["sub"] = payload["userdata"]["numRUC"] = "10123456781"
    payload["userdata"] |= {
        "login": "10123456781PERSONA1",
        "usuarioSOL": "PERSONA1",
        "nombreCompleto": "PRUEBA QUISPE ROSA ELENA",
    }
    return payload


def official() -> Payload:
    """An official, with the entity's RUC."""
    payload = company()
    payload["sub"] = payload["userdata"]["numRUC"] = "20131312955"
    payload["userdata"] |= {"login": "20131312955EXT0042", "usuarioSOL": "EXT0042"}
    payload["userdata"]["map"]["tipOrigen"] = "ET"
    return payload


def without_ruc() -> Payload:
    """An official whose token knows no RUC."""
    payload = official()
    payload["userdata"] |= {"numRUC": "", "login": "EXT0042"}
    payload["sub"] = "EXT0042"
    return payload


def jwt(payload: object, header: object | None = None, signature: str = "c2ln") -> str:
    """A token whose signature is nothing."""
    head = {"alg": "RS256", "kid": "api.sunat.gob.pe.kid001"} if header is None else header
    return f"{_part(head)}.{_part(payload)}.{signature}"


def spoilt(base: Payload, spoil: Spoil) -> Payload:
    """A copy with one thing wrong."""
    made = copy.deepcopy(base)
    spoil(made)
    return made


def put(path: str, value: object) -> Spoil:
    """Set `a.b.c` to a value."""

    def spoil(payload: Payload) -> None:
        *parents, last = path.split(".")
        for name in parents:
            payload = payload[name]
        payload[last] = value

    return spoil


def drop(path: str) -> Spoil:
    """Remove `a.b.c`."""

    def spoil(payload: Payload) -> None:
        *parents, last = path.split(".")
        for name in parents:
            payload = payload[name]
        del payload[last]

    return spoil


def _part(value: object) -> str:
    raw = json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
