"""`/upstream/<realm>/start` and `/upstream/<realm>/callback`: parse, call, redirect."""

from __future__ import annotations

from flask import Blueprint, Response, request

from idp.federation.service import Callback, Federation, Stranded
from idp.kernel.errors import IdpError
from idp.limits.service import Limits
from idp.login.service import Logins
from idp.login.transaction import Transaction
from idp.web.agent import describe
from idp.web.browser import Browser
from idp.web.client_address import ClientAddress
from idp.web.cookies import KNOWN, Cookies
from idp.web.headers import Csp
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
        transaction_id = stranded.transaction_id
        transaction = own(transaction_id)
        return pages.page(
            "federacion/fallo.html",
            status=stranded.error.status,
            code=stranded.error.code,
            realm_label=federation.label(realm),
            client_name=logins.client_name(transaction) if transaction else None,
            csp=Csp(form_action=logins.return_origins(transaction) if transaction else ()),
            retry_url=f"/login/{transaction_id}" if transaction_id else None,
            cancel_url=f"/login/{transaction_id}/cancelar" if transaction else None,
            reference=stranded.reference,
        )

    def own(transaction_id: str | None) -> Transaction | None:
        """The login that stranded; None when it is over, or not this browser's to know."""
        try:
            return (
                logins.transactions.load(transaction_id, browser.hash(request))
                if transaction_id
                else None
            )
        except IdpError:
            return None

    return routes
