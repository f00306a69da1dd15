"""What the applications of all listeners share: the bare Flask, what pages are made with, the log.

May import: audit's events, wiring, web, settings, kernel.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from flask import Flask, Request, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

from idp.audit.events import AuditEvent
from idp.kernel.errors import IdpError
from idp.kernel.ids import derive_key
from idp.settings import Settings
from idp.web.browser import Browser
from idp.web.client_address import ClientAddress
from idp.web.cookies import BROWSER, Cookies
from idp.web.csrf import Csrf
from idp.web.headers import common
from idp.web.i18n import Languages
from idp.web.messages import MESSAGES, Message
from idp.web.render import HelpDesk, Pages
from idp.web.static import blueprint as static_blueprint
from idp.wiring import TEMPLATES, Services

_log = logging.getLogger("idp.access")


@dataclass(frozen=True, slots=True)
class Face:
    """How one application differs from another.

    origin: where its own forms come from. secure: it is reached by https, so that its cookies are
    Secure and `__Host-`. csrf: what its CSRF key is derived for. browser: the name of its cookie.
    layout, messages, help_url: what its pages stand in, say of errors, and link as *Ayuda*.
    """

    origin: str
    secure: bool
    csrf: str = "csrf"
    browser: str = BROWSER
    layout: str = "base.html"
    messages: Mapping[str, Message] = field(default_factory=lambda: MESSAGES)
    help_url: str = "/ayuda"


@dataclass(frozen=True, slots=True)
class Front:
    """What every view of one application may ask for by name; `front` makes it."""

    pages: Pages
    cookies: Cookies
    browser: Browser
    csrf: Csrf
    languages: Languages
    addresses: ClientAddress


def front(settings: Settings, services: Services, face: Face) -> Front:
    """The tools of an application's pages; a form that is refused is on record."""
    cookies = Cookies(production=face.secure)
    browser = Browser(cookies=cookies, random=services.random, name=face.browser)
    languages, addresses = Languages(cookies), ClientAddress()

    def form_refused(request: Request, reason: str) -> None:
        services.noted.note(
            AuditEvent.CSRF_FAILED,
            addresses.prefix(request),
            endpoint=str(request.endpoint),
            reason=reason,
        )

    csrf = Csrf(
        derive_key(settings.secret_key, face.csrf), issuer=face.origin, refused=form_refused
    )
    pages = Pages(
        TEMPLATES,
        locales=TEMPLATES.parent / "locales",
        languages=languages,
        help_desk=HelpDesk(settings.help_desk_phone, settings.help_desk_email),
        browser=browser,
        csrf=csrf,
        production=face.secure,
        layout=face.layout,
        messages=face.messages,
        help_url=face.help_url,
    )
    return Front(pages, cookies, browser, csrf, languages, addresses)


def bare(name: str, settings: Settings, *, max_body: int, secure: bool) -> Flask:
    """A Flask application with nothing but static files and the care every request is owed.

    max_body: bytes.
    """
    app = Flask(name, static_folder=None, template_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = max_body
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    app.before_request(_readable_query)
    app.register_blueprint(static_blueprint(TEMPLATES / "static", production=secure))
    return app


def finish_each(
    app: Flask, *, secure: bool, also: Callable[[Response], object] = lambda response: None
) -> None:
    """Every response carries the common headers, then what `also` adds, and is logged."""

    @app.after_request
    def finish(response: Response) -> Response:
        common(response, production=secure)
        also(response)
        _log.info(
            "request",
            extra={
                "method": request.method,
                # The route, never the path: its parts are secrets, or whatever somebody typed.
                "route": request.url_rule.rule if request.url_rule else None,
                "status": response.status_code,
            },
        )
        return response


def _readable_query() -> None:
    """Refuse a query of raw bytes (RFC 3986 §3.4 has none) before anybody stumbles over it."""
    if not request.query_string.isascii():
        raise IdpError("invalid_request", 400, detail="raw bytes in the query")
