"""Authlib's authorization server, wired to our registry, our writer and our errors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from authlib.oauth2 import AuthorizationServer, OAuth2Error
from authlib.oauth2.rfc6749.errors import InvalidClientError

from idp.audit.events import AuditEvent
from idp.clients.registry import ClientRegistry
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.limits.noted import Noted
from idp.oidc.authentication import BAD_CLIENT, ClientAuthentication, one_method
from idp.oidc.checks import RequestChecks
from idp.oidc.component import Component
from idp.oidc.grants import Granting, client_credentials_grant, code_grant, refresh_grant
from idp.oidc.id_token import IdTokens
from idp.oidc.request import ProviderRequest
from idp.oidc.respond import AuthorizationResponse, authorization_response

NO_STORE = [("Cache-Control", "no-store"), ("Pragma", "no-cache")]


@dataclass(frozen=True)
class Answer:
    """An endpoint's answer, before the web framework: JSON by default."""

    status: int
    body: str
    headers: tuple[tuple[str, str], ...]


class ProviderServer(AuthorizationServer):  # type: ignore[misc]
    """One for the process: it holds no state of any request."""

    def __init__(
        self,
        *,
        granting: Granting,
        id_tokens: IdTokens,
        authentication: ClientAuthentication,
        clients: ClientRegistry,
        noted: Noted,
        clock: Clock,
        issuer: str,
    ) -> None:
        super().__init__()
        self._clients = clients
        self._noted = noted
        self._clock = clock
        self._issuer = issuer
        self.register_grant(code_grant(granting), [RequestChecks(), id_tokens])
        self.register_grant(refresh_grant(granting), [id_tokens])
        self.register_grant(client_credentials_grant(granting))
        for name, method in authentication.methods().items():
            self.register_client_auth_method(name, method)

    def query_client(self, client_id: str) -> Component | None:
        """The component as Authlib's client, or None; a disabled one is as good as unknown."""
        client = self._clients.get(client_id)
        return Component(client, self._clock) if client and not client.disabled else None

    def authenticate_client(
        self, request: ProviderRequest, methods: Sequence[str], endpoint: str = "token"
    ) -> Component:
        """Who calls, by the one method that it is registered with. Raises InvalidClientError."""
        one_method(request)
        component: Component = super().authenticate_client(request, methods, endpoint)
        return component

    def create_oauth2_request(self, request: Any) -> ProviderRequest:
        """Views build the request themselves."""
        if not isinstance(request, ProviderRequest):
            raise TypeError("a ProviderRequest is needed")
        return request

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nothing listens: what happened is audited where it happens."""

    def handle_response(
        self, status: int, body: Any, headers: list[tuple[str, str]]
    ) -> AuthorizationResponse | Answer:
        """An authorization response as it is, anything else as JSON that nobody stores."""
        if isinstance(body, AuthorizationResponse):
            return body
        merged = {**dict(headers), **dict(NO_STORE), "Content-Type": "application/json"}
        if "WWW-Authenticate" in merged:
            # RFC 7617 §2: Basic names a realm; the error is in the body (RFC 6749 §5.2).
            merged["WWW-Authenticate"] = 'Basic realm="vuce"'
        return Answer(status, json.dumps(body), tuple(merged.items()))

    def handle_error_response(
        self, request: ProviderRequest, error: OAuth2Error
    ) -> AuthorizationResponse | Answer:
        """By redirect where the redirect_uri is known to be good; JSON where servers call."""
        if request.surface != "authorize":
            if isinstance(error, InvalidClientError):
                self._noted.note(
                    AuditEvent.CLIENT_AUTH_FAILED, request.address_prefix, endpoint=request.surface
                )
                # One answer for all: which part was wrong is nobody's business.
                error.description, error.status_code = BAD_CLIENT, 401
            # Authlib would redirect with what fails in a pushed request (RFC 9126 §2.3).
            error.redirect_uri = error.state = None
            answer: Answer = super().handle_error_response(request, error)
            return answer
        if not error.redirect_uri:
            raise IdpError(error.error or "invalid_request", 400, detail=error.description or "")
        return self.error_response(request, error.redirect_uri, error)

    def error_response(
        self, request: ProviderRequest, redirect_uri: str, error: OAuth2Error
    ) -> AuthorizationResponse:
        """An error on its way back to the component (RFC 6749 §4.1.2.1)."""
        return authorization_response(
            issuer=self._issuer,
            redirect_uri=redirect_uri,
            state=request.payload.state,
            mode=request.payload.data.get("response_mode"),
            error=error.error or "invalid_request",
            error_description=error.description or "",
        )
