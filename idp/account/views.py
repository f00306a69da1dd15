"""`/cuenta`: the form, the code, and the page behind the mail's link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request

from idp.account.service import Account, InvalidEmail
from idp.kernel.errors import IdpError
from idp.kernel.texts import Text
from idp.login.service import Logins
from idp.login.session import Session
from idp.people.masking import mask_email
from idp.web.browser import Browser
from idp.web.cookies import SESSION, Cookies
from idp.web.csrf import Csrf
from idp.web.redirects import see_other
from idp.web.render import Pages

# Where the mail's link wanted to go, while its person logs in; it is worth nothing elsewhere.
_VERIFY_COOKIE = "idp_verify"
_VERIFY_TTL = 3_600
_BAD_EMAIL = Text(
    "Escriba una dirección de correo electrónico completa, por ejemplo nombre@empresa.pe."
)
# By code: the field that it is said at, and the words.
_CODE_ERRORS = {
    "verification_failed": (
        "codigo",
        Text("El código no es correcto. Revise el último correo que le enviamos."),
    ),
    "verification_expired": (
        "email",
        Text("El código ya no es válido. Pulse Actualizar Datos para recibir uno nuevo."),
    ),
}


def blueprint(
    *,
    account: Account,
    logins: Logins,
    pages: Pages,
    cookies: Cookies,
    browser: Browser,
    csrf: Csrf,
    realm_labels: Mapping[str, str],
) -> Blueprint:
    """The routes of `/cuenta`. realm_labels: what users call each realm's upstream."""
    routes = Blueprint("account", __name__)

    def session() -> Session | None:
        return logins.sessions.current(cookies.read(request, SESSION))

    def log_in_first() -> Response:
        cookie, browser_hash = browser.read_or_new(request)
        response = see_other(f"/login/{logins.begin_account(browser_hash)}")
        browser.remember(response, cookie)
        return response

    def with_browser(response: Response) -> Response:
        browser.remember(response, browser.read_or_new(request)[0])
        return response

    def form(
        found: Session, errors: Mapping[str, str], status: int = 200, **typed: object
    ) -> Response:
        data = account.overview(found)
        context: dict[str, Any] = {
            "name": data.person.name,
            "realm_label": realm_labels.get(found.realm, found.realm),
            "ruc": data.person.ruc,
            "usuario": data.person.usuario,
            "email": data.email,
            "current_email": data.current.email if data.current else None,
            "pending_email": data.pending.email if data.pending else None,
            "undeliverable": bool(data.current and data.current.undeliverable_at),
            "consent": data.person.consent,
            "verified_since": data.current.verified_at if data.current else None,
            "errors": dict(errors),
            "saved": "guardado" in request.args,
            "action": "/cuenta",
            "confirm_action": "/cuenta/codigo" if data.awaits_code else None,
            "counts_from": data.counts_from,
            "read_only": data.read_only,
            **typed,
        }
        return pages.page("cuenta/datos.html", status=status, **context)

    @routes.get("/cuenta")
    def show() -> Response:
        found = session()
        if found is None:
            return log_in_first()
        if browser.read(request) is None:
            return with_browser(see_other("/cuenta"))  # the form's token is bound to it
        waiting = cookies.read(request, _VERIFY_COOKIE)
        if not waiting:
            return form(found, {})
        response = see_other(f"/cuenta/verificar/{waiting}" if _is_token(waiting) else "/cuenta")
        cookies.clear(response, _VERIFY_COOKIE)
        return response

    @routes.post("/cuenta")
    def update() -> Response:
        csrf.check(request, browser.read(request))
        found = session()
        if found is None:
            return log_in_first()
        email, consent = request.form.get("email", ""), "consent" in request.form
        try:
            account.update(found, email=email, consent=consent)
        except InvalidEmail:
            return form(found, {"email": _BAD_EMAIL}, 422, email=email, consent=consent)
        except IdpError as error:
            return refused(found, error)
        return see_other("/cuenta?guardado=1")

    @routes.post("/cuenta/codigo")
    def confirm_code() -> Response:
        csrf.check(request, browser.read(request))
        found = session()
        if found is None:
            return log_in_first()
        try:
            account.confirm_code(found, request.form.get("codigo", ""))
        except IdpError as error:
            return refused(found, error)
        return see_other("/cuenta?guardado=1")

    @routes.get("/cuenta/verificar/<token>")
    def look(token: str) -> Response:
        """Shows and spends nothing: whoever scans mail may come here as often as they like."""
        found = session()
        if found is None:
            response = log_in_first()
            if _is_token(token):
                cookies.set(response, _VERIFY_COOKIE, token, max_age=_VERIFY_TTL)
            return response
        if account.overview(found).read_only:
            return see_other("/cuenta")
        if browser.read(request) is None:
            return with_browser(see_other(request.path))
        address = account.masked_target(found, token)
        if address is None:
            raise IdpError("verification_expired", 400)
        return pages.page(
            "cuenta/verificar.html",
            email_masked=mask_email(address.email),
            action=f"/cuenta/verificar/{token}",
            token=token,
        )

    @routes.post("/cuenta/verificar/<token>")
    def confirm_link(token: str) -> Response:
        csrf.check(request, browser.read(request))
        found = session()
        if found is None:
            return log_in_first()
        try:
            account.confirm_link(found, token)
        except IdpError as error:
            return refused(found, error)
        return see_other("/cuenta?guardado=1")

    def refused(found: Session, error: IdpError) -> Response:
        """What the form itself can say, it says; the rest has its error page."""
        if error.code == "account_read_only":
            return form(found, {}, error.status)
        if error.code in _CODE_ERRORS:
            return form(found, dict([_CODE_ERRORS[error.code]]), 422)
        raise error

    return routes


def _is_token(text: str) -> bool:
    return len(text) == 43 and text.isascii() and text.replace("-", "").replace("_", "").isalnum()
