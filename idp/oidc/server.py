"""Authlib's authorization server, wired to our registry, our writer and our errors."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from authlib.oauth2 import AuthorizationServer, OAuth2Error
from authlib.oauth2.rfc6749.errors import InvalidClientError, InvalidRequestError

from idp.audit.events import AuditEvent
from idp.clients.registry import ClientRegistry
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.limits.noted import Noted
from idp.oidc.checks import RequestChecks
from idp.oidc.codes import Codes, code_grant, token_generator
from idp.oidc.component import Component
from idp.oidc.id_token import IdTokens
from idp.oidc.request import Parameters, ProviderRequest
from idp.oidc.respond import AuthorizationResponse, authorization_response

NO_STORE = [("Cache-Control", "no-store"), ("Pragma", "no-cache")]
_BAD_CLIENT = "The client is unknown or did not authenticate as it is registered."


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
        codes: Codes,
        id_tokens: IdTokens,
        clients: ClientRegistry,
        noted: Noted,
        clock: Clock,
    ) -> None:
        super().__init__()
        self._clients = clients
        self._noted = noted
        self._clock = clock
        self._issuer = codes.issuer
        self.register_token_generator("default", token_generator(codes))
        self.register_grant(code_grant(codes), [RequestChecks(), id_tokens, access_token_extension])
        self.register_hook("before_get_authorization_grant", _resume)
        self.register_client_auth_method("client_secret_basic", self._client_secret_basic)

    def query_client(self, client_id: str) -> Component | None:
        """The component as Authlib's client, or None."""
        client = self._clients.get(client_id)
        return Component(client, self._clock) if client else None

    def check_client_and_redirect_uri(self, request: ProviderRequest) -> Component:
        """First of all, and answered by a page, never by a redirect (RFC 9700 §4.11).

        Raises IdpError: invalid_client, invalid_redirect_uri.
        """
        if {"client_id", "redirect_uri"} & set(request.parameters.repeated):
            raise IdpError("invalid_request", 400, detail="repeated client_id or redirect_uri")
        component = self.query_client(request.payload.client_id or "")
        if component is None:
            raise IdpError("invalid_client", 400)
        if not component.check_redirect_uri(request.payload.redirect_uri or ""):
            raise IdpError("invalid_redirect_uri", 400)
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
        """By redirect where the redirect_uri is known to be good; JSON at the token endpoint."""
        if request.surface != "authorize":
            if isinstance(error, InvalidClientError):
                self._noted.note(
                    AuditEvent.CLIENT_AUTH_FAILED, request.address_prefix, endpoint=request.surface
                )
                # One answer for all: which part was wrong is nobody's business.
                error.description, error.status_code = _BAD_CLIENT, 401
            answer: Answer = super().handle_error_response(request, error)
            return answer
        if not error.redirect_uri:
            raise IdpError(error.error or "invalid_request", 400, detail=error.description or "")
        return self.error_response(request, error.redirect_uri, error)

    def error_response(
        self, request: ProviderRequest, redirect_uri: str, error: OAuth2Error
    ) -> AuthorizationResponse:
        """An error on its way back to the component (RFC 6749 §4.1.2.1)."""
        code = error.error or "invalid_request"
        if code == "unsupported_response_type" and not request.payload.response_type:
            code = "invalid_request"
        return authorization_response(
            issuer=self._issuer,
            redirect_uri=redirect_uri,
            state=request.payload.state,
            mode=request.payload.data.get("response_mode"),
            error=code,
            error_description=error.description or "",
        )

    def _client_secret_basic(
        self, query_client: Callable[[str], Component | None], request: ProviderRequest
    ) -> Component | None:
        """RFC 6749 §2.3.1: both parts are form-urlencoded before they are joined."""
        scheme, _, encoded = (request.headers.get("Authorization") or "").partition(" ")
        if scheme.lower() != "basic":
            return None
        if request.form.get("client_secret"):
            # RFC 6749 §2.3: not more than one method in a request.
            raise InvalidRequestError("More than one client authentication method.")
        try:
            decoded = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
            client_id, colon, secret = decoded.partition(":")
            client_id, secret = unquote_plus(client_id), unquote_plus(secret)
        except (binascii.Error, UnicodeDecodeError) as error:
            raise InvalidClientError(_BAD_CLIENT, status_code=401) from error
        component = query_client(client_id) if colon else None
        if component is None or not component.check_client_secret(secret):
            raise InvalidClientError(_BAD_CLIENT, status_code=401)
        if request.form.get("client_id") not in (None, client_id):
            raise InvalidClientError(_BAD_CLIENT, status_code=401)
        return component


def access_token_extension(grant: Any) -> None:
    """Put the stored access token first into the answer, before the ID token hashes it."""
    create = grant.server.generate_token

    def generate_token(**kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("grant_type", grant.GRANT_TYPE)
        token = create(client=grant.request.client, **kwargs)
        return {"access_token": grant.request.access_token, **token}

    grant.generate_token = generate_token


def _resume(server: ProviderServer, request: ProviderRequest) -> None:
    """Swap in the parked parameters: Authlib validates a resumed request as a new one."""
    if request.parked is not None:
        request.payload = Parameters(request.parked)
