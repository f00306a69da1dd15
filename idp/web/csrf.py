"""CSRF protection of every form of ours: a token bound to the browser cookie, and the origin."""

from __future__ import annotations

from flask import Request

from idp.kernel.errors import IdpError
from idp.kernel.ids import keyed_token, same

FIELD = "csrf_token"


class Csrf:
    """Tokens are an HMAC of the browser cookie: nothing is stored, and no other browser has it.

    key: 32 bytes. issuer: our own origin, which forms must come from where the browser tells.
    """

    def __init__(self, key: bytes, *, issuer: str) -> None:
        self._key = key
        scheme, _, rest = issuer.partition("://")
        self._origin = f"{scheme}://{rest.split('/', 1)[0]}"

    def token(self, browser_cookie: str) -> str:
        """The token of a browser."""
        return keyed_token(self._key, browser_cookie)

    def check(self, request: Request, browser_cookie: str | None) -> None:
        """Raises IdpError("csrf_failed", 403) unless this browser's own page sent the form."""
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            raise IdpError("csrf_failed", 403, detail="cross-site")
        # `null` comes with `Referrer-Policy: no-referrer` from same-origin pages as well.
        if request.headers.get("Origin", "null") not in ("null", self._origin):
            raise IdpError("csrf_failed", 403, detail="origin")
        presented = request.form.get(FIELD, "")
        if not browser_cookie or not same(presented, self.token(browser_cookie)):
            raise IdpError("csrf_failed", 403, detail="token")
