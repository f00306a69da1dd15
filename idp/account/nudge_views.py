"""`/cuenta/aviso/<txn>`: a word to the person on the way to a component. It is never in the way:
where it cannot be said, or noted, the login goes on without it.
"""

from __future__ import annotations

from contextlib import suppress

from flask import Blueprint, Response, request

from idp.account.nudge import NudgeDesk, answer_of, leads_to_account
from idp.account.onward_views import Onward
from idp.account.service import may_change
from idp.kernel.errors import IdpError
from idp.login.service import Logins
from idp.login.session import Session
from idp.people.concerns import Kind
from idp.web.browser import Browser
from idp.web.cookies import SESSION, Cookies
from idp.web.csrf import Csrf
from idp.web.headers import Csp
from idp.web.redirects import see_other
from idp.web.render import Pages


def blueprint(
    *,
    desk: NudgeDesk,
    logins: Logins,
    onward: Onward,
    pages: Pages,
    cookies: Cookies,
    browser: Browser,
    csrf: Csrf,
) -> Blueprint:
    """The page and its answers."""
    routes = Blueprint("nudge", __name__)
    transactions = logins.transactions

    def session() -> Session | None:
        found = logins.sessions.current(cookies.read(request, SESSION))
        return found if found is not None and may_change(found) else None

    @routes.get("/cuenta/aviso/<transaction_id>")
    def show(transaction_id: str) -> Response:
        """Shown again, too, to who went to mend it and came back by the browser's button."""
        transaction = transactions.load(transaction_id, browser.hash(request))
        found, nudge = session(), transaction.nudge
        if found is None or nudge is None:
            return see_other(f"/login/{transaction_id}")
        try:
            shown = desk.shown(found, nudge, transaction.client_id)
        except IdpError:
            shown = None
        if shown is None:
            transactions.answer_nudge(transaction_id, browser.hash(request))
            return see_other(f"/login/{transaction_id}")
        asks = shown.kind is Kind.STILL_YOURS
        return pages.page(
            "cuenta/pregunta.html" if asks else "cuenta/aviso.html",
            csp=Csp(form_action=logins.return_origins(transaction)),
            ui_locales=transaction.ui_locales,
            client_name=logins.client_name(transaction),
            action=f"/cuenta/aviso/{transaction_id}",
            shown=shown,
        )

    @routes.post("/cuenta/aviso/<transaction_id>")
    def answer(transaction_id: str) -> Response:
        csrf.check(request, browser.read(request))
        transaction = transactions.load(transaction_id, browser.hash(request))
        found, nudge = session(), transaction.nudge
        if nudge is None:
            return see_other(f"/login/{transaction_id}")
        said, about = request.form.get("respuesta", ""), request.form.get("correo", "")
        if found is not None:
            with suppress(IdpError):
                desk.answer(found, nudge, said, about)
        transactions.answer_nudge(transaction_id, browser.hash(request))
        if not leads_to_account(answer_of(nudge, said)):
            return see_other(f"/login/{transaction_id}")
        # Where on the form it is mended: at the code, or at the address and the consent.
        place = "verificar" if request.form.get("lugar") == "verificar" else "correo"
        response = see_other(f"/cuenta#{place}")
        onward.head_for(response, transaction.client_id or "", transaction_id)
        return response

    return routes
