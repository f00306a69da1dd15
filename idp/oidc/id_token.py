"""ID tokens: Authlib's extension, with our clock, our keyring and the grant's own record."""

from __future__ import annotations

from typing import Any, Protocol

from authlib.oidc.core import OpenIDCode
from authlib.oidc.core.util import create_half_hash

from idp.kernel.clock import Clock
from idp.oidc.records import CodeRecord, Grant
from idp.oidc.request import ProviderRequest
from idp.people.attributes import claims
from idp.people.person import Person
from idp.signing.keyring import Keyring

_VUCE = frozenset({"vuce"})


class FindsPeople(Protocol):
    """What is needed of the directory."""

    def get(self, person_id: str) -> Person | None:
        """The person, or None."""
        ...


class IdTokens(OpenIDCode):  # type: ignore[misc]
    """Adds an `id_token` to the token answer (OpenID Connect Core §3.1.3.3 and §12.2).

    ttl: seconds. Nonces are the component's to check: none is remembered here, since a code is
    single use and bound to its request.
    """

    def __init__(
        self, *, issuer: str, keyring: Keyring, people: FindsPeople, clock: Clock, ttl: int
    ) -> None:
        super().__init__(require_nonce=False)
        self._issuer = issuer
        self._keyring = keyring
        self._people = people
        self._clock = clock
        self._ttl = ttl

    def __call__(self, grant: Any) -> None:
        """Only the token's hook: prompt is judged by the login policy, for parked requests too."""
        grant.register_hook("after_create_token_response", self.process_token)

    def encode_id_token(self, token: dict[str, Any], request: ProviderRequest) -> str:
        """The signed ID token; one signature, no key parsing, and at login no database either.

        A refreshed one keeps `auth_time`, `acr` and `sid`, and has no nonce.
        """
        grant = request.grant
        assert grant is not None
        alg = request.client.id_token_signed_response_alg
        now = int(self._clock.timestamp())
        found: dict[str, Any] = {
            **self._own_claims(grant),
            "iss": self._issuer,
            "sub": grant.sub,
            "aud": grant.client_id,
            "iat": now,
            "exp": now + self._ttl,
            "auth_time": grant.auth_time,
            "acr": grant.acr,
            "amr": list(grant.amr),
            "sid": grant.sid,
            "at_hash": create_half_hash(token["access_token"], alg).decode("ascii"),
        }
        if isinstance(grant, CodeRecord) and grant.nonce:
            found["nonce"] = grant.nonce
        return self._keyring.sign(found, alg=alg)

    def _own_claims(self, grant: Grant) -> dict[str, Any]:
        """Those of the session, or at a refresh those of the directory as it is now."""
        if isinstance(grant, CodeRecord):
            return grant.claims
        person = self._people.get(grant.person_id) if "vuce" in grant.scopes else None
        return claims(person, _VUCE, self._clock.now()) if person else {}
