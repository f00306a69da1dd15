"""CSRF protection of every form of ours: a token bound to the browser cookie, and the origin."""

from __future__ import annotations

from collections.abc import Callable

from flask import Request

from idp.kernel.errors import IdpError
from idp.kernel.ids import keyed_token, same

FIELD = "csrf_token"


class Csrf:
    """Tokens are an HMAC of the browser cookie: nothing is stored, and no other browser has it.

    key: 32 bytes. issuer: our own origin, which forms must come from where the browser tells.
    refused: told of each form that was not taken, with the reason.
    """

    def __init__(self, key: bytes, *, issuer: str, refused: Callable[[Request, str], None]) -> None:
        self._key = key
        self._refused = refused
        scheme, _, rest = issuer.partition("://")
        self._origin = f"{scheme}://{rest.split('/', 1)[0]}"

    def token(self, browser_cookie: str) -> str:
        """The token of a browser."""
        return keyed_token(self._key, browser_cookie)

    def check(self, request: Request, browser_cookie: str | None) -> None:
        """Raises IdpError("csrf_failed", 403) unless this browser's own page sent the form."""
        reason = self._problem(request, browser_cookie)
        if reason:
            self._refused(request, reason)
            raise IdpError("csrf_failed", 403, detail=reason)

    def _problem(self, request: Request, browser_cookie: str | None) -> str | None:
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            return "cross-site"
        # `null` comes with `Referrer-Policy: no-referrer` from same-origin pages as well.
        if request.headers.get("Origin", "null") not in ("null", self._origin):
            return "origin"
        presented = request.form.get(FIELD, "")
        if not browser_cookie or not same(presented, self.token(browser_cookie)):
            return "token"
        return None
