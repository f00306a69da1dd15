"""`/upstream/<realm>/start` and `/upstream/<realm>/callback`: parse, call, redirect."""

from __future__ import annotations

from flask import Blueprint, Response, request

from idp.federation.driver import Failure, Refusal
from idp.federation.service import Callback, Federation, Stranded
from idp.kernel.errors import IdpError, Unavailable
from idp.limits.service import Limits
from idp.login.rescue import Rescue
from idp.login.rescue_pages import RescuePages, Told, Why
from idp.login.service import Logins
from idp.login.transaction import Transaction
from idp.web.agent import describe
from idp.web.browser import Browser
from idp.web.client_address import ClientAddress
from idp.web.cookies import KNOWN, Cookies
from idp.web.redirects import see_other


def blueprint(
    *,
    federation: Federation,
    logins: Logins,
    rescue: Rescue,
    rescue_pages: RescuePages,
    cookies: Cookies,
    browser: Browser,
    limits: Limits,
    addresses: ClientAddress,
    known_browser_ttl: int,
) -> Blueprint:
    """The way to an upstream and back. known_browser_ttl: seconds that its cookie lasts."""
    routes = Blueprint("federation", __name__)

    @routes.get("/upstream/<realm>/start")
    def start(realm: str) -> Response:
        transaction_id = request.args.get("txn", "")
        limits.hit("upstream.start", transaction_id)
        return see_other(federation.start(realm, transaction_id, browser.hash(request)))

    @routes.get("/upstream/<realm>/callback")
    def callback(realm: str) -> Response:
        brought = Callback(
            state=request.args.get("state"),
            code=request.args.get("code"),
            error=request.args.get("error"),
            browser_hash=browser.hash(request),
            known_cookie=cookies.read(request, KNOWN),
            agent=describe(request.headers.get("User-Agent", "")),
        )
        if not federation.expects(brought):
            limits.hit("upstream.callback", addresses.prefix(request))
        try:
            landed = federation.finish(realm, brought)
        except Stranded as stranded:
            return stranded_page(realm, stranded)
        response = see_other(f"/login/{landed.transaction_id}")
        cookies.set(response, KNOWN, landed.known_cookie, max_age=known_browser_ttl)
        return response

    def stranded_page(realm: str, stranded: Stranded) -> Response:
        """The request that waits: the one that the answer names, or else this browser's last."""
        told = Told(
            stranded.error.status, stranded.error.code, stranded.reason.value, stranded.reference
        )
        transaction = own(stranded.transaction_id) or rescue.waiting_for(
            realm, browser.hash(request)
        )
        if transaction is not None:
            return rescue_pages.unanswered(transaction, realm, why_of(stranded), told)
        component = logins.way_into(stranded.client_id) if stranded.client_id else None
        return rescue_pages.nobodys(realm, why_of(stranded), told, component)

    def own(transaction_id: str | None) -> Transaction | None:
        """The login that stranded; None when it is over, or not this browser's to know."""
        try:
            return (
                logins.transactions.load(transaction_id, browser.hash(request))
                if transaction_id
                else None
            )
        except Unavailable:
            raise
        except IdpError:
            return None

    return routes


def why_of(stranded: Stranded) -> Why:
    """What the page says first."""
    if stranded.reason is Refusal.DENIED:
        return Why.DENIED
    return Why.FAILED if isinstance(stranded.reason, Failure) else Why.REFUSED
