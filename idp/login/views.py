"""`/login/<txn>`: the dispatcher's pages. Every step of a login comes back here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, request

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.audit.personal import Personal
from idp.kernel.identity import EXTRANET, SOL
from idp.kernel.texts import Text
from idp.login.drilling import Brought, Drilling
from idp.login.rescue import Rescue
from idp.login.rescue_pages import RescuePages, StepUrls, Why
from idp.login.service import Logins
from idp.login.session import Session
from idp.login.steps import Step, StepKind
from idp.login.transaction import Transaction
from idp.web.agent import describe
from idp.web.browser import Browser
from idp.web.client_address import ClientAddress
from idp.web.cookies import DRILL, KNOWN, SESSION, Cookies
from idp.web.csrf import Csrf
from idp.web.headers import Csp, Sources
from idp.web.i18n import Languages
from idp.web.redirects import see_other
from idp.web.render import Pages

_CARDS = {
    SOL: (Text("Importador / Exportador"), Text("Ingresar con Clave SOL")),
    EXTRANET: (Text("Funcionario"), Text("Ingresar a la Extranet")),
}


def blueprint(
    *,
    logins: Logins,
    drilling: Drilling,
    audit: Audit,
    pages: Pages,
    cookies: Cookies,
    browser: Browser,
    csrf: Csrf,
    languages: Languages,
    addresses: ClientAddress,
    rescue: Rescue,
    rescue_pages: RescuePages,
    step_urls: StepUrls,
    upstream_origins: tuple[str, ...],
    realm_labels: Mapping[str, str],
) -> Blueprint:
    """The dispatcher. upstream_origins: what a form here may lead to by redirect, for its CSP."""
    bp = Blueprint("login", __name__)
    transactions = logins.transactions

    def load(transaction_id: str) -> tuple[Transaction, Session | None]:
        transaction = transactions.load(transaction_id, browser.hash(request))
        return transaction, logins.sessions.current(cookies.read(request, SESSION))

    def csp(transaction: Transaction, script: Sources) -> Csp:
        origins = (*upstream_origins, *logins.return_origins(transaction))
        return Csp(script=script, form_action=origins)

    def show(
        template: str, transaction: Transaction, *, script: Sources = (), **context: Any
    ) -> Response:
        return pages.page(
            template,
            csp=csp(transaction, script),
            ui_locales=transaction.ui_locales,
            csrf_token=csrf.token(browser.read(request) or ""),
            client_name=logins.client_name(transaction),
            login_until=transaction.expires_at,
            cancel_url=f"/login/{transaction.id}/cancelar",
            **context,
        )

    def finish(transaction: Transaction) -> Response:
        response = see_other(step_urls[StepKind.FINISH](transaction.id, transaction.destination))
        languages.login_ends(request, response)
        return response

    def chooser(transaction: Transaction, session: Session | None) -> Response:
        base = f"/login/{transaction.id}"
        return show(
            "login/elegir.html",
            transaction,
            script=("'self'",),
            transaction_id=transaction.id,
            realms=[
                {
                    "realm": realm,
                    "title": _CARDS.get(realm, (realm, realm))[0],
                    "action": _CARDS.get(realm, (realm, realm))[1],
                    "url": f"{base}/elegir",
                }
                for realm in transaction.realms
            ],
            session=session
            and {
                "name": session.name,
                "continue_url": f"{base}/continuar",
                "expected": logins.expected(transaction, session),
            },
            switch_url=f"{base}/cambiar",
        )

    def establish(transaction: Transaction) -> Response:
        agent = request.headers.get("User-Agent", "")
        established = logins.establish(
            transaction,
            cookies.read(request, SESSION),
            describe(agent),
            languages.of(request, transaction.ui_locales),
            Personal.of(addresses.address(request), agent),
        )
        if established.nudged:
            response = see_other(f"/login/{transaction.id}")
        else:
            response = finish(transaction)
        cookies.set(response, SESSION, established.cookie, max_age=None)
        return response

    def other_person(transaction: Transaction, session: Session | None) -> Response:
        base = f"/login/{transaction.id}"
        return show(
            "login/otra_persona.html",
            transaction,
            current_name=session.name if session else "",
            new_name=logins.person_name(transaction.proof.person_id) if transaction.proof else "",
            continue_url=f"{base}/confirmar",
            stay_url=f"{base}/conservar",
        )

    def refused(transaction: Transaction, step: Step) -> Response:
        return show(
            "login/sin_contingencia.html",
            transaction,
            realm_label=realm_labels.get(step.realm or "", ""),
            retry_url=f"/login/{transaction.id}/sunat",
        )

    @bp.get("/login/<transaction_id>")
    def dispatch(transaction_id: str) -> Response:
        transaction, session = load(transaction_id)
        step = logins.step(transaction, session)
        brought = Brought(cookies.read(request, KNOWN), cookies.read(request, DRILL))
        taken = drilling.take(transaction, session, step, brought)
        if taken is not transaction:
            transaction, step = taken, logins.step(taken, session)
        response = next_page(transaction, session, step)
        if step.kind not in (StepKind.ESTABLISH, StepKind.FINISH):
            languages.prefer(request, response, transaction.ui_locales)
        return response

    def next_page(transaction: Transaction, session: Session | None, step: Step) -> Response:
        match step.kind:
            case StepKind.CHOOSE:
                return chooser(transaction, session)
            case StepKind.ESTABLISH:
                return establish(transaction)
            case StepKind.FINISH:
                return finish(transaction)
            case StepKind.OTHER_PERSON:
                return other_person(transaction, session)
            case StepKind.CONTINGENCY_REFUSED:
                return refused(transaction, step)
            case StepKind.UPSTREAM:
                return to_upstream(transaction, step.realm or "")
            case StepKind.UNANSWERED:
                return rescue_pages.unanswered(transaction, step.realm or "", Why.AWAY)
            case StepKind.CONTINGENCY if transaction.sent_at and not transaction.link_id:
                return rescue_pages.unanswered(transaction, step.realm or "", Why.AWAY)
            case _:
                return see_other(step_urls[step.kind](transaction.id, step.realm or ""))

    def to_upstream(transaction: Transaction, realm: str) -> Response:
        """Browsers skip, on *Back*, pages that went on without being touched: after a press on a
        page of ours that one stays behind, and else one that leads there does its best.
        """
        if rescue.hangs_already(transaction, realm):
            return rescue_pages.unanswered(transaction, realm, Why.EARLIER)
        if transaction.realm is None:
            return rescue_pages.on_the_way(transaction, realm)
        return see_other(step_urls[StepKind.UPSTREAM](transaction.id, realm))

    @bp.get("/login/<transaction_id>/elegir")
    def choose_again(transaction_id: str) -> Response:
        transaction, session = load(transaction_id)
        return chooser(transaction, session)

    def posted(transaction_id: str, change: Callable[[str, str | None], object]) -> Response:
        csrf.check(request, browser.read(request))
        change(transaction_id, browser.hash(request))
        return see_other(f"/login/{transaction_id}")

    @bp.post("/login/<transaction_id>/elegir")
    def choose(transaction_id: str) -> Response:
        realm = request.form.get("realm", "")
        return posted(transaction_id, lambda txn, found: transactions.choose(txn, found, realm))

    @bp.post("/login/<transaction_id>/continuar")
    def go_on(transaction_id: str) -> Response:
        """As the session's person: enough if the session is, else their realm's login."""

        def change(txn: str, found: str | None) -> None:
            transaction, session = load(txn)
            transactions.confirm_session(txn, found)
            if session is not None and session.realm in transaction.realms:
                transactions.choose(txn, found, session.realm)

        return posted(transaction_id, change)

    @bp.post("/login/<transaction_id>/cambiar")
    def switch(transaction_id: str) -> Response:
        """*No soy yo*: the session of this browser ends, and the choice begins anew."""

        def change(txn: str, found: str | None) -> None:
            transactions.forget_choice(txn, found)
            cookie = cookies.read(request, SESSION)
            if cookie:
                logins.sessions.end(cookie, "switched")

        response = posted(transaction_id, change)
        cookies.clear(response, SESSION)
        return response

    @bp.post("/login/<transaction_id>/cancelar")
    def cancel(transaction_id: str) -> Response:
        """Back to the component, which is told (RFC 6749 §4.1.2.1: access_denied)."""
        csrf.check(request, browser.read(request))
        transaction = transactions.deny(transaction_id, browser.hash(request))
        if transaction.destination != "authorize":
            transactions.end(transaction)
            return see_other("/")
        return finish(transaction)

    @bp.post("/login/<transaction_id>/confirmar")
    def confirm_switch(transaction_id: str) -> Response:
        transaction, session = load(transaction_id)
        response = posted(transaction_id, transactions.confirm_switch)
        if transaction.proof and session:
            audit.record(
                AuditEvent.LOGIN_SWITCHED,
                person_id=transaction.proof.person_id,
                client_id=transaction.client_id,
                realm=transaction.proof.realm,
                previous_person=session.person_id,
            )
        return response

    @bp.post("/login/<transaction_id>/conservar")
    def stay(transaction_id: str) -> Response:
        return posted(transaction_id, transactions.drop_proof)

    return bp
