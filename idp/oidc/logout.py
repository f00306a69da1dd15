"""RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0), decided apart from its pages.

Authlib's endpoint logs out silently when the post_logout_redirect_uri is not registered; here such
a request is refused by a page, and nothing else happens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from idp.clients.client import Client
from idp.clients.registry import ClientRegistry
from idp.kernel.errors import IdpError
from idp.kernel.identity import ACR, Mode
from idp.login.session import Session
from idp.oidc.request import ProviderRequest
from idp.signing.keyring import InvalidToken, Keyring


@dataclass(frozen=True)
class LogoutRequest:
    """A valid request.

    client: who asks, when it is known. return_to: where the person goes afterwards, with `state`;
    only ever set when a genuine id_token_hint stands behind a registered URI (§3).
    confirm: whether the person must say yes first (§6).
    upstream_lives: whether SUNAT proved the person, and may still have a session of its own.
    """

    client: Client | None
    return_to: str | None
    confirm: bool
    upstream_lives: bool


class Logout:
    """Validates logout requests."""

    def __init__(self, *, keyring: Keyring, clients: ClientRegistry, issuer: str) -> None:
        self._keyring = keyring
        self._clients = clients
        self._issuer = issuer

    def validate(self, request: ProviderRequest, session: Session | None) -> LogoutRequest:
        """Raises IdpError("invalid_logout_request"); then nobody is redirected (§4)."""
        if request.parameters.repeated:
            raise IdpError("invalid_logout_request", 400, detail="repeated parameter")
        data = request.payload.data
        hint = self._hint(data.get("id_token_hint"))
        client = self._client(data.get("client_id"), hint)
        target = data.get("post_logout_redirect_uri")
        if target is not None and (
            client is None or target not in client.post_logout_redirect_uris
        ):
            raise IdpError("invalid_logout_request", 400, detail="post_logout_redirect_uri")
        return LogoutRequest(
            client=client,
            return_to=_with_state(target, data.get("state")) if target and hint else None,
            # A genuine hint of this very session is the component's word that the person asked.
            confirm=session is not None and (hint is None or hint.get("sid") != session.sid),
            upstream_lives=_proved_by_sunat(session, hint),
        )

    def _hint(self, id_token: str | None) -> dict[str, Any] | None:
        if id_token is None:
            return None
        try:
            # §2: an expired ID token is still a hint.
            claims: dict[str, Any] = self._keyring.verify(id_token)
        except InvalidToken as error:
            raise IdpError("invalid_logout_request", 400, detail="id_token_hint") from error
        if claims.get("iss") != self._issuer:
            raise IdpError("invalid_logout_request", 400, detail="id_token_hint issuer")
        return claims

    def _client(self, client_id: str | None, hint: dict[str, Any] | None) -> Client | None:
        audience = hint.get("aud") if hint else None
        if client_id and hint and client_id != audience:
            # §2: when both are present they must agree.
            raise IdpError("invalid_logout_request", 400, detail="client_id is not the audience")
        wanted = client_id or audience
        client = self._clients.get(wanted) if isinstance(wanted, str) else None
        if wanted and client is None:
            raise IdpError("invalid_logout_request", 400, detail="unknown client")
        return client


def _proved_by_sunat(session: Session | None, hint: dict[str, Any] | None) -> bool:
    """Of the session, or, where it ended by itself, of the one that the hint tells of."""
    if session is not None:
        return session.mode is Mode.SUNAT
    return hint is None or hint.get("acr") == ACR[Mode.SUNAT]


def _with_state(target: str, state: str | None) -> str:
    if not state:
        return target
    parts = urlsplit(target)
    query = "&".join(part for part in (parts.query, urlencode({"state": state})) if part)
    return urlunsplit(parts._replace(query=query))
