"""The way on from `/cuenta` to the component where a person was headed.

A cookie keeps it over forms, logins and the mail's link; which login it was counts only for the
browser that it is bound to, and for as long as it lives. After that the component is entered anew.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from idp.kernel.errors import IdpError, Unavailable
from idp.login.service import Logins

# A client_id and a login's id, apart by what neither holds; the login's may be empty.
_COOKIE = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,99})~([\w-]{0,64})", re.ASCII)
# Seconds: a login's hour, and as long again for who is slow.
LIFE = 7_200


@dataclass(frozen=True)
class Headed:
    """Where a person was headed. transaction_id: of the login that waits, empty for none."""

    client_id: str
    transaction_id: str = ""

    @classmethod
    def read(cls, cookie: str | None) -> Headed | None:
        """What a cookie says, which may be anybody's invention."""
        found = _COOKIE.fullmatch(cookie or "")
        return cls(found[1], found[2]) if found else None

    def cookie(self) -> str:
        """The cookie's value."""
        return f"{self.client_id}~{self.transaction_id}"


@dataclass(frozen=True)
class WayBack:
    """A link's words and address."""

    name: str
    url: str


class WaysBack:
    """Finds the way for a browser."""

    def __init__(self, logins: Logins) -> None:
        self._logins = logins

    def known(self, client_id: str) -> bool:
        """Whether that is a component that lets people in."""
        return self._logins.way_into(client_id) is not None

    def of(self, headed: Headed, browser_hash: str | None) -> WayBack | None:
        """The login that waits, while it does, else the component's own door; None for no way.

        Raises Unavailable("redis").
        """
        found = self._logins.way_into(headed.client_id)
        if found is None:
            return None
        name, door = found
        if self._waits(headed, browser_hash):
            return WayBack(name, f"/login/{headed.transaction_id}")
        return WayBack(name, door) if door else None

    def _waits(self, headed: Headed, browser_hash: str | None) -> bool:
        if not headed.transaction_id:
            return False
        try:
            found = self._logins.transactions.load(headed.transaction_id, browser_hash)
        except Unavailable:
            raise
        except IdpError:
            return False
        return found.client_id == headed.client_id
