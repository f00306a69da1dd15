"""`/login/<txn>/sunat` and `/login/<txn>/estado`: what *¿SUNAT no responde?* leads to and asks."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from idp.login.rescue import Rescue
from idp.login.rescue_pages import StepUrls
from idp.login.service import Logins
from idp.login.steps import StepKind
from idp.web.browser import Browser
from idp.web.cookies import SESSION, Cookies
from idp.web.redirects import see_other


def blueprint(
    *,
    logins: Logins,
    rescue: Rescue,
    cookies: Cookies,
    browser: Browser,
    step_urls: StepUrls,
) -> Blueprint:
    """The ways on of a request that waits."""
    routes = Blueprint("rescue", __name__)

    @routes.get("/login/<transaction_id>/sunat")
    def retry(transaction_id: str) -> Response:
        """*Reintentar*, *Ingresar con SUNAT*: there at once, if SUNAT is what comes next."""
        transaction = logins.transactions.load(transaction_id, browser.hash(request))
        session = logins.sessions.current(cookies.read(request, SESSION))
        step = logins.step(transaction, session)
        if step.kind in (StepKind.UPSTREAM, StepKind.UNANSWERED):
            return see_other(step_urls[StepKind.UPSTREAM](transaction.id, step.realm or ""))
        return see_other(f"/login/{transaction.id}")

    @routes.get("/login/<transaction_id>/estado")
    def state(transaction_id: str) -> Response:
        """For the page's script: `state` is sunat, mail, refused, on or over."""
        session = logins.sessions.current(cookies.read(request, SESSION))
        way = rescue.way_on_by_id(transaction_id, browser.hash(request), session)
        response = jsonify(state=way.value)
        response.headers["Cache-Control"] = "no-store"
        return response

    return routes
