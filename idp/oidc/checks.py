"""What an authorization request must fulfil beyond Authlib's own checks: a row each.

They run after client and redirect_uri are known to be good, so that each error may go back to the
component. Unknown parameters, `display`, `ui_locales`, `claims_locales`, `login_hint` and
`acr_values` never cause an error (OpenID Connect Core §3.1.2.1).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from authlib.oauth2.rfc6749 import InvalidRequestError, InvalidScopeError

from idp.clients.client import Client
from idp.oidc.claims_request import parse
from idp.oidc.errors import RegistrationNotSupportedError
from idp.oidc.request import ProviderRequest
from idp.oidc.respond import RESPONSE_MODES

# `consent` is met without a page: components are VUCE's own, and nobody is asked.
PROMPTS = frozenset({"none", "login", "consent", "select_account"})
_SHA256 = re.compile(r"[A-Za-z0-9_-]{43}")

Check = Callable[[ProviderRequest, Client], None]


def no_repeated_parameter(request: ProviderRequest, client: Client) -> None:
    """RFC 6749 §3.1."""
    if request.parameters.repeated:
        raise InvalidRequestError("A parameter is repeated.")


def no_registration(request: ProviderRequest, client: Client) -> None:
    """OpenID Connect Core §7.2.1: components are registered by us alone."""
    if "registration" in request.payload.data:
        raise RegistrationNotSupportedError("registration is not supported.")


def known_response_mode(request: ProviderRequest, client: Client) -> None:
    """OAuth 2.0 Multiple Response Types §2.1; a fragment would show the code to scripts."""
    if request.payload.data.get("response_mode", "query") not in RESPONSE_MODES:
        raise InvalidRequestError("Unsupported response_mode.")


def openid_scope(request: ProviderRequest, client: Client) -> None:
    """OpenID Connect Core §3.1.2.1: without `openid` it is no OpenID request."""
    if "openid" not in (request.payload.scope or "").split():
        raise InvalidScopeError("The openid scope is required.")


def known_prompt(request: ProviderRequest, client: Client) -> None:
    """OpenID Connect Core §3.1.2.1: `none` stands alone."""
    prompts = (request.payload.data.get("prompt") or "").split()
    if not PROMPTS.issuperset(prompts) or ("none" in prompts and len(prompts) > 1):
        raise InvalidRequestError("Invalid prompt.")


def valid_max_age(request: ProviderRequest, client: Client) -> None:
    """OpenID Connect Core §3.1.2.1: seconds."""
    max_age = request.payload.data.get("max_age")
    if max_age is not None and max_age_of(max_age) is None:
        raise InvalidRequestError("Invalid max_age.")


def max_age_of(text: str | None) -> int | None:
    """Seconds, or None for what is no number of them: nine digits are thirty years."""
    return int(text) if text and re.fullmatch(r"[0-9]{1,9}", text) else None


def readable_claims(request: ProviderRequest, client: Client) -> None:
    """OpenID Connect Core §5.5."""
    parse(request.payload.data.get("claims"))


def possible_thumbprint(request: ProviderRequest, client: Client) -> None:
    """RFC 9449 §10: `dpop_jkt` is the SHA-256 thumbprint of a key."""
    jkt = request.payload.data.get("dpop_jkt")
    if jkt is not None and not _SHA256.fullmatch(jkt):
        raise InvalidRequestError("Invalid dpop_jkt.")


def pkce_s256(request: ProviderRequest, client: Client) -> None:
    """RFC 7636 with S256 only (RFC 9700 §2.1.1); required unless the component is excused."""
    challenge = request.payload.data.get("code_challenge")
    method = request.payload.data.get("code_challenge_method")
    if challenge is None and method is None:
        if client.require_pkce or client.fapi2:
            raise InvalidRequestError("Missing code_challenge.")
        return
    if method != "S256":
        raise InvalidRequestError("code_challenge_method must be S256.")
    if challenge is None or not _SHA256.fullmatch(challenge):
        raise InvalidRequestError("Invalid code_challenge.")


CHECKS: tuple[Check, ...] = (
    no_repeated_parameter,
    no_registration,
    known_response_mode,
    openid_scope,
    known_prompt,
    valid_max_age,
    readable_claims,
    possible_thumbprint,
    pkce_s256,
)


class RequestChecks:
    """The table as an extension of Authlib's authorization code grant."""

    def __call__(self, grant: object) -> None:
        """Register the one hook; within it the rows run in their order."""
        grant.register_hook(  # type: ignore[attr-defined]
            "after_validate_authorization_request_payload", self._run
        )

    def _run(self, grant: object, redirect_uri: object) -> None:
        request: ProviderRequest = grant.request  # type: ignore[attr-defined]
        for check in CHECKS:
            check(request, request.client.client)
