"""A component of clients.yaml, as Authlib's client."""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc6749 import ClientMixin

from idp.clients.client import Client
from idp.clients.secrets import secret_matches
from idp.kernel.clock import Clock


class Component(ClientMixin):  # type: ignore[misc]
    """Authlib's questions, answered from the registry's immutable client."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self.client = client
        self.client_id = client.client_id
        self.id_token_signed_response_alg = client.id_token_signed_response_alg
        self._clock = clock

    @property
    def client_metadata(self) -> dict[str, Any]:
        """What Authlib's endpoints ask for by RFC 7591 name."""
        return {"post_logout_redirect_uris": list(self.client.post_logout_redirect_uris)}

    def get_client_id(self) -> str:
        """The client_id."""
        return self.client_id

    def get_default_redirect_uri(self) -> None:
        """None: OpenID Connect requires the parameter (Core §3.1.2.1)."""
        return

    def get_allowed_scope(self, scope: str | None) -> str:
        """The scopes that are asked for and registered; others are dropped (RFC 6749 §3.3).

        Those of APIs (with a colon) are a component's own: no login of a person gives them.
        """
        asked = dict.fromkeys((scope or "").split())
        return " ".join(one for one in asked if one in self.client.scopes and ":" not in one)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Exact string match (RFC 9700 §2.1)."""
        return redirect_uri in self.client.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        """Constant time, against every secret that is in force."""
        return secret_matches(self.client, client_secret, self._clock.now())

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """The one registered method, at every endpoint."""
        return method == self.client.token_endpoint_auth_method

    def check_response_type(self, response_type: str) -> bool:
        """Whether the component may use this response type."""
        return response_type in self.client.response_types

    def check_grant_type(self, grant_type: str) -> bool:
        """Whether the component may use this grant."""
        return grant_type in self.client.grant_types
