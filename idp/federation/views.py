"""`/upstream/<realm>/start` and `/upstream/<realm>/callback`: parse, call, redirect."""

from __future__ import annotations

from flask import Blueprint, Response, request

from idp.federation.service import Callback, Federation, Stranded
from idp.kernel.errors import IdpError
from idp.limits.service import Limits
from idp.login.service import Logins
from idp.web.browser import Browser
from idp.web.client_address import ClientAddress
from idp.web.cookies import KNOWN, Cookies
from idp.web.redirects import see_other
from idp.web.render import Pages


def blueprint(
    *,
    federation: Federation,
    logins: Logins,
    pages: Pages,
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
            browser_hash=browser.hash(request),
            known_cookie=cookies.read(request, KNOWN),
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
        transaction_id = stranded.transaction_id
        return pages.page(
            "federacion/fallo.html",
            status=stranded.error.status,
            code=stranded.error.code,
            realm_label=federation.label(realm),
            client_name=client_name(transaction_id),
            retry_url=f"/login/{transaction_id}" if transaction_id else None,
            reference=stranded.reference,
        )

    def client_name(transaction_id: str | None) -> str | None:
        """Where the person was going; None when that is over, or not this browser's to know."""
        if transaction_id is None:
            return None
        try:
            return logins.client_name(
                logins.transactions.load(transaction_id, browser.hash(request))
            )
        except IdpError:
            return None

    return routes
