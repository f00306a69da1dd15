"""*¿SUNAT no responde?*, and what stands before it: the page that leads to SUNAT."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from flask import Response, request

from idp.login.rescue import Rescue, WayOn
from idp.login.service import Logins
from idp.login.steps import StepKind
from idp.login.transaction import Transaction
from idp.web.browser import Browser
from idp.web.csrf import Csrf
from idp.web.headers import Csp
from idp.web.render import Pages

# (transaction id, realm) -> path: which room takes a step is wiring's to say.
StepUrls = Mapping[StepKind, Callable[[str, str], str]]


class Why(StrEnum):
    """What brings a person to the page. AWAY: they left SUNAT's, which answered nothing. EARLIER:
    an earlier login did. FAILED, REFUSED, DENIED: SUNAT's answer was none, proves nobody, or says
    that the person did not log in.
    """

    AWAY = "away"
    EARLIER = "earlier"
    FAILED = "failed"
    REFUSED = "refused"
    DENIED = "denied"


@dataclass(frozen=True)
class Told:
    """What a failure is called: on the page and at the help desk. status: of the page."""

    status: int = 200
    code: str = ""
    reason: str = ""
    reference: str = ""


class RescuePages:
    """Renders them; a request keeps its state, nonce and PKCE whatever is shown here."""

    def __init__(
        self,
        *,
        logins: Logins,
        rescue: Rescue,
        pages: Pages,
        browser: Browser,
        csrf: Csrf,
        step_urls: StepUrls,
        realm_labels: Mapping[str, str],
    ) -> None:
        self._logins = logins
        self._rescue = rescue
        self._pages = pages
        self._browser = browser
        self._csrf = csrf
        self._step_urls = step_urls
        self._labels = realm_labels

    def on_the_way(self, transaction: Transaction, realm: str) -> Response:
        """The page that goes on to SUNAT by itself, and stays one *Back* away."""
        return self._pages.page(
            "login/a_sunat.html",
            csp=self._csp(transaction),
            ui_locales=transaction.ui_locales,
            client_name=self._logins.client_name(transaction),
            realm_label=self._labels.get(realm, realm),
            next_url=self._step_urls[StepKind.UPSTREAM](transaction.id, realm),
            page_url=f"/login/{transaction.id}",
        )

    def unanswered(
        self, transaction: Transaction, realm: str, why: Why, told: Told | None = None
    ) -> Response:
        """The request of this browser, and its ways on. realm: whose upstream did not answer."""
        told, base = told or Told(), f"/login/{transaction.id}"
        way = self._rescue.way_on(transaction, None)
        mail = way is WayOn.MAIL
        return self._pages.page(
            "login/sin_respuesta.html",
            status=told.status,
            csp=self._csp(transaction),
            ui_locales=transaction.ui_locales,
            csrf_token=self._csrf.token(self._browser.read(request) or ""),
            why=why.value,
            told=told,
            way=way.value,
            realm=realm,
            realm_label=self._labels.get(realm, realm),
            client_name=self._logins.client_name(transaction),
            mail_later=self._logins.takes_mail(transaction, realm),
            mail_url=self._step_urls[StepKind.CONTINGENCY](transaction.id, realm) if mail else None,
            retry_url=f"{base}/sunat",
            state_url=f"{base}/estado",
            page_url=base,
            chooser_url=f"{base}/elegir" if len(transaction.realms) > 1 else None,
            cancel_url=f"{base}/cancelar",
            login_until=transaction.expires_at,
        )

    def nobodys(
        self, realm: str, why: Why, told: Told, component: tuple[str, str | None] | None
    ) -> Response:
        """An answer that belongs to no request of this browser. component: where it was for, as far
        as that is known: its name, and where it is entered.
        """
        return self._pages.page(
            "login/sin_solicitud.html",
            status=told.status,
            why=why.value,
            told=told,
            realm_label=self._labels.get(realm, realm),
            client_name=component[0] if component else None,
            enter_url=component[1] if component else None,
        )

    def _csp(self, transaction: Transaction) -> Csp:
        return Csp(
            script=("'self'",),
            connect=("'self'",),
            form_action=self._logins.return_origins(transaction),
        )
