"""`/cuenta/continuar/<client_id>`, and the cookie that keeps where a person was headed."""

from __future__ import annotations

from flask import Blueprint, Response, request

from idp.account.ways_back import LIFE, Headed, WayBack, WaysBack
from idp.web.browser import Browser
from idp.web.cookies import Cookies
from idp.web.redirects import see_other

COOKIE = "idp_headed"
_PATH = "/cuenta/continuar"


class Onward:
    """The way on from `/cuenta`, for the request under way."""

    def __init__(self, *, ways: WaysBack, cookies: Cookies, browser: Browser) -> None:
        self._ways = ways
        self._cookies = cookies
        self._browser = browser

    def link(self) -> WayBack | None:
        """For the page: whether there is a way on, decided anew when it is pressed."""
        headed = self._headed()
        way = self._ways.of(headed, self._browser.hash(request)) if headed else None
        return WayBack(way.name, f"{_PATH}/{headed.client_id}") if way and headed else None

    def remember(self, response: Response) -> None:
        """Keep what the address says (`client_id`), over the forms and logins that follow."""
        headed = self._headed()
        if headed is not None and headed != self._noted():
            self._set(response, headed)

    def head_for(self, response: Response, client_id: str, transaction_id: str) -> None:
        """The person was on the way to this component, by this login."""
        self._set(response, Headed(client_id, transaction_id))

    def go(self, client_id: str) -> Response:
        """To the component; to the list of components where there is no way to it any more."""
        headed = self._noted()
        if headed is None or headed.client_id != client_id:
            headed = Headed(client_id)
        way = self._ways.of(headed, self._browser.hash(request))
        response = see_other(way.url if way else "/")
        self._cookies.clear(response, COOKIE)
        return response

    def _headed(self) -> Headed | None:
        noted, asked = self._noted(), request.args.get("client_id", "")
        if not asked or (noted is not None and noted.client_id == asked):
            return noted
        return Headed(asked) if self._ways.known(asked) else noted

    def _noted(self) -> Headed | None:
        return Headed.read(self._cookies.read(request, COOKIE))

    def _set(self, response: Response, headed: Headed) -> None:
        self._cookies.set(response, COOKIE, headed.cookie(), max_age=LIFE)


def blueprint(*, onward: Onward) -> Blueprint:
    """The route of the link."""
    routes = Blueprint("onward", __name__)

    @routes.get(f"{_PATH}/<client_id>")
    def go_on(client_id: str) -> Response:
        return onward.go(client_id)

    return routes
