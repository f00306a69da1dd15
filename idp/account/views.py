"""`/cuenta`: the form, the code, and the page behind the mail's link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, request

from idp.account.drafts import Drafts
from idp.account.form import NAMES, Shown, Typed, fields, known, read
from idp.account.onward_views import Onward
from idp.account.service import Account, InvalidForm, Overview
from idp.kernel.errors import IdpError
from idp.kernel.texts import Text, minutes
from idp.login.service import Logins
from idp.login.session import Session
from idp.people.masking import mask_email
from idp.people.ubigeo import within
from idp.web.browser import Browser
from idp.web.cookies import SESSION, Cookies
from idp.web.csrf import Csrf
from idp.web.headers import Csp
from idp.web.i18n import Languages
from idp.web.redirects import see_other
from idp.web.render import Pages

# Where the mail's link wanted to go, while its person logs in; it is worth nothing elsewhere.
_VERIFY_COOKIE = "idp_verify"
_VERIFY_TTL = 3_600
_TOO_OFTEN = Text(
    "Ya pidió varios códigos. Para otro correo, vuelva a intentarlo en {wait}; lo demás se guardó."
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
    drafts: Drafts,
    logins: Logins,
    onward: Onward,
    pages: Pages,
    cookies: Cookies,
    browser: Browser,
    csrf: Csrf,
    languages: Languages,
    realm_labels: Mapping[str, str],
) -> Blueprint:
    """The routes of `/cuenta`. realm_labels: what users call each realm's upstream."""
    routes = Blueprint("account", __name__)
    # Errors lead to the first field that they are about.
    anchors = {**NAMES, "ubigeo": "departamento"}

    def session() -> Session | None:
        return logins.sessions.current(cookies.read(request, SESSION))

    def log_in_first() -> Response:
        cookie, browser_hash = browser.read_or_new(request)
        response = see_other(f"/login/{logins.begin_account(browser_hash)}")
        browser.remember(response, cookie)
        return response

    def log_in_to_verify(token: str) -> Response:
        response = log_in_first()
        if _is_token(token):
            cookies.set(response, _VERIFY_COOKIE, token, max_age=_VERIFY_TTL)
        return response

    def with_browser(response: Response) -> Response:
        browser.remember(response, browser.read_or_new(request)[0])
        return response

    def page(
        found: Session,
        errors: Mapping[str, Text],
        status: int = 200,
        typed: Typed | None = None,
        *,
        recovered: bool = False,
    ) -> Response:
        data = account.overview(found)
        shown = known(data.person)
        if typed is not None:
            shown = Shown(typed.profile, typed.places)
        return pages.page(
            "cuenta/datos.html",
            status=status,
            csp=Csp(script=("'self'",), connect=("'self'",)),
            realm_label=realm_labels.get(found.realm, found.realm),
            errors={anchors.get(name, name): text for name, text in errors.items()},
            saved="guardado" in request.args,
            recovered=recovered,
            owner_field=drafts.owner_field(found, browser.hash(request) or ""),
            session_until=logins.sessions.lasts_until(found),
            email=typed.email if typed else data.email,
            consent=typed.consent if typed else data.person.consent,
            confirm_action="/cuenta/codigo" if data.awaits_code else None,
            way_back=onward.link(),
            **fields(data.person, shown),
            **about(data),
        )

    @routes.get("/cuenta")
    def show() -> Response:
        response = shown()
        onward.remember(response)
        return response

    def shown() -> Response:
        found = session()
        if found is None:
            return log_in_first()
        if browser.read(request) is None:
            return with_browser(see_other("/cuenta"))  # the form's token is bound to it
        waiting = cookies.read(request, _VERIFY_COOKIE)
        if not waiting:
            form = drafts.of(found, browser.hash(request) or "")
            if form is None:
                return page(found, {})
            return page(found, {}, typed=read(form), recovered=True)
        response = see_other(f"/cuenta/verificar/{waiting}" if _is_token(waiting) else "/cuenta")
        cookies.clear(response, _VERIFY_COOKIE)
        return response

    @routes.post("/cuenta")
    def update() -> Response:
        csrf.check(request, browser.read(request))
        found = session()
        browser_hash = browser.hash(request) or ""
        if found is None:
            drafts.keep(request.form.get("de", ""), browser_hash, request.form)
            return log_in_first()
        typed = read(request.form)
        if typed.choosing:
            return page(found, {}, typed=typed)
        try:
            account.update(found, typed, languages.of(request))
            drafts.drop(browser_hash)
        except InvalidForm as error:
            return page(found, error.errors, 422, typed)
        except IdpError as error:
            if error.code != "rate_limited" or error.retry_after is None:
                return refused(found, error)
            wait = minutes(-(-error.retry_after // 60))
            response = page(found, {"email": Text(_TOO_OFTEN.msgid, wait=wait)}, 429, typed)
            response.headers["Retry-After"] = str(error.retry_after)
            return response
        return see_other("/cuenta?guardado=1")

    @routes.get("/cuenta/ubigeo/<code>")
    def places(code: str) -> Response:
        """What lies within a department or a province: public facts, for the chained lists."""
        found = within(code)
        if not found:
            raise IdpError("not_found", 404)
        response = jsonify([{"code": one, "name": name} for one, name in found])
        response.headers["Cache-Control"] = "public, max-age=86400"
        return response

    @routes.post("/cuenta/codigo")
    def confirm_code() -> Response:
        csrf.check(request, browser.read(request))
        found = session()
        if found is None:
            return log_in_first()
        try:
            account.confirm_code(found, request.form.get("codigo", ""), languages.of(request))
        except IdpError as error:
            return refused(found, error)
        return see_other("/cuenta?guardado=1")

    @routes.get("/cuenta/verificar/<token>")
    def look(token: str) -> Response:
        """Shows and spends nothing: whoever scans mail may come here as often as they like."""
        found = session()
        if found is None:
            return log_in_to_verify(token)
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
            return log_in_to_verify(token)
        try:
            account.confirm_link(found, token, languages.of(request))
        except IdpError as error:
            return refused(found, error)
        return see_other("/cuenta?guardado=1")

    def refused(found: Session, error: IdpError) -> Response:
        """What the form itself can say, it says; the rest has its error page."""
        if error.code == "account_read_only":
            return page(found, {}, error.status)
        if error.code in _CODE_ERRORS:
            return page(found, dict([_CODE_ERRORS[error.code]]), 422)
        raise error

    return routes


def about(data: Overview) -> dict[str, Any]:
    """What the page says of a person beside the fields."""
    current, pending, person = data.current, data.pending, data.person
    return {
        "name": person.name,
        "ruc": person.ruc,
        "usuario": person.usuario,
        "current_email": current.email if current else None,
        "pending_email": pending.email if pending else None,
        "undeliverable": bool(current and current.undeliverable_at),
        "verified_since": current.verified_at if current else None,
        "counts_from": data.counts_from,
        "read_only": data.read_only,
        "withdrawn": not person.consent and person.consent_at is not None,
    }


def _is_token(text: str) -> bool:
    return len(text) == 43 and text.isascii() and text.replace("-", "").replace("_", "").isalnum()
