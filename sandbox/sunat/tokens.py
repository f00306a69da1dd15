"""The access token, as SUNAT forms it: RS256, a doubly encoded `aud`, padded identifiers."""

from __future__ import annotations

import json
import random
import secrets
import threading
from collections.abc import Callable
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey

from sandbox.people import SandboxPerson
from sandbox.sunat.realms import Realm

KID = "api.sunat.gob.pe.kid001"
LIFETIME = 3600
OTHER_RUC = "20888888889"
Claims = dict[str, Any]


def _wrong_iss(claims: Claims) -> None:
    claims["iss"] = "https://otro-emisor.invalid/v1/clientessol/otro/oauth2/token/"


def _expired(claims: Claims) -> None:
    for name in ("iat", "nbf", "exp"):
        claims[name] -= 2 * LIFETIME


def _not_yet_valid(claims: Claims) -> None:
    for name in ("nbf", "exp"):
        claims[name] += LIFETIME


def _altered_ruc(claims: Claims) -> None:
    claims["userdata"]["numRUC"] = OTHER_RUC


def _with_email(claims: Claims) -> None:
    claims["userdata"]["correo"] = "de-sunat@example.com"


def _altered_login(claims: Claims) -> None:
    claims["userdata"]["login"] = OTHER_RUC + "INTRUSO1"


def _other_realm(claims: Claims) -> None:
    origin = claims["userdata"]["map"]
    origin["tipOrigen"] = "ET" if origin["tipOrigen"] == "IT" else "IT"


def _other_client(claims: Claims) -> None:
    claims["clientId"] = "otra-aplicacion"


CLAIM_FAULTS: dict[str, Callable[[Claims], None]] = {
    "wrong_iss": _wrong_iss,
    "expired": _expired,
    "not_yet_valid": _not_yet_valid,
    "altered_ruc": _altered_ruc,
    "with_email": _with_email,
    "altered_login": _altered_login,
    "other_realm": _other_realm,
    "other_client": _other_client,
}


class Tokens:
    """Makes access tokens with a key that lives as long as the process.

    `rng` decides which identifiers are padded with spaces; seed it to repeat a run.
    """

    def __init__(self, *, clock: Callable[[], float], rng: random.Random) -> None:
        self._clock = clock
        self._rng = rng
        self._lock = threading.Lock()
        self._key = RSAKey.generate_key(2048, private=True)
        self.public_pem = self._key.as_pem(private=False).decode()

    def issue(self, person: SandboxPerson, realm: Realm, iss: str, fault: str = "up") -> str:
        """A signed token for a person, spoilt as `fault` says. `iss` is the token URL."""
        if fault == "bad_jwt":
            return "esto-no-es.un-jwt"
        claims = self.claims(person, realm, iss)
        CLAIM_FAULTS.get(fault, lambda _: None)(claims)
        token = jwt.encode({"alg": "RS256", "kid": KID}, claims, self._key, algorithms=["RS256"])
        return _spoil_signature(token) if fault == "bad_signature" else token

    def claims(self, person: SandboxPerson, realm: Realm, iss: str) -> Claims:
        """The payload of an honest token; `aud` is a string that holds JSON."""
        now = int(self._clock())
        audience = [
            {
                "api": "https://api.sunat.gob.pe",
                "recurso": [{"id": "/v1/contribuyente/contribuyentes", "indicador": "0"}],
            }
        ]
        return {
            "sub": self._padded(person.ruc),
            "aud": json.dumps(audience, separators=(",", ":")),
            "clientId": realm.client_id,
            "grantType": "authorization_code",
            "iss": iss,
            "iat": now,
            "nbf": now,
            "exp": now + LIFETIME,
            "userdata": self._userdata(person, realm),
        }

    def _userdata(self, person: SandboxPerson, realm: Realm) -> Claims:
        return {
            "numRUC": self._padded(person.ruc),
            "ticket": secrets.token_hex(6),
            "nroRegistro": "",
            "apeMaterno": person.ape_materno,
            "login": self._padded(person.login),
            "nombreCompleto": person.name,
            "nombres": person.nombres,
            "codDepend": "0023",
            "codTOpeComer": "",
            "codCate": "",
            "nivelUO": 0,
            "codUO": "",
            "correo": "",  # almost always empty at the real one, too
            "usuarioSOL": self._padded(person.usuario),
            "id": "",
            "desUO": "",
            "desCate": "",
            "apePaterno": person.ape_paterno,
            "idCelular": None,
            "map": {
                "isClon": False,
                "ddpData": {
                    "ddp_numruc": self._padded(person.ruc),
                    "ddp_numreg": "0023",
                    "ddp_estado": "00",
                    "ddp_flag22": "00",
                    "ddp_ubigeo": "150101",
                    "ddp_tamano": "03",
                    "ddp_tpoemp": "02",
                    "ddp_ciiu": "51906",
                },
                "idMenu": "MENU",
                "jndiPool": "p0023",
                "tipUsuario": "0" if realm.tip_origen == "IT" else "1",
                "tipOrigen": realm.tip_origen,
                "primerAcceso": True,
            },
        }

    def _padded(self, value: str) -> str:
        with self._lock:
            return value + " " * self._rng.choice((0, 0, 1, 4))


def _spoil_signature(token: str) -> str:
    # The first character of the signature: its bits all count, the last one's do not.
    head, _, signature = token.rpartition(".")
    return f"{head}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
