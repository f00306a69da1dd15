"""Out of a drill, and into one: `/contingencia/<txn>/clave-sol` and a tester's `/simulacro/…`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request, url_for

from idp.contingency.drilling import DrillDesk, Kept
from idp.contingency.urls import sunat_url
from idp.login.transaction import Transaction
from idp.web.browser import Browser
from idp.web.cookies import DRILL, Cookies
from idp.web.csrf import Csrf
from idp.web.redirects import see_other
from idp.web.render import Pages


def notice(desk: DrillDesk, transaction: Transaction) -> Mapping[str, Any] | None:
    """What `parts/drill.html` shows in the browser of this login; None for no drill."""
    realm = desk.realm(transaction)
    if realm is None:
        return None
    leave_url = url_for("drills.leave", transaction_id=transaction.id)
    return {"realm": realm, "leave_url": leave_url, "restart_url": None}


def blueprint(
    *, desk: DrillDesk, pages: Pages, cookies: Cookies, browser: Browser, csrf: Csrf
) -> Blueprint:
    """The routes. A tester's link does nothing by itself: whoever is sent there has to press."""
    routes = Blueprint("drills", __name__)

    def keep(response: Response, kept: Kept | None) -> Response:
        if kept is not None:
            cookies.set(response, DRILL, kept.value, max_age=kept.seconds)
        return response

    @routes.post("/contingencia/<transaction_id>/clave-sol")
    def leave(transaction_id: str) -> Response:
        csrf.check(request, browser.read(request))
        kept = desk.leave(transaction_id, browser.hash(request))
        return keep(see_other(sunat_url(transaction_id)), kept)

    @routes.get("/simulacro/<token>")
    def invitation(token: str) -> Response:
        found = desk.invitation(token, cookies.read(request, DRILL))
        cookie, _ = browser.read_or_new(request)
        response = pages.page(
            "contingencia/simulacro.html",
            csrf_token=csrf.token(cookie),
            until=found.until,
            takes_part=found.takes_part,
            join_url=url_for("drills.join", token=token),
            withdraw_url=url_for("drills.withdraw", token=token),
        )
        browser.remember(response, cookie)
        return response

    @routes.post("/simulacro/<token>")
    def join(token: str) -> Response:
        csrf.check(request, browser.read(request))
        kept = desk.join(token)
        return keep(see_other(url_for("drills.invitation", token=token)), kept)

    @routes.post("/simulacro/<token>/salir")
    def withdraw(token: str) -> Response:
        csrf.check(request, browser.read(request))
        kept = desk.withdraw(token)
        return keep(see_other(url_for("drills.invitation", token=token)), kept)

    return routes
