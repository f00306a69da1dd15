"""`/userinfo`: bearer tokens (RFC 6750) and tokens that are bound to a key (RFC 9449)."""

from __future__ import annotations

import json

from flask import Blueprint, Response, request

from idp.kernel.ports import Presented, TokenRefused
from idp.oidc.access import UserInfo
from idp.oidc.server import NO_STORE
from idp.web.bearer import Challenges, presented


def blueprint(*, userinfo: UserInfo, challenges: Challenges, issuer: str) -> Blueprint:
    """GET and POST `/userinfo`."""
    bp = Blueprint("userinfo", __name__)

    @bp.route("/userinfo", methods=["GET", "POST"])
    def user_info() -> Response:
        found = presented(request, issuer)
        # RFC 6750 §2.2: a body counts only where a body has a meaning; §2.3's query never does.
        by_body = request.form.get("access_token") if request.method == "POST" else None
        if found and by_body:
            # RFC 6750 §2: not more than one method in a request.
            return refused(TokenRefused(400, "invalid_request", "The token came twice."))
        if by_body:
            proof, uri = request.headers.get("DPoP"), f"{issuer}{request.path}"
            found = Presented(by_body, "bearer", proof, request.method, uri)
        if found is None:
            headers = [*NO_STORE, *challenges.bare()]
            return Response("", 401, headers, mimetype="text/plain")
        try:
            claims = userinfo.claims(found)
        except TokenRefused as refusal:
            return refused(refusal)
        return Response(json.dumps(claims), 200, NO_STORE, mimetype="application/json")

    def refused(refusal: TokenRefused) -> Response:
        body = json.dumps({"error": refusal.error, "error_description": refusal.description})
        headers = [*NO_STORE, challenges.refused(refusal)]
        return Response(body, refusal.status, headers, mimetype="application/json")

    return bp
