"""Browsers in which an account logged in before: they have an allowance of their own.

So whoever knows a name and has many addresses cannot silence its owner. The cookie proves nothing
else, and nothing of it is stored: it carries an HMAC of account and itself.
"""

from __future__ import annotations

from idp.kernel.ids import keyed_token, same
from idp.kernel.random import Random


class KnownBrowsers:
    """Makes the cookie and knows it again. key: 32 bytes."""

    def __init__(self, *, key: bytes, random: Random) -> None:
        self._key = key
        self._random = random

    def cookie(self, account_id: str) -> str:
        """For a browser in which this account has just logged in."""
        own = self._random.token(16)
        return f"{own}.{self._mac(account_id, own)}"

    def is_of(self, account_id: str, cookie: str | None) -> bool:
        """Whether the account logged in at the browser that has this cookie."""
        own, _, mac = (cookie or "").partition(".")
        return same(mac, self._mac(account_id, own))

    def _mac(self, account_id: str, own: str) -> str:
        return keyed_token(self._key, f"{account_id}|{own}")
