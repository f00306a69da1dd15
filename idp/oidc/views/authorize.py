"""`/authorize`, which people's browsers meet."""

from __future__ import annotations

from flask import Blueprint, Response, request

from idp.kernel.errors import IdpError
from idp.login.sessions import Sessions
from idp.login.transactions import Transactions
from idp.oidc.authorization import Authorization, BeginAnew, Parked
from idp.oidc.respond import FORM_POST, AuthorizationResponse
from idp.oidc.views.request import provider_request
from idp.web.browser import Browser
from idp.web.client_address import ClientAddress
from idp.web.cookies import SESSION, Cookies
from idp.web.headers import Csp
from idp.web.redirects import see_other
from idp.web.render import Pages


def blueprint(
    *,
    authorization: Authorization,
    transactions: Transactions,
    sessions: Sessions,
    pages: Pages,
    cookies: Cookies,
    browser: Browser,
    client_address: ClientAddress,
    issuer: str,
) -> Blueprint:
    """`/authorize`, which people's browsers meet."""
    bp = Blueprint("authorization", __name__)

    def write(response: AuthorizationResponse | BeginAnew) -> Response:
        if isinstance(response, BeginAnew):
            return see_other(response.url)
        if response.mode != FORM_POST:
            return see_other(response.location)
        return pages.page(
            "oidc/form_post.html",
            csp=Csp(script=("'self'",), form_action=(response.origin,)),
            action=response.redirect_uri,
            fields=dict(response.params),
        )

    @bp.get("/authorize")
    def authorize() -> Response:
        asked = provider_request("authorize", issuer)
        cookie, browser_hash = browser.read_or_new(request)
        outcome = authorization.begin(
            asked,
            browser_hash,
            lambda: sessions.current(cookies.read(request, SESSION)),
            client_address.prefix(request),
        )
        if not isinstance(outcome, Parked):
            return write(outcome)
        response = see_other(f"/login/{outcome.transaction_id}")
        browser.remember(response, cookie)
        return response

    @bp.post("/authorize")
    def authorize_by_post() -> Response:
        asked = provider_request("authorize", issuer)
        outcome = authorization.park(asked, client_address.prefix(request))
        if not isinstance(outcome, Parked):
            return write(outcome)
        return see_other(f"/authorize/{outcome.transaction_id}")

    @bp.get("/authorize/<transaction_id>")
    def resume(transaction_id: str) -> Response:
        cookie, browser_hash = browser.read_or_new(request)
        transaction = transactions.bind(transaction_id, browser_hash)
        if transaction.destination != "authorize":
            raise IdpError("transaction_unknown", 404)
        session = sessions.current(cookies.read(request, SESSION))
        asked = provider_request("authorize", issuer)
        outcome = authorization.resume(asked, transaction, session)
        if isinstance(outcome, Parked):
            response = see_other(f"/login/{outcome.transaction_id}")
        else:
            response = write(outcome)
        browser.remember(response, cookie)
        return response

    return bp
