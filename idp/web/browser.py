"""The browser cookie: what binds a login, its upstream state and its link to one browser."""

from __future__ import annotations

from flask import Request
from werkzeug.wrappers import Response

from idp.kernel.ids import digest
from idp.kernel.random import Random
from idp.web.cookies import BROWSER, Cookies

# Long enough for a mail to arrive after the phone closed the tab; it is no credential by itself.
_LIFE = 86_400


def browser_hash(cookie: str) -> str:
    """The digest of a browser cookie's value: the form in which it is stored."""
    return digest(cookie)


class Browser:
    """Reads and sets the browser cookie. name: another for another host than people log in at."""

    def __init__(self, *, cookies: Cookies, random: Random, name: str = BROWSER) -> None:
        self._cookies = cookies
        self._random = random
        self._name = name

    def read(self, request: Request) -> str | None:
        """The cookie's value, or None."""
        return self._cookies.read(request, self._name)

    def hash(self, request: Request) -> str | None:
        """The digest of the cookie's value, or None."""
        found = self.read(request)
        return browser_hash(found) if found else None

    def read_or_new(self, request: Request) -> tuple[str, str]:
        """The cookie's value, a new one where there is none, with its digest."""
        found = self.read(request) or self._random.token()
        return found, browser_hash(found)

    def remember(self, response: Response, value: str) -> None:
        """Set the cookie, for another day."""
        self._cookies.set(response, self._name, value, max_age=_LIFE)

    def renew(self, response: Response) -> None:
        """Another value, whatever it was: what was bound to it is over."""
        self.remember(response, self._random.token())
