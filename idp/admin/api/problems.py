"""What is wrong, in the form of RFC 9457; `code` is stable, the texts are for people who look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from idp.kernel.errors import IdpError

_TITLES = {
    "console_elsewhere": "This is not the console's own host.",
    "not_found": "There is no such resource.",
    "method_not_allowed": "The resource does not take this method.",
    "invalid_request": "The request cannot be read.",
    "invalid_query": "A parameter is not what the operation takes.",
    "invalid_body": "The body is not what the operation takes.",
    "request_too_large": "The body is too large.",
    "unsupported_media_type": "The body must be application/json.",
    "unauthorized": "An access token of this provider is needed.",
    "invalid_token": "The access token does not count.",
    "invalid_dpop_proof": "The proof of possession does not count.",
    "insufficient_scope": "The access token lacks a scope.",
    "rate_limited": "Too many requests.",
    "precondition_required": "A change needs an Idempotency-Key or, of a flag, an If-Match.",
    "state_changed": "The state is another than the one that If-Match names.",
    "idempotency_key_invalid": "An Idempotency-Key is 8 to 100 printable characters.",
    "idempotency_key_reused": "That Idempotency-Key came with another request before.",
    "idempotency_in_progress": "A request with that Idempotency-Key is being done.",
    "upstream_unknown": "There is no such upstream.",
    "client_unknown": "There is no such component.",
    "realm_unknown": "There is no such realm.",
    "days_unknown": "Coverage is not counted over so many days.",
    "incident_unknown": "No contingency has this name.",
    "approval_needed": "It needs a second person's yes: force the flag up first.",
    "window_unknown": "No such window is ahead or on.",
    "window_refused": "That window cannot be announced.",
    "request_unknown": "There is no such request.",
    "flag_refused": "The flag cannot be set to that.",
    "drill_unknown": "There is no such drill.",
    "drill_over": "That drill is over.",
    "drill_refused": "Such a drill cannot be begun.",
    "drill_overlaps": "Another drill is on.",
    "drill_upstream_down": "It is the real contingency now.",
    "temporarily_unavailable": "Something that this needs does not answer.",
    "server_error": "Something unforeseen went wrong.",
}  # fmt: skip
CODES = tuple(_TITLES)


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong. at: a JSON pointer into the body (RFC 6901), or a parameter."""

    at: str
    detail: str
    in_body: bool = True

    def shown(self) -> dict[str, str]:
        """As a member of `errors`."""
        return {"pointer" if self.in_body else "parameter": self.at, "detail": self.detail}


class Faulty(IdpError):
    """A request in which something is wrong. faults: each of them."""

    def __init__(self, code: str, status: int, faults: Sequence[Fault]) -> None:
        super().__init__(code, status, detail="; ".join(one.at for one in faults)[:200])
        self.faults = tuple(faults)


def problem(error: IdpError) -> dict[str, Any]:
    """The body of an answer about it; its `detail`, which is for the log, is no part of that."""
    found: dict[str, Any] = {
        "type": f"urn:vuce:problem:{error.code}",
        "title": _TITLES.get(error.code, "The request cannot be answered."),
        "status": error.status,
        "code": error.code,
    }
    if isinstance(error, Faulty):
        found["errors"] = [one.shown() for one in error.faults]
    return found
