"""Authlib's grants over our services: single use and storage happen there, in one step each.

Authlib asks for a credential, deletes it and saves the token in three calls, between which another
request can redeem the same credential. So all of it happens in the first, and the other two are
no-ops. The token answer is made there as well; Authlib's generators are not used.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError, InvalidScopeError
from authlib.oauth2.rfc6749.errors import AccessDeniedError
from authlib.oauth2.rfc6749.grants import (
    AuthorizationCodeGrant,
    ClientCredentialsGrant,
    RefreshTokenGrant,
)

from idp.clients.client import Client
from idp.kernel.ids import new_id
from idp.kernel.random import Random
from idp.login.session import Session
from idp.oidc.authentication import CONFIDENTIAL, METHODS
from idp.oidc.codes import Codes
from idp.oidc.component import Component
from idp.oidc.dpop import DPoP
from idp.oidc.ports import PresentedRefresh
from idp.oidc.records import CodeRecord, Grant
from idp.oidc.refresh import RefreshTokens
from idp.oidc.request import ProviderRequest
from idp.oidc.respond import AuthorizationResponse, authorization_response
from idp.oidc.tokens import AccessTokens

GRANT_TYPES = ("authorization_code", "refresh_token", "client_credentials")

Response = tuple[int, Any, list[tuple[str, str]]]


class Granting:
    """What the grants share."""

    def __init__(
        self,
        *,
        codes: Codes,
        refresh: RefreshTokens,
        tokens: AccessTokens,
        dpop: DPoP,
        random: Random,
        issuer: str,
    ) -> None:
        self.codes = codes
        self.refresh = refresh
        self.tokens = tokens
        self.random = random
        self.issuer = issuer
        self._dpop = dpop

    def key_of(self, request: ProviderRequest, client: Client) -> str | None:
        """The key that the tokens will be bound to (RFC 9449 §5); None for bearer tokens.

        Raises InvalidDPoPProofError; InvalidRequestError for a component that must send a proof and
        sent none.
        """
        if request.proof is not None:
            return self._dpop.key_of(request.proof, method=request.method, uri=request.uri)
        if client.needs_dpop:
            raise InvalidRequestError("The tokens of this client are bound to a key: send a proof.")
        return None


def code_grant(granting: Granting) -> type[AuthorizationCodeGrant]:
    """RFC 6749 §4.1."""

    class CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]
        TOKEN_ENDPOINT_AUTH_METHODS = METHODS

        def create_authorization_response(
            self, redirect_uri: str, grant_user: Session | None
        ) -> Response:
            if grant_user is None:
                raise AccessDeniedError(redirect_uri=redirect_uri)
            code = granting.codes.issue(self.request, grant_user)
            if code is None:
                raise InvalidRequestError("This request was answered before.")
            payload = self.request.payload
            response: AuthorizationResponse = authorization_response(
                issuer=granting.issuer,
                redirect_uri=redirect_uri,
                state=payload.state,
                mode=payload.data.get("response_mode"),
                code=code,
            )
            return 303, response, []

        def query_authorization_code(self, code: str, client: Component) -> CodeRecord:
            request: ProviderRequest = self.request
            jkt = granting.key_of(request, client.client)
            record, answer = granting.codes.redeem(request, code, client.client, jkt)
            if client.check_grant_type("refresh_token"):
                token = granting.refresh.begin(client.client, record, jkt)
                answer |= {"refresh_token": token} if token else {}
            request.answer, request.grant = answer, record
            return record

        def delete_authorization_code(self, authorization_code: CodeRecord) -> None:
            """Spent already."""

        def generate_token(self, **_: Any) -> dict[str, Any]:
            return dict(self.request.answer)

        def save_token(self, token: dict[str, Any]) -> None:
            """Stored already."""

        def authenticate_user(self, authorization_code: CodeRecord) -> CodeRecord:
            return authorization_code

    return CodeGrant


def refresh_grant(granting: Granting) -> type[RefreshTokenGrant]:
    """RFC 6749 §6."""

    class Credential:
        """A refresh token, as Authlib asks about it."""

        def __init__(self, found: PresentedRefresh, jkt: str | None) -> None:
            self.found = found
            self.jkt = jkt

        def check_client(self, client: Component) -> bool:
            return bool(self.found.family.grant.client_id == client.client_id)

        def get_scope(self) -> str:
            return self.found.family.grant.scope

    class RefreshGrant(RefreshTokenGrant):  # type: ignore[misc]
        TOKEN_ENDPOINT_AUTH_METHODS = METHODS

        def authenticate_refresh_token(self, refresh_token: str) -> Credential:
            request: ProviderRequest = self.request
            client = request.client.client
            jkt = granting.key_of(request, client)
            found = granting.refresh.find(client, refresh_token, jkt, request.address_prefix)
            return Credential(found, jkt)

        def authenticate_user(self, refresh_token: Credential) -> Grant:
            return refresh_token.found.family.grant

        def issue_token(self, user: Grant, refresh_token: Credential) -> dict[str, Any]:
            request: ProviderRequest = self.request
            # What the component may ask for may have shrunk in clients.yaml meanwhile.
            asked = (request.payload.scope or user.scope).split()
            scope = " ".join(one for one in asked if one in request.client.client.scopes)
            if not scope:
                raise InvalidScopeError("None of the scopes may be given any more.")
            answer = granting.refresh.redeem(
                request.client.client,
                request.form["refresh_token"],
                refresh_token.found,
                scope,
                refresh_token.jkt,
            )
            request.answer, request.grant = answer, replace(user, scope=scope)
            return dict(answer)

        def save_token(self, token: dict[str, Any]) -> None:
            """Stored already."""

        def revoke_old_credential(self, refresh_token: Credential) -> None:
            """Rotated already."""

    return RefreshGrant


def client_credentials_grant(granting: Granting) -> type[ClientCredentialsGrant]:
    """RFC 6749 §4.4: a component that acts for itself, within the scopes that it was given."""

    class CredentialsGrant(ClientCredentialsGrant):  # type: ignore[misc]
        TOKEN_ENDPOINT_AUTH_METHODS = CONFIDENTIAL

        def validate_requested_scope(self) -> None:
            request: ProviderRequest = self.request
            given = {one for one in request.client.client.scopes if ":" in one}
            asked = (request.payload.scope or "").split() or sorted(given)
            if not asked or not given.issuperset(asked):
                raise InvalidScopeError("The client was not given that scope for itself.")
            request.scope = " ".join(dict.fromkeys(asked))

        def generate_token(self, **_: Any) -> dict[str, Any]:
            request: ProviderRequest = self.request
            client = request.client.client
            grant = Grant(
                client_id=client.client_id,
                scope=request.scope,
                grant_id=new_id(granting.random, "gra"),
                sub=client.client_id,  # RFC 9068 §2.2
            )
            jkt = granting.key_of(request, client)
            issued = granting.tokens.issue(client, grant, jkt, "client_credentials")
            if issued is None:
                raise InvalidGrantError("The grant has ended.")
            return issued[1]

        def save_token(self, token: dict[str, Any]) -> None:
            """Stored already."""

    return CredentialsGrant
