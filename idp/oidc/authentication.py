"""How components authenticate (RFC 6749 §2.3, OpenID Connect Core §9), as Authlib's methods."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, TypeGuard
from urllib.parse import unquote_plus

from authlib.oauth2.rfc6749.errors import InvalidClientError, InvalidRequestError

from idp.kernel.clock import Clock
from idp.oidc.client_keys import ClientKeys
from idp.oidc.component import Component
from idp.oidc.jose import ALGORITHMS, FAPI_ALGORITHMS, UntrustedToken, kind, peek
from idp.oidc.ports import SpentIds
from idp.oidc.request import ProviderRequest

METHODS = ("client_secret_basic", "client_secret_post", "private_key_jwt", "none")
CONFIDENTIAL = METHODS[:-1]
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
BAD_CLIENT = "The client is unknown or did not authenticate as it is registered."

# Clocks differ by so much (seconds). An assertion that lives for longer than an hour is not made
# for one request.
_SKEW = 10
_LONGEST = 3_600
_KINDS = ("", "jwt", "client-authentication+jwt")

QueryClient = Callable[[str], Component | None]


def bad_client() -> InvalidClientError:
    """One answer for all: which part was wrong is nobody's business."""
    return InvalidClientError(BAD_CLIENT, status_code=401)


def one_method(request: ProviderRequest) -> None:
    """RFC 6749 §2.3: not more than one in a request. Raises InvalidRequestError."""
    by_header = (request.headers.get("Authorization") or "").lower().startswith("basic ")
    by_body = [name in request.form for name in ("client_secret", "client_assertion")]
    if sum((by_header, *by_body)) > 1:
        raise InvalidRequestError("More than one client authentication method.")


class ClientAuthentication:
    """The methods; each gives None where the request does not use it at all."""

    def __init__(self, *, keys: ClientKeys, spent: SpentIds, clock: Clock, issuer: str) -> None:
        self._keys = keys
        self._spent = spent
        self._clock = clock
        self._issuer = issuer

    def methods(self) -> dict[str, Callable[[QueryClient, ProviderRequest], Component | None]]:
        """By the name of the IANA registry of token endpoint authentication methods."""
        return {
            "client_secret_basic": self._client_secret_basic,
            "private_key_jwt": self._private_key_jwt,
        }

    def _client_secret_basic(
        self, query_client: QueryClient, request: ProviderRequest
    ) -> Component | None:
        """RFC 6749 §2.3.1: both parts are form-urlencoded before they are joined."""
        scheme, _, encoded = (request.headers.get("Authorization") or "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            decoded = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
            client_id, colon, secret = decoded.partition(":")
            client_id, secret = unquote_plus(client_id), unquote_plus(secret)
        except (binascii.Error, UnicodeDecodeError) as error:
            raise bad_client() from error
        component = query_client(client_id) if colon else None
        if component is None or not component.check_client_secret(secret):
            raise bad_client()
        if request.form.get("client_id") not in (None, client_id):
            raise bad_client()
        return component

    def _private_key_jwt(
        self, query_client: QueryClient, request: ProviderRequest
    ) -> Component | None:
        """RFC 7523 §2.2 and §3, OpenID Connect Core §9."""
        assertion = request.form.get("client_assertion")
        if assertion is None and request.form.get("client_assertion_type") is None:
            return None
        if assertion is None or request.form.get("client_assertion_type") != ASSERTION_TYPE:
            raise bad_client()
        try:
            client_id = peek(assertion).claims.get("sub")
            component = query_client(client_id) if isinstance(client_id, str) else None
            if component is None or request.form.get("client_id") not in (None, client_id):
                raise bad_client()
            client = component.client
            if client.token_endpoint_auth_method != "private_key_jwt":
                raise bad_client()
            token = self._keys.verify(client, assertion, _algorithms(component))
        except UntrustedToken as error:
            raise bad_client() from error
        if kind(token.header) not in _KINDS or not self._good(token.claims, component, request):
            raise bad_client()
        return component

    def _good(self, claims: dict[str, Any], component: Component, request: ProviderRequest) -> bool:
        """RFC 7523 §3; the last thing looked at is spent by looking."""
        now, jti = self._clock.timestamp(), claims.get("jti")
        expires = claims.get("exp")
        if claims.get("iss") != component.client_id or claims.get("sub") != component.client_id:
            return False
        if not self._audience_is_ours(claims.get("aud"), component, request):
            return False
        if not number(expires) or not now - _SKEW < expires <= now + _LONGEST + _SKEW:
            return False
        if any(
            name in claims and not (number(claims[name]) and claims[name] <= now + _SKEW)
            for name in ("nbf", "iat")
        ):
            return False
        if not isinstance(jti, str) or not 0 < len(jti) <= 256:
            return False
        life = int(expires - now) + 2 * _SKEW
        return self._spent.spend("assertion", f"{component.client_id} {jti}", life)

    def _audience_is_ours(
        self, audience: object, component: Component, request: ProviderRequest
    ) -> bool:
        """FAPI 2.0 §5.3.2.1: the issuer, as one string. Others may name the endpoint they call
        (RFC 7523 §3), alone: an assertion for several servers is good at each of them.
        """
        if component.client.fapi2:
            return audience == self._issuer
        if isinstance(audience, list) and len(audience) == 1:
            audience = audience[0]
        return audience in (self._issuer, f"{self._issuer}/token", request.uri)


def number(value: object) -> TypeGuard[int | float]:
    """Whether it is a NumericDate (RFC 7519 §2)."""
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


def _algorithms(component: Component) -> Sequence[str]:
    only = component.client.token_endpoint_auth_signing_alg
    if only is not None:
        return ("EdDSA", "Ed25519") if only == "EdDSA" else (only,)
    return FAPI_ALGORITHMS if component.client.fapi2 else ALGORITHMS
