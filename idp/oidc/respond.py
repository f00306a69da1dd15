"""The one writer of authorization responses, successes and errors alike.

By query or by a form that posts itself (OAuth 2.0 Form Post Response Mode), always with `iss`
(RFC 9207 §2) and with the `state` that the component sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit, urlunsplit

QUERY = "query"
FORM_POST = "form_post"
RESPONSE_MODES = (QUERY, FORM_POST)


@dataclass(frozen=True)
class AuthorizationResponse:
    """What goes back to the component through the person's browser."""

    redirect_uri: str
    params: tuple[tuple[str, str], ...]
    mode: str

    @property
    def origin(self) -> str:
        """Scheme, host and port of the redirect_uri, for the page's `form-action`."""
        parts = urlsplit(self.redirect_uri)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def location(self) -> str:
        """The redirect_uri with the parameters added to the query that it may have."""
        parts = urlsplit(self.redirect_uri)
        query = "&".join(part for part in (parts.query, urlencode(self.params)) if part)
        return urlunsplit(parts._replace(query=query))


def authorization_response(
    *, issuer: str, redirect_uri: str, state: str | None, mode: str | None, **params: str
) -> AuthorizationResponse:
    """Compose an answer; a mode that we do not know is answered by query."""
    pairs = [(name, value) for name, value in params.items() if value]
    if state:
        pairs.append(("state", state))
    pairs.append(("iss", issuer))
    return AuthorizationResponse(
        redirect_uri, tuple(pairs), mode if mode in RESPONSE_MODES else QUERY
    )
