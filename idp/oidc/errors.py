"""Protocol errors that Authlib does not have, each with the specification that names it."""

from __future__ import annotations

from authlib.oauth2 import OAuth2Error


class RequestUriNotSupportedError(OAuth2Error):  # type: ignore[misc]
    """OpenID Connect Core §3.1.2.6."""

    error = "request_uri_not_supported"


class RegistrationNotSupportedError(OAuth2Error):  # type: ignore[misc]
    """OpenID Connect Core §3.1.2.6."""

    error = "registration_not_supported"


class InvalidRequestObjectError(OAuth2Error):  # type: ignore[misc]
    """RFC 9101 §7."""

    error = "invalid_request_object"


class InvalidRequestUriError(OAuth2Error):  # type: ignore[misc]
    """RFC 9101 §7."""

    error = "invalid_request_uri"


class UnmetAuthenticationRequirementsError(OAuth2Error):  # type: ignore[misc]
    """OpenID Connect Unmet Authentication Requirements 1.0 §2."""

    error = "unmet_authentication_requirements"


class InvalidDPoPProofError(OAuth2Error):  # type: ignore[misc]
    """RFC 9449 §5 and §12.2."""

    error = "invalid_dpop_proof"
