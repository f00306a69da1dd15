"""Errors as SCIM answers them (RFC 7644 §3.12)."""

from __future__ import annotations

from scim2_models import Error, SCIMException

from idp.kernel.errors import IdpError

_DETAILS = {
    400: "The request is not valid.",
    404: "There is no such endpoint.",
    405: "The endpoint does not take this method.",
    413: "The request is too large.",
    429: "Too many requests; try again later.",
    503: "The service is not available; try again later.",
}


def told(error: SCIMException | IdpError) -> Error:
    """What the client is told; of our own errors their status alone."""
    if isinstance(error, SCIMException):
        return error.to_error()
    detail = _DETAILS.get(error.status, "Something went wrong on our side.")
    syntax = "invalidSyntax" if error.status == 400 else None
    return Error(status=error.status, scim_type=syntax, detail=detail)


def refusal(status: int, detail: str, scim_type: str | None = None) -> SCIMException:
    """An error of a status that scim2-models has no exception for."""
    return SCIMException.from_error(Error(status=status, scim_type=scim_type, detail=detail))
