"""Discovery, JWKS, `/token` and its neighbours: what servers call. No cookie is read here."""

from __future__ import annotations

import json
from collections.abc import Iterable

from flask import Blueprint, Response, request

from idp.oidc.grants import GRANT_TYPES
from idp.oidc.metadata import provider_metadata
from idp.oidc.par import PushedAuthorization
from idp.oidc.server import NO_STORE, Answer, ProviderServer
from idp.oidc.views.request import provider_request
from idp.signing.keyring import Keyring
from idp.web.client_address import ClientAddress

PATHS = ("/token", "/userinfo", "/par", "/revoke", "/introspect", "/jwks.json", "/.well-known/")
# What a public component's own pages call.
_CORS_PATHS = ("/token", "/userinfo", "/par", "/revoke")


def blueprint(
    *,
    server: ProviderServer,
    par: PushedAuthorization,
    keyring: Keyring,
    client_address: ClientAddress,
    issuer: str,
) -> Blueprint:
    """Discovery, JWKS, `/par`, `/token`, `/revoke`, `/introspect`."""
    bp = Blueprint("oidc", __name__)

    def answer(found: object) -> Response:
        assert isinstance(found, Answer)
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
        if asked.payload.grant_type not in GRANT_TYPES:
            return _error(400, "unsupported_grant_type", "That grant_type is not supported.")
        return answer(server.create_token_response(asked))

    @bp.post("/par")
    def pushed() -> Response:
        return answer(par.push(provider_request("par", issuer, client_address.prefix(request))))

    @bp.post("/revoke")
    def revoke() -> Response:
        asked = provider_request("revoke", issuer, client_address.prefix(request))
        return answer(server.create_endpoint_response("revocation", asked))

    @bp.post("/introspect")
    def introspect() -> Response:
        asked = provider_request("introspect", issuer, client_address.prefix(request))
        return answer(server.create_endpoint_response("introspection", asked))

    return bp


def cors(response: Response, *, path: str, origin: str | None, allowed: Iterable[str]) -> None:
    """Let a public component's own pages read the answers; no cookies are involved."""
    if path in _CORS_PATHS and origin is not None:
        response.vary.add("Origin")
        if origin in allowed:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Allow-Methods"] = "GET, POST"
            response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, DPoP"


def _error(status: int, error: str, description: str) -> Response:
    body = json.dumps({"error": error, "error_description": description})
    return Response(body, status, NO_STORE, mimetype="application/json")
