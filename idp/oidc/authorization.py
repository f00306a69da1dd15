"""The authorization endpoint: validate, and then answer at once, park, or refuse.

Client and redirect_uri come first, the rest of the request second, the login third, the code last.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749.errors import (
    AccessDeniedError,
    InvalidRequestError,
    UnsupportedResponseTypeError,
)
from authlib.oidc.core.errors import LoginRequiredError

from idp.kernel.errors import IdpError
from idp.limits.service import Limits
from idp.login.service import Logins
from idp.login.session import Session
from idp.login.steps import StepKind
from idp.login.transaction import Transaction
from idp.oidc.checks import max_age_of
from idp.oidc.claims_request import parse
from idp.oidc.component import Component
from idp.oidc.errors import UnmetAuthenticationRequirementsError
from idp.oidc.hints import Hints
from idp.oidc.pushed import PushedRequests
from idp.oidc.request import Parameters, ProviderRequest
from idp.oidc.requested import RefusedRequest, Requested
from idp.oidc.respond import AuthorizationResponse
from idp.oidc.server import ProviderServer


@dataclass(frozen=True)
class Parked:
    """The person has something to do first: go on at this transaction."""

    transaction_id: str


@dataclass(frozen=True)
class BeginAnew:
    """The component has forgotten its request: it is entered where it begins a login itself."""

    url: str


Outcome = AuthorizationResponse | Parked | BeginAnew


class Authorization:
    """What `/authorize` and `/authorize/<txn>` do."""

    def __init__(
        self,
        *,
        server: ProviderServer,
        requested: Requested,
        pushed: PushedRequests,
        hints: Hints,
        logins: Logins,
        limits: Limits,
    ) -> None:
        self._server = server
        self._requested = requested
        self._pushed = pushed
        self._hints = hints
        self._logins = logins
        self._limits = limits

    def begin(
        self,
        request: ProviderRequest,
        browser_hash: str,
        current_session: Callable[[], Session | None],
        address_prefix: str,
    ) -> Outcome:
        """A new request. Raises IdpError for a page; errors that may go back are responses.

        current_session: asked only once the request itself is good.
        """
        try:
            component = self._requested.resolve(request)
        except RefusedRequest as refused:
            return self._refuse(request, refused.error)
        try:
            grant = self._grant(request)
            transaction = self._transaction(request, component, browser_hash)
        except OAuth2Error as error:
            return self._refuse(request, error)
        session = current_session()
        step = self._logins.step(transaction, session)
        if step.kind is StepKind.FINISH and session is not None:
            return self._issue(request, transaction, session, grant)
        if "none" in transaction.prompt:
            return self._refuse(request, self._silent_error(transaction, session))
        return self._park(transaction, address_prefix)

    def park(self, request: ProviderRequest, address_prefix: str) -> Outcome:
        """A request by POST: parked before it is bound to a browser, since a cross-site POST
        carries no Lax cookie. The redirect that answers it comes back with the cookie.
        """
        try:
            component = self._requested.resolve(request)
        except RefusedRequest as refused:
            return self._refuse(request, refused.error)
        try:
            only_code(request)
            transaction = self._transaction(request, component, None)
        except OAuth2Error as error:
            return self._refuse(request, error)
        return self._park(transaction, address_prefix)

    def resume(
        self,
        request: ProviderRequest,
        transaction: Transaction,
        session: Session | None,
    ) -> Outcome:
        """A parked request, validated again: clients.yaml may have changed meanwhile."""
        request.payload = Parameters(transaction.params)
        request.transaction_id, request.pushed = transaction.id, transaction.pushed
        self._requested.check_redirect_uri(request, self._requested.component(request))
        try:
            grant = self._grant(request)
        except OAuth2Error as error:
            return self._refuse(request, error)
        step = self._logins.step(transaction, session)
        if transaction.denied:
            return self._deny(request, transaction, session)
        if step.kind is not StepKind.FINISH or session is None:
            if "none" in transaction.prompt:
                return self._refuse(request, self._silent_error(transaction, session))
            return Parked(transaction.id)
        anew = self._logins.anew_url(transaction, session)
        return BeginAnew(anew) if anew else self._issue(request, transaction, session, grant)

    def _grant(self, request: ProviderRequest) -> object:
        only_code(request)
        grant: object = self._server.get_consent_grant(request)
        return grant

    def _park(self, transaction: Transaction, address_prefix: str) -> Parked:
        self._limits.hit("login.park", address_prefix)
        return Parked(self._logins.transactions.add(transaction).id)

    def _issue(
        self,
        request: ProviderRequest,
        transaction: Transaction,
        session: Session,
        grant: object,
    ) -> AuthorizationResponse:
        if not self._logins.expected(transaction, session):
            # OpenID Connect Core §3.1.2.1: never a positive answer about somebody else.
            return self._refuse(request, LoginRequiredError())
        response: AuthorizationResponse = self._server.create_authorization_response(
            request, grant_user=session, grant=grant
        )
        return response

    def _deny(
        self, request: ProviderRequest, transaction: Transaction, session: Session | None
    ) -> AuthorizationResponse:
        """The person went back instead of logging in; that answers the request for good."""
        if not self._logins.transactions.end(transaction):
            raise IdpError("transaction_unknown", 404, detail="answered before")
        if transaction.pushed is not None:
            self._pushed.end(transaction.pushed)
        unmet = self._logins.unmet(transaction, session)
        error = UnmetAuthenticationRequirementsError() if unmet else AccessDeniedError()
        return self._refuse(request, error)

    def _silent_error(self, transaction: Transaction, session: Session | None) -> OAuth2Error:
        """No page may be shown (OpenID Connect Core §3.1.2.6): what one would be for."""
        if self._logins.unmet(transaction, session):
            return UnmetAuthenticationRequirementsError()
        return LoginRequiredError()

    def _refuse(self, request: ProviderRequest, error: OAuth2Error) -> AuthorizationResponse:
        return self._server.error_response(request, request.payload.redirect_uri, error)

    def _transaction(
        self, request: ProviderRequest, component: Component, browser_hash: str | None
    ) -> Transaction:
        """Raises OAuth2Error for what could never be answered."""
        data = request.payload.data
        asked = parse(data.get("claims"))
        if asked.impossible:
            raise UnmetAuthenticationRequirementsError
        return self._logins.transactions.prepare(
            browser_hash=browser_hash,
            destination="authorize",
            client_id=component.client_id,
            params=request.parameters.pairs,
            realms=component.client.realms,
            prompt=frozenset(data.get("prompt", "").split()),
            max_age=max_age_of(data.get("max_age")),
            acr_required=asked.acr_required,
            subject=self._hints.subject(data.get("id_token_hint"), component, asked.subject),
            pushed=request.pushed,
        )


def only_code(request: ProviderRequest) -> None:
    """Before Authlib, which would repeat the value in a text that forbids some characters."""
    if request.payload.response_type is None:
        raise InvalidRequestError("Missing response_type.")
    if request.payload.response_type != "code":
        raise UnsupportedResponseTypeError("Only response_type=code is supported.")
