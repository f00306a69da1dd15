"""Signed tokens that components make: client assertions, request objects, DPoP proofs.

Every signature is checked with a key of the component's own and an algorithm from our list: what a
token's header says chooses among them and adds nothing (RFC 8725 §3.1).
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, JWKRegistry, OKPKey, RSAKey

# Components sign by the old name as well as by the new one; only Ed25519 keys are taken for either.
warnings.filterwarnings("ignore", message="EdDSA is deprecated", category=SecurityWarning)

PublicKey = RSAKey | ECKey | OKPKey

# Asymmetric only: no client secret is ever a key.
# Ed25519 is the name that RFC 9864 gives to the one kind of EdDSA that we take.
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
FAPI_ALGORITHMS = ("PS256", "ES256", "EdDSA", "Ed25519")
MAX_CHARACTERS = 16_384

_KEY_TYPES = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC", "EdDSA": "OKP", "Ed25519": "OKP"}
_SAME = {"Ed25519": "EdDSA"}
_CURVES = {"EC": "P-256", "OKP": "Ed25519"}
_RSA_BITS = 2048
# What joserfc raises, and what its parsers stumble over in hostile input.
_ERRORS = (
    JoseError, ValueError, TypeError, LookupError, AttributeError, RecursionError, OverflowError,
)  # fmt: skip


class UntrustedToken(Exception):
    """A token is malformed, not signed by a key of its maker's, or of another kind."""


class _Registry(jws.JWSRegistry):
    """The library's limit of 512 bytes is too little for a header that holds an RSA key, as that of
    a DPoP proof does. Unknown members of a header are ignored (RFC 7515 §4), `crit` is not.
    """

    max_header_length = 8_192


_REGISTRY = _Registry(algorithms=ALGORITHMS, strict_check_header=False)


@dataclass(frozen=True)
class SignedToken:
    """A token whose signature is right; nothing that it claims was judged yet."""

    header: dict[str, Any]
    claims: dict[str, Any]


def peek(token: str) -> SignedToken:
    """What a token says, unverified: to find the key by. Raises UntrustedToken."""
    if len(token) > MAX_CHARACTERS:
        raise UntrustedToken("too long")
    try:
        found = jws.extract_compact(token.encode("ascii"), registry=_REGISTRY)
        claims = json.loads(found.payload)
        header = dict(found.headers())
    except _ERRORS as error:
        raise UntrustedToken(type(error).__name__) from error
    if not isinstance(claims, dict):
        raise UntrustedToken("no claims")
    return SignedToken(header, claims)


def public_key(jwk: object) -> PublicKey:
    """A public key of RFC 7517. Raises UntrustedToken for a private, weak or unknown one."""
    try:
        if not isinstance(jwk, dict) or jwk.get("kty") not in ("RSA", "EC", "OKP"):
            raise UntrustedToken("kty")
        key: Any = JWKRegistry.import_key(jwk)
        if key.is_private or jwk.get("use", "sig") != "sig":
            raise UntrustedToken("not a public key for signatures")
        kind = key.key_type
        if kind == "RSA" and key.public_key.key_size < _RSA_BITS:
            raise UntrustedToken("short RSA key")
        if kind in _CURVES and key.curve_name != _CURVES[kind]:
            raise UntrustedToken("curve")
    except _ERRORS as error:
        raise UntrustedToken(type(error).__name__) from error
    found: PublicKey = key
    return found


def verify(token: str, keys: Iterable[PublicKey], algorithms: Sequence[str]) -> SignedToken:
    """The token, if one of these keys signed it by one of these algorithms.

    Raises UntrustedToken; LookupError when none of the keys could have signed it at all, so that
    whoever keeps the keys knows to look for newer ones.
    """
    header = peek(token).header
    alg = header.get("alg")
    if not isinstance(alg, str) or alg not in algorithms:
        raise UntrustedToken("alg")
    possible = candidates(header, keys)
    if not possible:
        raise LookupError("kid")
    for key in possible:
        try:
            found = jwt.decode(token.encode("ascii"), key, [alg], registry=_REGISTRY)
            return SignedToken(dict(found.header), dict(found.claims))
        except _ERRORS:
            continue
    raise UntrustedToken("signature")


def candidates(header: dict[str, Any], keys: Iterable[PublicKey]) -> list[PublicKey]:
    """The keys that may have signed a token with this header: by kid, kind and algorithm."""
    kid, alg = header.get("kid"), header.get("alg")
    return [
        key
        for key in keys
        if key.key_type == _KEY_TYPES.get(str(alg))
        and (kid is None or key.kid in (None, kid))
        and _named(key.get("alg")) in (None, _named(alg))
    ]


def _named(alg: object) -> object:
    return _SAME.get(alg, alg) if isinstance(alg, str) else alg


def kind(header: dict[str, Any]) -> str:
    """A header's `typ` as compared: case and `application/` do not count (RFC 7515 §4.1.9)."""
    return str(header.get("typ") or "").lower().removeprefix("application/")
