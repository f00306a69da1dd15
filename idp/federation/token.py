"""What makes a SUNAT access token acceptable: pure, no clock, no I/O.

SUNAT publishes no keys, so a token is believed because our own TLS call to the token endpoint
brought it, and then only if everything in it fits; a pinned key per `kid` is checked on top. One
that came through a browser never gets here.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from idp.federation.driver import ProofRefused, Refusal
from idp.kernel.identity import (
    DEFAULT_EXTRANET_USER_PATTERN,
    DEFAULT_SOL_USER_PATTERN,
    EXTRANET,
    SOL,
    Identifier,
    extranet_identifier,
    is_valid_ruc,
    normalise,
    sol_identifier,
)
from idp.people.person import UpstreamFacts

LEEWAY = 60
MAX_TOKEN = 65_536
_MAX_NAME = 300
_MAX_EXTRA = 100
_EXTRAS = ("ddp_numruc", "ddp_estado", "ddp_flag22", "ddp_ubigeo")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True)
class Expected:
    """What a token of this upstream must say.

    issuer: the token URL. tip_origen: `IT` (SOL), `ET` (Extranet). pinned: RSA public keys by
    `kid`; when there are any, a token of another key is refused.
    """

    realm: str
    issuer: str
    client_id: str
    tip_origen: str
    sol_user_pattern: str = DEFAULT_SOL_USER_PATTERN
    extranet_user_pattern: str = DEFAULT_EXTRANET_USER_PATTERN
    pinned: Mapping[str, RSAKey] = field(default_factory=dict, repr=False)


def pinned_keys(pems: Mapping[str, str]) -> dict[str, RSAKey]:
    """The pinned keys, loaded once. Raises ValueError for what is no RSA key of 2048 bits."""
    keys = {}
    for kid, pem in pems.items():
        try:
            key = RSAKey.import_key(pem)
            size = key.public_key.key_size
        except (JoseError, ValueError, TypeError) as error:
            raise ValueError(f"pinned key {kid}: not an RSA public key in PEM") from error
        if size < 2048:
            raise ValueError(f"pinned key {kid}: shorter than 2048 bits")
        keys[kid] = key
    return keys


def facts_of(token: str, expected: Expected, now: datetime) -> UpstreamFacts:
    """Who a token proves at that moment. Raises ProofRefused, and nothing else."""
    header, payload = _decode(token)
    if expected.pinned:
        _check_signature(token, header, expected.pinned)
    _check_envelope(payload, expected, now)
    userdata = _dict(payload.get("userdata"))
    details = _dict(userdata.get("map"))
    if normalise(_plain(details.get("tipOrigen"))) != expected.tip_origen:
        raise ProofRefused(Refusal.ORIGIN)
    user = normalise(_plain(userdata.get("usuarioSOL")))
    ruc = _checked_ruc(payload, userdata, user, expected)
    identifier = _identifier(ruc, user, expected)
    given, family = _names(userdata)
    return UpstreamFacts(
        realm=expected.realm,
        identifier=identifier,
        usuario=user,
        ruc=ruc,
        tipo_usuario=_text(details.get("tipUsuario"))[:_MAX_EXTRA],
        name=_full_name(userdata, identifier, given, family) or user,
        given_name=given,
        family_name=family,
        extras=_extras(_dict(details.get("ddpData"))),
    )


def _decode(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    parts = token.split(".")
    if len(token) > MAX_TOKEN or len(parts) != 3:
        raise ProofRefused(Refusal.MALFORMED)
    return _part(parts[0]), _part(parts[1])


def _part(text: str) -> dict[str, Any]:
    """A JWT's part. Duplicate members are refused: two readers may take different ones."""
    try:
        raw = base64.b64decode(
            text.encode("ascii") + b"=" * (-len(text) % 4),
            altchars=b"-_",
            validate=True,
        )
        found = json.loads(raw, object_pairs_hook=_unique)
    except (ValueError, binascii.Error, RecursionError) as error:
        raise ProofRefused(Refusal.MALFORMED) from error
    if not isinstance(found, dict):
        raise ProofRefused(Refusal.MALFORMED)
    return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate member")
    return found


def _check_signature(token: str, header: dict[str, Any], pinned: Mapping[str, RSAKey]) -> None:
    kid = header.get("kid")
    key = pinned.get(kid) if isinstance(kid, str) else None
    if key is None:
        raise ProofRefused(Refusal.KEY)
    try:
        jws.deserialize_compact(token, key, algorithms=["RS256"])
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise ProofRefused(Refusal.SIGNATURE) from error


