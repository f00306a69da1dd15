"""`/cuenta/mis-datos`: what is kept of a person, their rights, and their copy."""

from __future__ import annotations

from flask import Blueprint, Response, request

from idp.account.own_data import OwnData
from idp.kernel.errors import IdpError
from idp.login.service import Logins
from idp.login.session import Session
from idp.privacy.readable import readable
from idp.web.browser import Browser
from idp.web.cookies import SESSION, Cookies
from idp.web.csrf import Csrf
from idp.web.documents import Documents
from idp.web.headers import Csp, apply
from idp.web.i18n import Languages
from idp.web.redirects import see_other
from idp.web.render import Pages

_PAGE = "/cuenta/mis-datos"
_FILE = "mis-datos-vuce"


def blueprint(
    *,
    own_data: OwnData,
    documents: Documents,
    logins: Logins,
    pages: Pages,
    cookies: Cookies,
    browser: Browser,
    csrf: Csrf,
    languages: Languages,
    contact: str,
    production: bool,
) -> Blueprint:
    """The routes of `/cuenta/mis-datos`. contact: the e-mail address for requests about data."""
    routes = Blueprint("own_data", __name__)

    def session() -> Session | None:
        return logins.sessions.current(cookies.read(request, SESSION))

    def page(found: Session, status: int = 200) -> Response:
        return pages.page(
            "cuenta/mis_datos.html",
            status=status,
            kinds=own_data.kinds(),
            may_take=own_data.may_take(found),
            contact=contact,
        )

    @routes.get(_PAGE)
    def show() -> Response:
        found = session()
        if found is None:
            return see_other("/cuenta")  # which asks for a login first
        if browser.read(request) is None:
            response = see_other(_PAGE)  # the form's token is bound to it
            browser.remember(response, browser.read_or_new(request)[0])
            return response
        return page(found)

    @routes.post(f"{_PAGE}/copia")
    def copy() -> Response:
        csrf.check(request, browser.read(request))
        found = session()
        if found is None:
            return see_other("/cuenta")
        try:
            dossier = own_data.copy(found)
        except IdpError as error:
            if error.code != "account_read_only":
                raise
            return page(found, error.status)
        if request.form.get("formato") == "json":
            return file(dossier.to_json(), "json", "application/json")
        text = documents.render(
            "cuenta/copia.html",
            languages.of(request),
            chapters=readable(dossier),
            made_at=dossier.made_at,
            name=found.name,
            issuer=dossier.issuer,
        )
        return file(text, "html", "text/html")

    def file(text: str, suffix: str, kind: str) -> Response:
        response = Response(text, content_type=f"{kind}; charset=utf-8")
        response.headers["Content-Disposition"] = f'attachment; filename="{_FILE}.{suffix}"'
        apply(response, Csp(), production=production)  # no-store, too
        return response

    return routes
