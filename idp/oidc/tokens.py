"""Access tokens as they are handed out: opaque ones, and JWTs (RFC 9068) for who asks for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.clients.client import Client
from idp.kernel.clock import Clock
from idp.kernel.ids import digest
from idp.kernel.random import Random
from idp.oidc.ports import AccessStore
from idp.oidc.records import AccessRecord, Grant
from idp.signing.keyring import Keyring

JWT_TYP = "at+jwt"


@dataclass(frozen=True)
class Draft:
    """A token that is to be: its random part, and the digest that it will be stored under."""

    secret: str
    digest: str


def opaque_digest(token: str) -> str:
    """Under which an opaque token is stored."""
    return digest(token)


def jwt_digest(jti: str) -> str:
    """Under which a JWT is stored; no digest of an opaque one, since a `jti` is no secret."""
    return f"jwt-{digest(jti)}"


class AccessTokens:
    """Makes access tokens. ttl: seconds.

    Both kinds are stored, so that both can be ended before their time; a JWT can besides be checked
    by an API that asks nobody (and so learns of its end only by `exp`).
    """

    def __init__(
        self,
        *,
        store: AccessStore,
        keyring: Keyring,
        audit: Audit,
        clock: Clock,
        random: Random,
        issuer: str,
        ttl: int,
    ) -> None:
        self._store = store
        self._keyring = keyring
        self._audit = audit
        self._clock = clock
        self._random = random
        self._issuer = issuer
        self.ttl = ttl

    def draft(self, client: Client) -> Draft:
        """A new token of the client's kind, stored nowhere yet."""
        secret = self._random.token()
        if client.access_token_format == "jwt":
            return Draft(secret, jwt_digest(secret))
        return Draft(secret, opaque_digest(secret))

    def answer(self, draft: Draft, client: Client, grant: Grant, jkt: str | None) -> dict[str, Any]:
        """The token answer of RFC 6749 §5.1; the scope is always named."""
        jwt = client.access_token_format == "jwt"
        return {
            "access_token": self._jwt(draft, client, grant, jkt) if jwt else draft.secret,
            "token_type": "DPoP" if jkt else "Bearer",
            "expires_in": self.ttl,
            "scope": grant.scope,
        }

    def issue(
        self, client: Client, grant: Grant, jkt: str | None, grant_type: str
    ) -> tuple[Draft, dict[str, Any]] | None:
        """Store a token and give its answer; None when the grant or its session has ended."""
        draft, now = self.draft(client), self._clock.timestamp()
        entry = self._audit.entry(
            AuditEvent.TOKEN_ISSUED,
            person_id=grant.person_id or None,
            client_id=client.client_id,
            realm=grant.realm or None,
            mode=grant.mode or None,
            sid=grant.session or None,
            grant=grant.grant_id,
            grant_type=grant_type,
        )
        record = AccessRecord(grant, now, now + self.ttl, jkt)
        if not self._store.add(draft.digest, record, entry):
            return None
        return draft, self.answer(draft, client, grant, jkt)

    def _jwt(self, draft: Draft, client: Client, grant: Grant, jkt: str | None) -> str:
        """RFC 9068 §2.2."""
        now = int(self._clock.timestamp())
        audience = [self._issuer, *client.access_token_audience]
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "aud": audience if len(audience) > 1 else self._issuer,
            "sub": grant.sub,
            "client_id": client.client_id,
            "iat": now,
            "exp": now + self.ttl,
            "jti": draft.secret,
            "scope": grant.scope,
        }
        if grant.person_id:
            claims |= {
                "auth_time": grant.auth_time,
                "acr": grant.acr,
                "amr": list(grant.amr),
            }
        if jkt:
            claims["cnf"] = {"jkt": jkt}  # RFC 9449 §6.1
        return self._keyring.sign(claims, alg=client.id_token_signed_response_alg, typ=JWT_TYP)
