"""ID tokens: Authlib's extension, with our clock, our keyring and the code's own record."""

from __future__ import annotations

from typing import Any

from authlib.oidc.core import OpenIDCode
from authlib.oidc.core.util import create_half_hash

from idp.kernel.clock import Clock
from idp.oidc.records import CodeRecord
from idp.signing.keyring import Keyring


class IdTokens(OpenIDCode):  # type: ignore[misc]
    """Adds an `id_token` to the token answer (OpenID Connect Core §3.1.3.3).

    ttl: seconds. Nonces are the component's to check: none is remembered here, since a code is
    single use and bound to its request.
    """

    def __init__(self, *, issuer: str, keyring: Keyring, clock: Clock, ttl: int) -> None:
        super().__init__(require_nonce=False)
        self._issuer = issuer
        self._keyring = keyring
        self._clock = clock
        self._ttl = ttl

    def __call__(self, grant: Any) -> None:
        """Only the token's hook: prompt is judged by the login policy, for parked requests too."""
        grant.register_hook("after_create_token_response", self.process_token)

    def encode_id_token(self, token: dict[str, Any], request: Any) -> str:
        """The signed ID token of a redeemed code; one signature, no key parsing."""
        code: CodeRecord = request.authorization_code
        alg = request.client.id_token_signed_response_alg
        now = int(self._clock.timestamp())
        claims: dict[str, Any] = {
            **code.claims,
            "iss": self._issuer,
            "sub": code.sub,
            "aud": code.client_id,
            "iat": now,
            "exp": now + self._ttl,
            "sid": code.sid,
            "at_hash": create_half_hash(token["access_token"], alg).decode("ascii"),
            **self.get_authorization_code_claims(code),
        }
        return self._keyring.sign(claims, alg=alg)
