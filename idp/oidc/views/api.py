"""Discovery, JWKS, `/token`, `/userinfo`: what servers call."""

from __future__ import annotations

import json
from collections.abc import Iterable

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749.errors import UnsupportedGrantTypeError
from flask import Blueprint, Response, request

from idp.oidc.access import UserInfo
from idp.oidc.metadata import provider_metadata
from idp.oidc.server import NO_STORE, Answer, ProviderServer
from idp.oidc.views.request import provider_request
from idp.signing.keyring import Keyring
from idp.web.client_address import ClientAddress


def blueprint(
    *,
    server: ProviderServer,
    userinfo: UserInfo,
    keyring: Keyring,
    client_address: ClientAddress,
    issuer: str,
) -> Blueprint:
    """Discovery, JWKS, `/token`, `/userinfo`: what servers call. No cookie is read here."""
    bp = Blueprint("oidc", __name__)

    def answer(found: Answer) -> Response:
        return Response(found.body, found.status, list(found.headers))

    def public(body: str) -> Response:
        headers = [("Cache-Control", "public, max-age=300"), ("Access-Control-Allow-Origin", "*")]
        return Response(body, 200, headers, mimetype="application/json")

    @bp.get("/.well-known/openid-configuration")
    def discovery() -> Response:
        return public(json.dumps(provider_metadata(issuer, keyring.algorithms)))

    @bp.get("/jwks.json")
    def jwks() -> Response:
        return public(json.dumps(keyring.jwks()))

    @bp.post("/token")
    def token() -> Response:
        asked = provider_request("token", issuer, client_address.prefix(request))
        if asked.parameters.repeated:
            return _error(400, "invalid_request", "A parameter is repeated.")
        if asked.payload.grant_type is None:
            return _error(400, "invalid_request", "Missing grant_type.")
        if asked.payload.grant_type != "authorization_code":
            error = UnsupportedGrantTypeError.error
            return _error(400, error, "Only authorization_code is supported.")
        found = server.create_token_response(asked)
        assert isinstance(found, Answer)
        return answer(found)

    @bp.route("/userinfo", methods=["GET", "POST"])
    def user_info() -> Response:
        by_header = _bearer(request.headers.get("Authorization", ""))
        # RFC 6750 §2.2: a body counts only where a body has a meaning; §2.3's query never does.
        by_body = request.form.get("access_token") if request.method == "POST" else None
        if by_header and by_body:
            # RFC 6750 §2: not more than one method in a request.
            return _error(400, "invalid_request", "The token came twice.")
        access_token = by_header or by_body
        if not access_token:
            # RFC 6750 §3.1: no error code when the request holds no token at all.
            return Response("", 401, [("WWW-Authenticate", 'Bearer realm="vuce"'), *NO_STORE])
        try:
            claims = userinfo.claims(access_token)
        except OAuth2Error as error:
            status, body, headers = error()
            return Response(json.dumps(body), status, headers)
        return Response(json.dumps(claims), 200, NO_STORE, mimetype="application/json")

    return bp


def cors(response: Response, *, path: str, origin: str | None, allowed: Iterable[str]) -> None:
    """Let a public component's own pages read `/token` and `/userinfo`; no cookies are involved."""
    if path in ("/token", "/userinfo") and origin is not None:
        response.vary.add("Origin")
        if origin in allowed:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Allow-Methods"] = "GET, POST"
            response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"


def _bearer(header: str) -> str | None:
    """RFC 6750 §2.1."""
    scheme, _, value = header.partition(" ")
    return value.strip() or None if scheme.lower() == "bearer" else None


def _error(status: int, error: str, description: str) -> Response:
    body = json.dumps({"error": error, "error_description": description})
    return Response(body, status, NO_STORE, mimetype="application/json")
