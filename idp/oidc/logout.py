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
from idp.clients.subjects import Subjects
from idp.kernel.errors import IdpError
from idp.kernel.identity import ACR, Mode
from idp.login.session import Session
from idp.oidc.hints import Hints
from idp.oidc.request import ProviderRequest


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

    def __init__(self, *, hints: Hints, clients: ClientRegistry, subjects: Subjects) -> None:
        self._hints = hints
        self._clients = clients
        self._subjects = subjects

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
        goes_back = bool(target and hint and client and not client.disabled)
        return LogoutRequest(
            client=client,
            return_to=_with_state(target, data.get("state")) if target and goes_back else None,
            # A genuine hint of this very session is the component's word that the person asked.
            confirm=session is not None and not self._is_of(hint, client, session),
            upstream_lives=_proved_by_sunat(session, hint),
        )

    def _hint(self, id_token: str | None) -> dict[str, Any] | None:
        if id_token is None:
            return None
        # §2: an expired ID token is still a hint.
        claims = self._hints.claims(id_token)
        if claims is None:
            raise IdpError("invalid_logout_request", 400, detail="id_token_hint")
        return claims

    def _is_of(self, hint: dict[str, Any] | None, client: Client | None, session: Session) -> bool:
        """Whether a hint is of this very session, by the `sid` that the component knows."""
        if hint is None or client is None:
            return False
        return hint.get("sid") == self._subjects.sid(client, session.sid)

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
