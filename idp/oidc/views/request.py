"""The current request, as Authlib wants it."""

from __future__ import annotations

from flask import request

from idp.oidc.request import ProviderRequest, Surface


def provider_request(
    surface: Surface, issuer: str, address_prefix: str = "unknown"
) -> ProviderRequest:
    """The current request for Authlib; query by GET, body by POST, never both."""
    source = request.args if request.method == "GET" else request.form
    return ProviderRequest(
        surface=surface,
        method=request.method,
        uri=f"{issuer}{request.path}",
        headers=dict(request.headers.items()),
        pairs=source.items(multi=True),
        address_prefix=address_prefix,
        proof=request.headers.get("DPoP"),
    )