def _check_envelope(payload: dict[str, Any], expected: Expected, now: datetime) -> None:
    if payload.get("iss") != expected.issuer:
        raise ProofRefused(Refusal.ISSUER)
    if payload.get("clientId") != expected.client_id:
        raise ProofRefused(Refusal.CLIENT)
    moment = now.timestamp()
    expires = _moment(payload.get("exp"), Refusal.EXPIRED)
    if moment >= expires + LEEWAY:
        raise ProofRefused(Refusal.EXPIRED)
    for name in ("nbf", "iat"):
        begins = payload.get(name)
        if begins is not None and _moment(begins, Refusal.NOT_YET) > moment + LEEWAY:
            raise ProofRefused(Refusal.NOT_YET)
    _check_audience(payload.get("aud"))


def _moment(value: Any, refusal: Refusal) -> float:
    """A NumericDate (RFC 7519 §2). `true` is an int to Python, and NaN compares as it likes."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ProofRefused(refusal)
    if not -(2**53) < value < 2**53 or math.isnan(value):
        raise ProofRefused(refusal)
    return float(value)


def _check_audience(audience: Any) -> None:
    """SUNAT's `aud` is a string that holds JSON: it names APIs, not us, so its form is all."""
    if isinstance(audience, str):
        try:
            audience = json.loads(audience)
        except (ValueError, RecursionError) as error:
            raise ProofRefused(Refusal.AUDIENCE) from error
    if not isinstance(audience, list | dict | None):
        raise ProofRefused(Refusal.AUDIENCE)


def _checked_ruc(
    payload: dict[str, Any], userdata: dict[str, Any], user: str, expected: Expected
) -> str | None:
    """The RUC, which must be said three times alike: `sub`, `numRUC`, and within `login`.

    An official is known by the user alone, so there the RUC (the entity's) may be missing.
    """
    subject, ruc = _plain(payload.get("sub")), _plain(userdata.get("numRUC"))
    login = normalise(_plain(userdata.get("login")))
    if not ruc and expected.realm == EXTRANET:
        # Without a RUC the user is all there is, and everything must name that user.
        if normalise(subject) != user:
            raise ProofRefused(Refusal.SUBJECT)
        if login != user:
            raise ProofRefused(Refusal.LOGIN)
        return None
    if subject != ruc:
        raise ProofRefused(Refusal.SUBJECT)
    if not is_valid_ruc(ruc):
        raise ProofRefused(Refusal.RUC)
    if login != ruc + user:
        raise ProofRefused(Refusal.LOGIN)
    return ruc


def _identifier(ruc: str | None, user: str, expected: Expected) -> Identifier:
    if expected.realm == EXTRANET:
        found = extranet_identifier(user, expected.extranet_user_pattern)
    else:
        found = sol_identifier(ruc or "", user, expected.sol_user_pattern)
    if found is None:
        raise ProofRefused(Refusal.USER)
    return found


def _names(userdata: dict[str, Any]) -> tuple[str, str]:
    given = _name(userdata.get("nombres"))
    family = f"{_name(userdata.get('apePaterno'))} {_name(userdata.get('apeMaterno'))}".strip()
    return given, family


def _full_name(userdata: dict[str, Any], who: Identifier, given: str, family: str) -> str:
    """A company's razón social, a person's names: as a mail would call them.

    The RUC of a company begins with 20; an official's may be the entity's, who is not meant.
    """
    complete = _name(userdata.get("nombreCompleto"))
    if who.realm == SOL and who.value.startswith("20") and complete:
        return complete
    return f"{given} {family}".strip() or complete


def _name(value: Any) -> str:
    return _SPACES.sub(" ", _text(value))[:_MAX_NAME].strip()


def _extras(ddp: dict[str, Any]) -> dict[str, str]:
    found = {name: _text(ddp.get(name))[:_MAX_EXTRA] for name in _EXTRAS}
    return {name: value for name, value in found.items() if value}


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _plain(value: Any) -> str:
    """A padded identifier, stripped. Only ASCII counts: other letters upper-case into it."""
    return value.strip() if isinstance(value, str) and value.isascii() else ""


def _text(value: Any) -> str:
    """A padded field, stripped; what no database or mail should hold (NUL, surrogates) is gone."""
    return _UNPRINTABLE.sub("", value).strip() if isinstance(value, str) else ""
