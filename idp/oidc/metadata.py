"""The discovery document (OpenID Connect Discovery 1.0 §3, RFC 8414 §2): only what is true."""

from __future__ import annotations

from typing import Any

from idp.kernel.identity import ACR
from idp.oidc.respond import RESPONSE_MODES
from idp.people.attributes import SCOPES, claim_names


def provider_metadata(issuer: str, signing_algorithms: tuple[str, ...]) -> dict[str, Any]:
    """The document. issuer: without a slash at its end; every URL is built from it."""
    protocol_claims = (
        "sub", "iss", "aud", "iat", "exp", "auth_time", "nonce", "acr", "amr", "sid", "at_hash",
    )  # fmt: skip
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/jwks.json",
        "end_session_endpoint": f"{issuer}/logout",
        "scopes_supported": ["openid", *sorted(SCOPES)],
        "response_types_supported": ["code"],
        "response_modes_supported": list(RESPONSE_MODES),
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": list(signing_algorithms),
        "token_endpoint_auth_methods_supported": [
            "client_secret_basic",
            "client_secret_post",
            "none",
        ],
        "acr_values_supported": list(ACR.values()),
        "claim_types_supported": ["normal"],
        "claims_supported": [*protocol_claims, *claim_names()],
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "select_account"],
        "ui_locales_supported": ["es"],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "authorization_response_iss_parameter_supported": True,
    }
