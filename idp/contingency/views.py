"""Pages of contingency and of the link: parse, call one service, render."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from idp.contingency.entry import Entry, Opened
from idp.contingency.form import EMPTY, Typed
from idp.contingency.service import Contingency, Gate, Visit, Visitor
from idp.kernel.errors import IdpError
from idp.links.ports import Outcome
from idp.links.service import REFUSALS
from idp.web.browser import browser_hash
from idp.web.client_address import ClientAddress
from idp.web.cookies import Cookies
from idp.web.csrf import Csrf
from idp.web.headers import Csp
from idp.web.render import Pages

_REFUSAL_CODES = frozenset(code for code, _ in REFUSALS.values())
_PAGES = {
    Outcome.SPENT: "ingreso/usado.html",
    Outcome.SUPERSEDED: "ingreso/reemplazado.html",
    Outcome.UNKNOWN: "ingreso/desconocido.html",
}


def blueprint(
    *,
    contingency: Contingency,
    entry: Entry,
    pages: Pages,
    cookies: Cookies,
    csrf: Csrf,
    addresses: ClientAddress,
    link_minutes: int,
) -> Blueprint:
    """The routes `/contingencia/…` and `/ingreso/…`. link_minutes: what the waiting page says."""
    routes = Blueprint("contingency", __name__)

    def browser() -> str:
        return cookies.read(request, "idp_browser") or ""

    def hashed() -> str | None:
        cookie = browser()
        return browser_hash(cookie) if cookie else None

    def visitor() -> Visitor:
        return Visitor(addresses.prefix(request), cookies.read(request, "idp_known"))

    def client_name(visit: Visit) -> str:
        return contingency.client_name(visit.transaction)

    def form_page(visit: Visit, typed: Typed, status: int = 200) -> Response:
        widget = contingency.widget(visit)
        return pages.page(
            "contingencia/formulario.html",
            status=status,
            csp=Csp(
                script=widget.csp_script,
                style=widget.csp_style,
                connect=widget.csp_connect,
                worker=widget.csp_worker,
                frame=widget.csp_frame,
            ),
            realm=visit.realm,
            client_name=client_name(visit),
            action=url_for("contingency.ask", transaction_id=visit.transaction.id),
            values=typed.values,
            errors=typed.errors,
            captcha=widget,
            other_realm_url=(
                _login(visit.transaction.id) + "/cambiar"
                if len(visit.transaction.realms) > 1
                else None
            ),
            back_url=_login(visit.transaction.id),
        )

    def not_open(visit: Visit) -> AnyResponse:
        if visit.gate is Gate.RECOVERED:
            return pages.page(
                "contingencia/recuperado.html",
                realm=visit.realm,
                client_name=client_name(visit),
                continue_url=_login(visit.transaction.id),
            )
        return _see(_login(visit.transaction.id))

    @routes.get("/contingencia/<transaction_id>")
    def show(transaction_id: str) -> AnyResponse:
        visit = contingency.visit(transaction_id, hashed())
        return form_page(visit, EMPTY) if visit.gate is Gate.OPEN else not_open(visit)

    @routes.post("/contingencia/<transaction_id>")
    def ask(transaction_id: str) -> AnyResponse:
        csrf.check(request, browser())
        visit = contingency.visit(transaction_id, hashed())
        if visit.gate is not Gate.OPEN:
            return not_open(visit)
        typed = contingency.request(visit, browser_hash(browser()), request.form, visitor())
        if typed.errors:
            return form_page(visit, typed, status=422)
        return _see(url_for("contingency.wait", transaction_id=transaction_id))

    @routes.get("/contingencia/<transaction_id>/revise-su-correo")
    def wait(transaction_id: str) -> AnyResponse:
        waiting = contingency.waiting(transaction_id, hashed())
        if waiting is None:
            return _see(_login(transaction_id))
        return pages.page(
            "contingencia/revise.html",
            minutes=link_minutes,
            reference=waiting.reference,
            resend_url=url_for("contingency.resend", transaction_id=transaction_id),
            client_name=contingency.client_name(waiting.transaction),
            back_url=url_for("contingency.show", transaction_id=transaction_id),
        )

    @routes.post("/contingencia/<transaction_id>/reenviar")
    def resend(transaction_id: str) -> AnyResponse:
        csrf.check(request, browser())
        visit = contingency.visit(transaction_id, hashed())
        if visit.gate is not Gate.OPEN:
            return not_open(visit)
        asked = contingency.resend(visit, browser_hash(browser()), visitor())
        target = "contingency.wait" if asked else "contingency.show"
        return _see(url_for(target, transaction_id=transaction_id))

    @routes.get("/ingreso/<token>")
    def look(token: str) -> AnyResponse:
        return opened_page(token, entry.open(token, hashed()))

    @routes.post("/ingreso/<token>")
    def enter(token: str) -> AnyResponse:
        try:
            if entry.asked_here(token, hashed()):
                csrf.check(request, browser())
            transaction_id = entry.enter(token, hashed(), cookies.read(request, "idp_known"))
        except IdpError as error:
            if error.code not in _REFUSAL_CODES:
                raise
            return opened_page(token, entry.open(token, hashed()))
        return _see(_login(transaction_id))

    def opened_page(token: str, opened: Opened) -> Response:
        if opened.problem is None:
            origin = opened.redirect_origin
            return pages.page(
                "ingreso/confirmar.html",
                # Browsers hold `form-action` against where a redirect after the POST leads.
                csp=Csp(form_action=(origin,) if origin else ()),
                name=opened.name,
                masked_identifier=opened.masked_identifier,
                client_name=opened.client_name,
                until=opened.until,
                asked_at=opened.asked_at,
                action=url_for("contingency.enter", token=token),
            )
        if opened.problem is Outcome.OTHER_BROWSER:
            return pages.page(
                "ingreso/otro_navegador.html",
                status=opened.status,
                client_name=opened.client_name,
                asked_at=opened.asked_at,
            )
        if opened.problem is Outcome.EXPIRED:
            again = opened.resend_transaction
            return pages.page(
                "ingreso/vencido.html",
                status=opened.status,
                can_resend=again is not None,
                resend_url=(url_for("contingency.resend", transaction_id=again) if again else None),
                restart_url=opened.restart_url,
            )
        return pages.page(
            _PAGES[opened.problem], status=opened.status, restart_url=opened.restart_url
        )

    return routes


def _login(transaction_id: str) -> str:
    return f"/login/{transaction_id}"


def _see(url: str) -> AnyResponse:
    # 303: the browser goes on with a GET whatever it came with (RFC 9110 §15.4.4).
    return redirect(url, code=303)
