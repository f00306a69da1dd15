"""`/userinfo`: bearer tokens (RFC 6750) and tokens that are bound to a key (RFC 9449)."""

from __future__ import annotations

import json

from flask import Blueprint, Response, request

from idp.oidc.access import Presented, TokenRefused, UserInfo
from idp.oidc.dpop import ALGORITHMS
from idp.oidc.server import NO_STORE

_BEARER = 'Bearer realm="vuce"'
_DPOP = f'DPoP realm="vuce", algs="{" ".join(ALGORITHMS)}"'
_CHALLENGES = {"Bearer": _BEARER, "DPoP": _DPOP}
_SCHEMES = ("bearer", "dpop")


def blueprint(*, userinfo: UserInfo, issuer: str) -> Blueprint:
    """GET and POST `/userinfo`."""
    bp = Blueprint("userinfo", __name__)

    @bp.route("/userinfo", methods=["GET", "POST"])
    def user_info() -> Response:
        scheme, by_header = _authorization(request.headers.get("Authorization", ""))
        # RFC 6750 §2.2: a body counts only where a body has a meaning; §2.3's query never does.
        by_body = request.form.get("access_token") if request.method == "POST" else None
        if by_header and by_body:
            # RFC 6750 §2: not more than one method in a request.
            return _refused(TokenRefused(400, "invalid_request", "The token came twice."))
        access_token = by_header or by_body
        if not access_token:
            # RFC 6750 §3.1: no error code when the request holds no token at all.
            headers = [*NO_STORE, ("WWW-Authenticate", _BEARER), ("WWW-Authenticate", _DPOP)]
            return Response("", 401, headers, mimetype="text/plain")
        presented = Presented(
            token=access_token,
            scheme=scheme if by_header else "bearer",
            proof=request.headers.get("DPoP"),
            method=request.method,
            uri=f"{issuer}{request.path}",
        )
        try:
            claims = userinfo.claims(presented)
        except TokenRefused as refusal:
            return _refused(refusal)
        return Response(json.dumps(claims), 200, NO_STORE, mimetype="application/json")

    return bp


def _authorization(header: str) -> tuple[str, str | None]:
    """RFC 6750 §2.1, RFC 9449 §7.1: the scheme, and the token if there is one."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() not in _SCHEMES:
        return "", None
    return scheme.lower(), value.strip() or None


def _refused(refusal: TokenRefused) -> Response:
    details = f'error="{refusal.error}", error_description="{refusal.description}"'
    challenge = f"{_CHALLENGES[refusal.scheme]}, {details}"
    body = json.dumps({"error": refusal.error, "error_description": refusal.description})
    headers = [*NO_STORE, ("WWW-Authenticate", challenge)]
    return Response(body, refusal.status, headers, mimetype="application/json")
