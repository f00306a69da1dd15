"""Cookies: their names, and the flags that keep them ours.

In production each name has the `__Host-` prefix (RFC 6265bis §4.1.3.2): Secure, Path=/, no Domain,
so that no other host of the domain can plant one. Over plain http on a developer's machine browsers
refuse that prefix.
"""

from __future__ import annotations

from flask import Request
from werkzeug.wrappers import Response

BROWSER = "idp_browser"
SESSION = "idp_session"
KNOWN = "idp_known"
DRILL = "idp_drill"

# Longer values are not ours.
_LONGEST = 512


class Cookies:
    """Reads and writes cookies by their plain name."""

    def __init__(self, *, production: bool) -> None:
        self._prefix = "__Host-" if production else ""
        self._secure = production

    def read(self, request: Request, name: str) -> str | None:
        """The value, or None."""
        value = request.cookies.get(self._prefix + name)
        return value if value and len(value) <= _LONGEST and value.isascii() else None

    def set(self, response: Response, name: str, value: str, *, max_age: int | None) -> None:
        """Set one. max_age: seconds; None: until the browser closes."""
        response.set_cookie(
            self._prefix + name,
            value,
            max_age=max_age,
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="Lax",
        )

    def clear(self, response: Response, name: str) -> None:
        """Remove one."""
        response.delete_cookie(
            self._prefix + name, path="/", secure=self._secure, httponly=True, samesite="Lax"
        )
