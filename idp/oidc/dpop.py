"""Demonstrating proof of possession (RFC 9449): the proof in the `DPoP` header, checked."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import urlsplit

from idp.kernel.clock import Clock
from idp.kernel.ids import same
from idp.oidc.authentication import number
from idp.oidc.errors import InvalidDPoPProofError
from idp.oidc.jose import (
    FAPI_ALGORITHMS,
    PublicKey,
    SignedToken,
    UntrustedToken,
    kind,
    peek,
    public_key,
    verify,
)
from idp.oidc.ports import SpentIds

ALGORITHMS = FAPI_ALGORITHMS
# A proof is made for one request: so many seconds before or after now.
WINDOW = 10
_PORTS = {"http": 80, "https": 443}


class DPoP:
    """Checks proofs. Nonces are not asked for: the window is short and each `jti` counts once."""

    def __init__(self, *, spent: SpentIds, clock: Clock) -> None:
        self._spent = spent
        self._clock = clock

    def key_of(self, proof: str, *, method: str, uri: str, access_token: str | None = None) -> str:
        """The thumbprint (RFC 7638) of the key that a proof shows possession of (§4.3).

        uri: of the endpoint, as it is published. access_token: the one that comes with the proof,
        at a resource. Raises InvalidDPoPProofError, and counts the proof as used.
        """
        key, token = self._verified(proof)
        claims = token.claims
        if kind(token.header) != "dpop+jwt":
            raise InvalidDPoPProofError("The typ of the proof must be dpop+jwt.")
        if claims.get("htm") != method:
            raise InvalidDPoPProofError("The htm of the proof is of another method.")
        htu = claims.get("htu")
        if not isinstance(htu, str) or _comparable(htu) != _comparable(uri):
            raise InvalidDPoPProofError("The htu of the proof is of another URI.")
        issued, jti = claims.get("iat"), claims.get("jti")
        if not number(issued) or abs(self._clock.timestamp() - issued) > WINDOW:
            raise InvalidDPoPProofError("The iat of the proof is not now.")
        if not isinstance(jti, str) or not 0 < len(jti) <= 256:
            raise InvalidDPoPProofError("The proof needs a jti.")
        if access_token is not None:
            ath = claims.get("ath")
            if not isinstance(ath, str) or not same(ath, _hashed(access_token)):
                raise InvalidDPoPProofError("The ath of the proof is of another access token.")
        thumbprint: str = key.thumbprint()
        if not self._spent.spend("dpop", f"{thumbprint} {jti}", 3 * WINDOW):
            raise InvalidDPoPProofError("The proof was used before.")
        return thumbprint

    def _verified(self, proof: str) -> tuple[PublicKey, SignedToken]:
        """The proof with the key that it brings along, by which it is signed."""
        try:
            key = public_key(peek(proof).header.get("jwk"))
            return key, verify(proof, [key], ALGORITHMS)
        except (UntrustedToken, LookupError) as error:
            raise InvalidDPoPProofError("The proof is not a token signed by its key.") from error


def _comparable(uri: str) -> tuple[str, str, int | None, str] | None:
    """Scheme, host, port and path; query and fragment do not count (§4.3, RFC 3986 §6.2)."""
    try:
        parts = urlsplit(uri)
        port = parts.port or _PORTS.get(parts.scheme)
        return parts.scheme, parts.hostname or "", port, parts.path or "/"
    except ValueError:
        return None


def _hashed(access_token: str) -> str:
    """§4.2: `ath`."""
    hashed = hashlib.sha256(access_token.encode("ascii", "replace")).digest()
    return base64.urlsafe_b64encode(hashed).rstrip(b"=").decode("ascii")
