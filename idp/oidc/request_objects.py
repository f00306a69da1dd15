"""Signed authorization requests: the `request` parameter (RFC 9101, OpenID Connect Core §6.1).

Authlib's extension would take unsigned objects, choose any of several keys for one without a `kid`,
judge neither times nor audience, and add a hook of its own; so the object is read here.
"""

from __future__ import annotations

import json

from authlib.oauth2.rfc6749 import InvalidRequestError

from idp.clients.client import Client
from idp.kernel.clock import Clock
from idp.oidc.authentication import number
from idp.oidc.client_keys import ClientKeys
from idp.oidc.errors import InvalidRequestObjectError
from idp.oidc.jose import ALGORITHMS, FAPI_ALGORITHMS, SignedToken, UntrustedToken, kind, peek
from idp.oidc.request import Parameters, ProviderRequest

_SKEW = 10
_KINDS = ("", "jwt", "oauth-authz-req+jwt")
# Of the token, not of the request.
_TOKEN_CLAIMS = frozenset({"iss", "aud", "exp", "nbf", "iat", "jti"})
# What may be read of an object that is not to be trusted: how its refusal is told, and it is told
# to nobody but the component's own registered address.
_HINTS = ("response_mode", "state")


class RequestObjects:
    """Puts the parameters of a request object in the place of those around it."""

    def __init__(self, *, keys: ClientKeys, clock: Clock, issuer: str) -> None:
        self._keys = keys
        self._clock = clock
        self._issuer = issuer

    def apply(self, request: ProviderRequest, client: Client) -> None:
        """RFC 9101 §6.3: only what is inside counts from then on.

        Raises InvalidRequestObjectError, and InvalidRequestError for a component that must sign
        and did not.
        """
        token = request.payload.data.get("request")
        if token is None:
            if client.require_signed_request_object:
                raise InvalidRequestError("Requests of this client must be signed.")
            return
        claims = self._verified(token, client).claims
        if {"request", "request_uri"} & claims.keys():
            raise InvalidRequestObjectError("A request object cannot hold another one.")
        if claims.get("client_id", client.client_id) != client.client_id:
            raise InvalidRequestObjectError("The client_id of the request object is another one.")
        pairs = [(name, _text(value)) for name, value in claims.items() if value is not None]
        inside = [(name, text) for name, text in pairs if name not in _TOKEN_CLAIMS]
        inside = [
            ("client_id", client.client_id),
            *(one for one in inside if one[0] != "client_id"),
        ]
        request.payload = Parameters(inside)

    def hints(self, token: str) -> dict[str, str]:
        """`response_mode` and `state` of an object that was refused, unverified."""
        try:
            claims = peek(token).claims
        except UntrustedToken:
            return {}
        return {name: claims[name] for name in _HINTS if isinstance(claims.get(name), str)}

    def _verified(self, token: str, client: Client) -> SignedToken:
        algorithms = FAPI_ALGORITHMS if client.fapi2 else ALGORITHMS
        try:
            found = self._keys.verify(client, token, algorithms)
        except UntrustedToken as error:
            raise InvalidRequestObjectError(
                "The request object is not signed as it must be."
            ) from error
        if kind(found.header) not in _KINDS:
            raise InvalidRequestObjectError("The typ of the request object is of another kind.")
        self._judge(found, client)
        return found

    def _judge(self, token: SignedToken, client: Client) -> None:
        """RFC 9101 §4 and §10.8: who made it, for whom and when; each where it says so."""
        now, claims = self._clock.timestamp(), token.claims
        audience = claims.get("aud", self._issuer)
        if self._issuer not in (audience if isinstance(audience, list) else [audience]):
            raise InvalidRequestObjectError("The request object is for another server.")
        if claims.get("iss", client.client_id) != client.client_id:
            raise InvalidRequestObjectError("The request object is another client's.")
        for name in ("nbf", "iat"):
            if name in claims and not (number(claims[name]) and claims[name] <= now + _SKEW):
                raise InvalidRequestObjectError(f"The {name} of the request object is not yet.")
        expires = claims.get("exp", now)
        if not number(expires) or expires <= now - _SKEW:
            raise InvalidRequestObjectError("The request object has expired.")


def _text(value: object) -> str:
    """A claim as the parameter that it stands for (OpenID Connect Core §6.1)."""
    return value if isinstance(value, str) else json.dumps(value)
