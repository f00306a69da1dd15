"""Pages of contingency, `/contingencia/…`: parse, call one service, render."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from flask import Blueprint, Response, jsonify, request, url_for

from idp.audit.personal import Personal
from idp.contingency.codes import code_error, spaced
from idp.contingency.drill_views import notice
from idp.contingency.drilling import DrillDesk
from idp.contingency.entry import Entry
from idp.contingency.form import EMPTY, Typed, ask_again_in, hinted, refused, why_not
from idp.contingency.service import Contingency
from idp.contingency.urls import cancel_url, chooser_url, login_url, sunat_url
from idp.contingency.verdicts import NOT_TAKEN
from idp.contingency.visit import GONE, Gate, Progress, Visit, Visitor
from idp.contingency.waiting import WaitingRoom
from idp.kernel.errors import IdpError
from idp.login.sessions import Sessions
from idp.login.transaction import Transaction
from idp.web.agent import describe
from idp.web.browser import browser_hash
from idp.web.client_address import ClientAddress
from idp.web.cookies import BROWSER, KNOWN, SESSION, Cookies
from idp.web.csrf import Csrf
from idp.web.headers import Csp
from idp.web.i18n import Languages
from idp.web.redirects import see_other
from idp.web.render import Pages

NOT_NOW = frozenset({"rate_limited", "mail_busy", "login_too_old", "captcha_unavailable"})
LABELS = {"sol": "Clave SOL", "extranet": "Extranet de SUNAT"}


def blueprint(
    *,
    contingency: Contingency,
    waiting_room: WaitingRoom,
    entry: Entry,
    pages: Pages,
    cookies: Cookies,
    csrf: Csrf,
    sessions: Sessions,
    addresses: ClientAddress,
    languages: Languages,
    link_minutes: int,
    drills: DrillDesk,
    upstream_origins: tuple[str, ...] = (),
    realm_labels: Mapping[str, str] = LABELS,
) -> Blueprint:
    """The routes `/contingencia/…`.

    link_minutes: what the waiting page says. upstream_origins: where the way out of a drill leads
    by redirect, for the pages' CSP. realm_labels: what users call each upstream.
    """
    routes = Blueprint("contingency", __name__)

    def here() -> str | None:
        cookie = cookies.read(request, BROWSER)
        return browser_hash(cookie) if cookie else None

    def visitor() -> Visitor:
        return Visitor(
            addresses.prefix(request),
            cookies.read(request, KNOWN),
            describe(request.headers.get("User-Agent", "")),
            languages.of(request),
            personal=Personal.of(addresses.address(request), request.headers.get("User-Agent", "")),
        )

    def client_name(visit: Visit) -> str:
        return contingency.client_name(visit.transaction)

    def ends_at(transaction: Transaction, drill: object) -> tuple[str, ...]:
        """What a page's forms may lead to."""
        origins = contingency.return_origins(transaction)
        return (*upstream_origins, *origins) if drill else origins

    def form_page(visit: Visit, typed: Typed, status: int = 200) -> Response:
        widget, drill = contingency.widget(visit), notice(drills, visit.transaction)
        return pages.page(
            "contingencia/formulario.html",
            status=status,
            csp=Csp(
                script=widget.csp_script,
                style=widget.csp_style,
                connect=widget.csp_connect,
                worker=widget.csp_worker,
                frame=widget.csp_frame,
                form_action=ends_at(visit.transaction, drill),
            ),
            realm=visit.realm,
            drill=drill,
            client_name=client_name(visit),
            login_until=visit.transaction.expires_at,
            action=url_for("contingency.ask", transaction_id=visit.transaction.id),
            values=typed.values,
            errors=typed.errors,
            captcha=widget,
            other_realm_url=(
                chooser_url(visit.transaction.id) if len(visit.transaction.realms) > 1 else None
            ),
            cancel_url=cancel_url(visit.transaction.id),
        )

    def not_now(visit: Visit, error: IdpError) -> Response:
        """The form again, with what was typed and why not (when to come back: RFC 6585 §4)."""
        values = {name: request.form.get(name, "") for name in EMPTY.values}
        return later(form_page(visit, Typed(values, refused(error)), status=error.status), error)

    def not_open(visit: Visit) -> Response:
        if visit.gate is Gate.RECOVERED:
            return recovered_page(visit.transaction, visit.realm)
        if visit.gate is Gate.UNKNOWN_BROWSER:
            return pages.page(
                "contingencia/navegador_conocido.html",
                status=403,
                csp=Csp(form_action=contingency.return_origins(visit.transaction)),
                client_name=client_name(visit),
                retry_url=login_url(visit.transaction.id),
                login_until=visit.transaction.expires_at,
                cancel_url=cancel_url(visit.transaction.id),
            )
        return see_other(login_url(visit.transaction.id))

    def recovered_page(
        transaction: Transaction, realm: str, *, link_ended: bool = False
    ) -> Response:
        return pages.page(
            "contingencia/recuperado.html",
            realm=realm,
            realm_label=realm_labels.get(realm, realm),
            client_name=contingency.client_name(transaction),
            link_ended=link_ended,
            drill_ended=drills.ended(transaction),
            continue_url=sunat_url(transaction.id),
        )

    @routes.get("/contingencia/<transaction_id>")
    def show(transaction_id: str) -> Response:
        visit = contingency.visit(transaction_id, here(), cookies.read(request, KNOWN))
        if visit.gate is not Gate.OPEN:
            return not_open(visit)
        drills.shown(visit.transaction)
        return form_page(visit, hinted(visit.realm, visit.transaction.login_hint))

    @routes.post("/contingencia/<transaction_id>")
    def ask(transaction_id: str) -> Response:
        csrf.check(request, cookies.read(request, BROWSER))
        visit = contingency.visit(transaction_id, here(), cookies.read(request, KNOWN))
        if visit.gate is not Gate.OPEN:
            return not_open(visit)
        try:
            typed = contingency.request(visit, here() or "", request.form, visitor())
        except IdpError as error:
            if error.code not in NOT_NOW:
                raise
            return not_now(visit, error)
        if typed.errors:
            return form_page(visit, typed, status=422)
        return see_other(url_for("contingency.wait", transaction_id=transaction_id))

    def entered() -> bool:
        """Whether this browser has a session: the login that it waited for came to its end."""
        return sessions.current(cookies.read(request, SESSION)) is not None

    @routes.get("/contingencia/<transaction_id>/revise-su-correo")
    def wait(transaction_id: str) -> Response:
        try:
            return wait_page(transaction_id)
        except IdpError as error:
            if error.code in GONE and entered():
                return pages.page("contingencia/listo.html")
            raise

    @routes.get("/contingencia/<transaction_id>/estado")
    def state(transaction_id: str) -> Response:
        """For the waiting page's script: `state` is waiting, proved, recovered, entered or over;
        `sunat`: whether that is back; the rest is minutes, of this link's longest life and of the
        mail in general.
        """
        seen = waiting_room.progress(transaction_id, here())
        ended = seen.progress is Progress.OVER and entered()
        outlook = waiting_room.outlook()
        response = jsonify(
            state="entered" if ended else seen.progress,
            sunat=seen.recovered,
            minutes_left=None if seen.seconds is None else -(-seen.seconds // 60),
            queue_minutes=outlook.queue,
            recent_minutes=outlook.recent,
        )
        response.headers["Cache-Control"] = "no-store"
        return response

    @routes.post("/contingencia/<transaction_id>/codigo")
    def go_on(transaction_id: str) -> Response:
        """The eight digits that the link showed in another browser."""
        csrf.check(request, cookies.read(request, BROWSER))
        typed = request.form.get("codigo", "")
        try:
            entry.go_on(transaction_id, here(), typed, cookies.read(request, KNOWN))
        except IdpError as error:
            if error.code in NOT_TAKEN:
                # The link is whole; the dispatcher knows what is next, and says it.
                return see_other(login_url(transaction_id))
            if code_error(error.code, 8) is None:
                raise
            return wait_page(transaction_id, wrong=error)
        return see_other(login_url(transaction_id))

    def wait_page(
        transaction_id: str,
        error: IdpError | None = None,
        wrong: IdpError | None = None,
    ) -> Response:
        """*Revise su correo*; error: why another link was not sent yet (RFC 6585 §4); code_error:
        what is wrong with the code that was typed.
        """
        waiting = waiting_room.waiting(transaction_id, here())
        if waiting is None:
            return see_other(login_url(transaction_id))
        if waiting.link_ended:
            return recovered_page(waiting.transaction, waiting.realm, link_ended=True)
        drill = notice(drills, waiting.transaction)
        response = pages.page(
            "contingencia/revise.html",
            drill=drill,
            status=error.status if error else wrong.status if wrong else 200,
            error=why_not(error, ask_again_in) if error else None,
            code_error=code_error(wrong.code, 8) if wrong else None,
            code=spaced(waiting.code),
            code_open=waiting.code_open,
            code_url=url_for("contingency.go_on", transaction_id=transaction_id),
            csp=Csp(
                script=("'self'",),
                connect=("'self'",),
                form_action=ends_at(waiting.transaction, drill),
            ),
            ended=waiting.ended,
            recovered=waiting.recovered,
            sunat_url=sunat_url(transaction_id),
            until=waiting.until,
            minutes_left=waiting.minutes_left,
            outlook=waiting_room.outlook(),
            state_url=url_for("contingency.state", transaction_id=transaction_id),
            page_url=url_for("contingency.wait", transaction_id=transaction_id),
            next_url=login_url(transaction_id),
            minutes=link_minutes,
            reference=waiting.reference,
            asked_at=waiting.asked_at,
            # The page says whole minutes: the first that is late enough.
            again_at=waiting.again_at + timedelta(seconds=59),
            # Nobody is sent a mail while SUNAT works.
            another=waiting.another and not waiting.recovered,
            resend_url=url_for("contingency.resend", transaction_id=transaction_id),
            client_name=contingency.client_name(waiting.transaction),
            back_url=url_for("contingency.show", transaction_id=transaction_id),
            cancel_url=cancel_url(transaction_id),
        )
        return later(response, error) if error is not None else response

    @routes.post("/contingencia/<transaction_id>/reenviar")
    def resend(transaction_id: str) -> Response:
        csrf.check(request, cookies.read(request, BROWSER))
        visit = contingency.visit(transaction_id, here(), cookies.read(request, KNOWN))
        if visit.gate is not Gate.OPEN:
            return not_open(visit)
        try:
            asked = contingency.resend(visit, here() or "", visitor())
        except IdpError as error:
            if error.code not in NOT_NOW:
                raise
            return wait_page(transaction_id, error)
        target = "contingency.wait" if asked else "contingency.show"
        return see_other(url_for(target, transaction_id=transaction_id))

    return routes


def later(response: Response, error: IdpError) -> Response:
    """With the moment to come back, where coming back helps."""
    if error.code != "login_too_old":
        response.headers["Retry-After"] = str(error.retry_after or 1)
    return response
