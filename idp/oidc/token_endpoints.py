"""Token revocation (RFC 7009) and introspection (RFC 7662), as Authlib's endpoints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint

from idp.audit.events import AuditEvent
from idp.clients.client import Client
from idp.kernel.clock import Clock
from idp.kernel.ids import digest
from idp.oidc.access import PresentedTokens
from idp.oidc.authentication import CONFIDENTIAL, METHODS
from idp.oidc.component import Component
from idp.oidc.endings import Endings
from idp.oidc.ports import AccessStore, RefreshStore
from idp.oidc.records import Grant
from idp.oidc.request import ProviderRequest
from idp.oidc.server import ProviderServer


@dataclass(frozen=True)
class Found:
    """A live token. issued_at, expires_at: epoch seconds. refresh: which kind it is.

    access_digest: under which an access token is stored.
    """

    grant: Grant
    issued_at: float
    expires_at: float
    jkt: str | None
    refresh: bool
    access_digest: str = ""

    def check_client(self, client: Component) -> bool:
        """Whether it was issued to this component."""
        return bool(self.grant.client_id == client.client_id)

    def is_expired(self) -> bool:
        """Never: only live ones are found."""
        return False

    def is_revoked(self) -> bool:
        """Never: only live ones are found."""
        return False


class TokenFinder:
    """Finds a live token of either kind; its looks tell which: hints are not needed."""

    def __init__(self, *, presented: PresentedTokens, refresh: RefreshStore, clock: Clock) -> None:
        self._presented = presented
        self._refresh = refresh
        self._clock = clock

    def find(self, token: str) -> Found | None:
        """The live token, or None. Raises Unavailable."""
        access = self._presented.find_with_digest(token)
        if access is not None:
            access_digest, record = access
            return Found(
                record.grant,
                record.issued_at,
                record.expires_at,
                record.jkt,
                refresh=False,
                access_digest=access_digest,
            )
        found = self._refresh.find(digest(token))
        if found is None or found.spent_at is not None:
            return None
        family = found.family
        if family.revoked_at is not None or family.expires_at <= self._clock.now():
            return None
        return Found(
            family.grant,
            family.created_at.timestamp(),
            family.expires_at.timestamp(),
            family.jkt,
            refresh=True,
        )


class _AnyHint:
    """RFC 7009 §2.1 and RFC 7662 §2.1: a hint that we do not know is no error."""

    def check_params(self, request: ProviderRequest, client: Component) -> None:
        if request.parameters.repeated:
            raise InvalidRequestError("A parameter is repeated.")
        if "token" not in request.form:
            raise InvalidRequestError("Missing token.")


def register_token_endpoints(
    server: ProviderServer,
    *,
    finder: TokenFinder,
    access: AccessStore,
    endings: Endings,
    issuer: str,
) -> None:
    """Both, on Authlib's server: `revocation` and `introspection`."""

    class Revocation(_AnyHint, RevocationEndpoint):  # type: ignore[misc]
        CLIENT_AUTH_METHODS = METHODS

        def query_token(self, token_string: str, token_type_hint: str | None) -> Found | None:
            return finder.find(token_string)

        def revoke_token(self, token: Found, request: ProviderRequest) -> None:
            """An access token alone; with a refresh token all that its grant gave (§2.1)."""
            if token.refresh:
                endings.grant(
                    token.grant.grant_id, AuditEvent.GRANT_REVOKED, request.client.client_id
                )
            else:
                access.remove(token.access_digest)

    class Introspection(_AnyHint, IntrospectionEndpoint):  # type: ignore[misc]
        CLIENT_AUTH_METHODS = CONFIDENTIAL

        def query_token(self, token_string: str, token_type_hint: str | None) -> Found | None:
            return finder.find(token_string)

        def check_permission(
            self, token: Found, client: Component, request: ProviderRequest
        ) -> bool:
            """A component's own, and those of whom clients.yaml says so (§4)."""
            asking: Client = client.client
            return token.check_client(client) or token.grant.client_id in asking.may_introspect

        def introspect_token(self, token: Found) -> dict[str, Any]:
            return _described(token, issuer)

    server.register_endpoint(Revocation)
    server.register_endpoint(Introspection)


def _described(token: Found, issuer: str) -> dict[str, Any]:
    """RFC 7662 §2.2, with how the person was proved (RFC 9470 §6.2) and the key (RFC 9449 §6.2)."""
    grant = token.grant
    found: dict[str, Any] = {
        "active": True,
        "iss": issuer,
        "sub": grant.sub,
        "client_id": grant.client_id,
        "scope": grant.scope,
        "iat": int(token.issued_at),
        "exp": int(token.expires_at),
    }
    if not token.refresh:
        found["token_type"] = "DPoP" if token.jkt else "Bearer"
    if grant.person_id:
        found |= {"auth_time": grant.auth_time, "acr": grant.acr, "amr": list(grant.amr)}
    if token.jkt:
        found["cnf"] = {"jkt": token.jkt}
    return found
