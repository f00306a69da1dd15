"""Pages of the link, `/ingreso/…`: parse, call one service, render."""

from __future__ import annotations

from flask import Blueprint, Response, request

from idp.contingency.elsewhere import Arrival, Elsewhere
from idp.contingency.entry import Entry
from idp.contingency.link_pages import link_page
from idp.contingency.urls import login_url
from idp.contingency.verdicts import NOT_TAKEN
from idp.kernel.errors import IdpError
from idp.links.ports import Outcome
from idp.links.service import REFUSALS
from idp.login.sessions import Sessions
from idp.web.browser import Browser, browser_hash
from idp.web.cookies import KNOWN, SESSION, Cookies
from idp.web.csrf import Csrf
from idp.web.redirects import see_other
from idp.web.render import Pages

# What the link's own page says.
_SHOWN = {code for code, _ in REFUSALS.values()} | NOT_TAKEN | {"code_malformed"}


def blueprint(
    *,
    entry: Entry,
    elsewhere: Elsewhere,
    sessions: Sessions,
    pages: Pages,
    cookies: Cookies,
    browser: Browser,
    csrf: Csrf,
    upstream_origins: tuple[str, ...] = (),
) -> Blueprint:
    """The routes `/ingreso/…`, and where a login that began at a link elsewhere ends.

    upstream_origins: where the way out of a drill leads by redirect, for the pages' CSP.
    """
    routes = Blueprint("link", __name__)

    def known() -> str | None:
        return cookies.read(request, KNOWN)

    def opened(token: str, error: IdpError | None = None) -> Response:
        # A browser without a cookie gets one here: the page's forms are bound to it, and tries too.
        cookie, here = browser.read_or_new(request)
        found = entry.open(token, here, known(), method=request.method)
        response = link_page(pages, token, found, csrf.token(cookie), error, upstream_origins)
        if found.problem is not Outcome.UNKNOWN:
            browser.remember(response, cookie)
        return response

    @routes.get("/ingreso/<token>")
    def look(token: str) -> Response:
        return opened(token)

    @routes.post("/ingreso/<token>")
    def enter(token: str) -> Response:
        cookie = browser.read(request)
        here = browser_hash(cookie) if cookie else None
        typed = request.form.get("codigo", "")
        asked_here = entry.asked_here(token, here)
        try:
            if asked_here or typed.strip():
                csrf.check(request, cookie)
            if asked_here or here is None:
                return see_other(login_url(entry.enter(token, here, known())))
            return see_other(login_url(elsewhere.enter(token, here, known(), typed).id))
        except IdpError as error:
            if error.code not in _SHOWN:
                raise
            return opened(token, error)

    @routes.post("/ingreso/<token>/no-fui-yo")
    def report(token: str) -> Response:
        csrf.check(request, browser.read(request))
        reported = elsewhere.report(token)
        if reported is None:
            return opened(token)
        return pages.page(
            "ingreso/avisado.html", reference=reported.reference, became=reported.became
        )

    @routes.get("/contingencia/<transaction_id>/listo")
    def arrive(transaction_id: str) -> Response:
        """Into the component that the link was for, or to a page that lists them."""
        try:
            end = request.method != "HEAD"
            arrival = elsewhere.arrive(transaction_id, browser.hash(request), end=end)
        except IdpError as error:
            session = sessions.current(cookies.read(request, SESSION))
            if error.code != "transaction_unknown" or session is None:
                raise
            arrival = Arrival(None, "")
        # Who will be asked again is told before, not sent there straight away.
        if arrival.url and not arrival.asks_again:
            return see_other(arrival.url)
        return pages.page(
            "ingreso/listo.html",
            client_name=arrival.client.client_name if arrival.client else None,
            asks_again=arrival.asks_again,
            components=[{"name": name, "url": url} for name, url in elsewhere.components()],
        )

    return routes
