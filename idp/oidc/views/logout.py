"""`/logout`: RP-initiated logout, and a person's own."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, Response, request

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.audit.ports import AuditStream
from idp.login.sessions import Sessions
from idp.oidc.logout import Logout, LogoutRequest
from idp.oidc.views.request import provider_request
from idp.web.browser import Browser
from idp.web.cookies import SESSION, Cookies
from idp.web.csrf import Csrf
from idp.web.headers import Csp
from idp.web.redirects import see_other
from idp.web.render import Pages


def blueprint(
    *,
    logout: Logout,
    sessions: Sessions,
    audit: Audit,
    stream: AuditStream,
    pages: Pages,
    cookies: Cookies,
    browser: Browser,
    csrf: Csrf,
    issuer: str,
    sunat_logout_url: str | None,
) -> Blueprint:
    """GET and POST `/logout`; the form of the confirm page posts to `/logout/confirmar`."""
    bp = Blueprint("logout", __name__)

    def end(found: LogoutRequest, started_by: str) -> Response:
        cookie = cookies.read(request, SESSION)
        ended = sessions.end(cookie, "logout") if cookie else None
        if ended is not None:
            stream.push(
                audit.entry(
                    AuditEvent.LOGOUT_COMPLETED,
                    person_id=ended.person_id,
                    client_id=found.client.client_id if found.client else None,
                    sid=ended.sid,
                    started_by=started_by,
                )
            )
        response = leave(found)
        cookies.clear(response, SESSION)
        return response

    def leave(found: LogoutRequest) -> Response:
        """Back to the component at once, unless there is something to say on the way: on a shared
        PC the next person would enter with the session that SUNAT still has.
        """
        to_say = found.upstream_lives and sunat_logout_url is not None
        if found.return_to is not None and not to_say:
            return see_other(found.return_to)
        return pages.page(
            "salida/cerrada.html",
            upstream_lives=found.upstream_lives,
            sunat_logout_url=sunat_logout_url,
            return_url=found.return_to or (found.client.client_uri if found.client else None),
            client_name=found.client.client_name if found.client else None,
        )

    @bp.route("/logout", methods=["GET", "POST"])
    def log_out() -> Response:
        asked = provider_request("logout", issuer)
        session = sessions.current(cookies.read(request, SESSION))
        found = logout.validate(asked, session)
        if request.method == "POST" and cookies.read(request, SESSION) is None:
            # A cross-site POST carries no Lax cookie; the GET that follows a redirect does.
            query = urlencode(asked.parameters.pairs)
            return see_other(f"/logout?{query}" if query else "/logout")
        if not found.confirm:
            return end(found, "component")
        cookie, _ = browser.read_or_new(request)
        origins = (_origin(found.return_to),) if found.return_to else ()
        response = pages.page(
            "salida/confirmar.html",
            csp=Csp(form_action=origins),
            csrf_token=csrf.token(cookie),
            client_name=found.client.client_name if found.client else None,
            action="/logout/confirmar",
            fields=dict(asked.parameters.pairs),
        )
        browser.remember(response, cookie)
        return response

    @bp.post("/logout/confirmar")
    def confirm() -> Response:
        csrf.check(request, browser.read(request))
        asked = provider_request("logout", issuer)
        session = sessions.current(cookies.read(request, SESSION))
        return end(logout.validate(asked, session), "person")

    return bp


def _origin(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.split('/', 1)[0].split('?', 1)[0]}"
