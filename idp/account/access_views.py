"""`/cuenta/accesos`: a person's last logins, open sessions and known browsers."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, request

from idp.account.accesses import AccessDesk
from idp.login.service import Logins
from idp.login.session import Session
from idp.web.browser import Browser
from idp.web.cookies import SESSION, Cookies
from idp.web.csrf import Csrf
from idp.web.redirects import see_other
from idp.web.render import Pages

_PAGE = "/cuenta/accesos"


def blueprint(
    *,
    desk: AccessDesk,
    logins: Logins,
    pages: Pages,
    cookies: Cookies,
    browser: Browser,
    csrf: Csrf,
) -> Blueprint:
    """The routes of `/cuenta/accesos`. What is not there any more counts as ended."""
    routes = Blueprint("accesses", __name__)

    def session() -> Session | None:
        return logins.sessions.current(cookies.read(request, SESSION))

    @routes.get(_PAGE)
    def show() -> Response:
        found = session()
        if found is None:
            return see_other("/cuenta")  # which asks for a login first
        if browser.read(request) is None:
            response = see_other(_PAGE)  # the forms' tokens are bound to it
            browser.remember(response, browser.read_or_new(request)[0])
            return response
        return pages.page(
            "cuenta/accesos.html", accesses=desk.of(found), done="hecho" in request.args
        )

    def change(act: Callable[[Session], object]) -> Response:
        csrf.check(request, browser.read(request))
        found = session()
        if found is None:
            return see_other("/cuenta")
        act(found)
        return see_other(f"{_PAGE}?hecho=1")

    @routes.post(f"{_PAGE}/sesiones/otras")
    def end_others() -> Response:
        return change(desk.end_others)

    @routes.post(f"{_PAGE}/sesiones/<sid>")
    def end_one(sid: str) -> Response:
        return change(lambda found: desk.end_session(found, sid))

    @routes.post(f"{_PAGE}/equipos/<browser_id>")
    def forget(browser_id: str) -> Response:
        return change(lambda found: desk.forget_browser(found, browser_id))

    return routes
