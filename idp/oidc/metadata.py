"""The discovery document (OpenID Connect Discovery 1.0 §3, RFC 8414 §2): only what is true."""

from __future__ import annotations

from typing import Any

from idp.clients.client import SCIM_READ, SCIM_WRITE
from idp.kernel.identity import ACR
from idp.oidc.authentication import CONFIDENTIAL, METHODS
from idp.oidc.checks import PROMPTS
from idp.oidc.codes import OFFLINE
from idp.oidc.dpop import ALGORITHMS as DPOP_ALGORITHMS
from idp.oidc.jose import ALGORITHMS
from idp.oidc.respond import RESPONSE_MODES
from idp.people.attributes import SCOPES, claim_names
from idp.web.i18n import LANGUAGES

# Claims that belong to the token rather than to the person.
_PROTOCOL_CLAIMS = (
    "sub", "iss", "aud", "iat", "exp", "auth_time", "nonce", "acr", "amr", "sid", "at_hash",
)  # fmt: skip


def provider_metadata(issuer: str, signing_algorithms: tuple[str, ...]) -> dict[str, Any]:
    """The document. issuer: without a slash at its end; every URL is built from it."""
    return {
        "issuer": issuer,
        **_endpoints(issuer),
        "scopes_supported": ["openid", *sorted(SCOPES), OFFLINE, SCIM_READ, SCIM_WRITE],
        "response_types_supported": ["code"],
        "response_modes_supported": list(RESPONSE_MODES),
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": list(signing_algorithms),
        **_client_authentication("token_endpoint", METHODS),
        **_client_authentication("revocation_endpoint", METHODS),
        **_client_authentication("introspection_endpoint", CONFIDENTIAL),
        "acr_values_supported": list(ACR.values()),
        "claim_types_supported": ["normal"],
        "claims_supported": [*_PROTOCOL_CLAIMS, *claim_names()],
        "claims_parameter_supported": True,
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": list(DPOP_ALGORITHMS),
        "prompt_values_supported": sorted(PROMPTS),
        "ui_locales_supported": list(LANGUAGES),
        "request_parameter_supported": True,
        "request_object_signing_alg_values_supported": list(ALGORITHMS),
        "request_uri_parameter_supported": False,
        "require_pushed_authorization_requests": False,
        "require_signed_request_object": False,
        "authorization_response_iss_parameter_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "frontchannel_logout_supported": False,
    }


def _endpoints(issuer: str) -> dict[str, str]:
    return {
        "authorization_endpoint": f"{issuer}/authorize",
        "pushed_authorization_request_endpoint": f"{issuer}/par",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "introspection_endpoint": f"{issuer}/introspect",
        "revocation_endpoint": f"{issuer}/revoke",
        "end_session_endpoint": f"{issuer}/logout",
        "jwks_uri": f"{issuer}/jwks.json",
    }


def _client_authentication(endpoint: str, methods: tuple[str, ...]) -> dict[str, list[str]]:
    return {
        f"{endpoint}_auth_methods_supported": list(methods),
        f"{endpoint}_auth_signing_alg_values_supported": list(ALGORITHMS),
    }
