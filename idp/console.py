"""The console's application, on a listener of its own: its pages, and nothing of the provider.

Owns: which of the console's blueprints is mounted, its host, cookies and headers.
Does not own: any page's content, any service.
May import: app, wiring, the rooms' views, audit's events, web, settings, kernel.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, Flask, Request, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

from idp.admin.messages import CONSOLE_MESSAGES
from idp.admin.views.coverage import blueprint as coverage_blueprint
from idp.admin.views.entrance import blueprint as entrance_blueprint
from idp.admin.views.gate import BROWSER, Gate
from idp.admin.views.menu import HOME
from idp.admin.views.now import blueprint as now_blueprint
from idp.admin.views.own import blueprint as own_blueprint
from idp.admin.views.setup import blueprint as setup_blueprint
from idp.app import log_request, readable_query, served
from idp.audit.events import AuditEvent
from idp.kernel.errors import IdpError
from idp.kernel.ids import derive_key
from idp.settings import Settings
from idp.web.browser import Browser
from idp.web.client_address import ClientAddress
from idp.web.cookies import Cookies
from idp.web.csrf import Csrf
from idp.web.errors import register_errors
from idp.web.headers import common
from idp.web.health import blueprint as health_blueprint
from idp.web.i18n import Languages
from idp.web.redirects import see_other
from idp.web.render import HelpDesk, Pages
from idp.web.static import blueprint as static_blueprint
from idp.wiring import TEMPLATES, Services

MAX_BODY = 65_536
# Asked by whoever watches over the process, at its address rather than by its name.
_HEALTH = ("/healthz", "/readyz")


def create_console(settings: Settings, services: Services) -> Flask:
    """The Flask application over these services; starts nothing in the background."""
    app = Flask("idp.console", static_folder=None, template_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    url = urlsplit(settings.console_url)
    # By an SSH tunnel it is plain http at localhost, in production too.
    secure = url.scheme == "https"
    cookies = Cookies(production=secure)
    browser = Browser(cookies=cookies, random=services.random, name=BROWSER)
    addresses = ClientAddress()

    def form_refused(request: Request, reason: str) -> None:
        services.noted.note(
            AuditEvent.CSRF_FAILED,
            addresses.prefix(request),
            endpoint=str(request.endpoint),
            reason=reason,
        )

    csrf = Csrf(
        derive_key(settings.secret_key, "admin-csrf"),
        issuer=settings.console_url,
        refused=form_refused,
    )
    pages = Pages(
        TEMPLATES,
        locales=TEMPLATES.parent / "locales",
        languages=Languages(cookies),
        help_desk=HelpDesk(settings.help_desk_phone, settings.help_desk_email),
        browser=browser,
        csrf=csrf,
        production=secure,
        layout="consola/base.html",
        messages=CONSOLE_MESSAGES,
        help_url=f"{settings.issuer}/ayuda",
    )
    gate = Gate(
        sessions=services.console.sessions,
        pages=pages,
        cookies=cookies,
        browser=browser,
        csrf=csrf,
        addresses=addresses,
    )

    def own_host() -> None:
        """Answer by the console's own name alone: no page of another host may pass for it."""
        if request.path not in _HEALTH and request.host != url.netloc:
            raise IdpError("console_elsewhere", 421)

    register_errors(app, pages, is_api=lambda path: path in _HEALTH, production=secure)
    app.before_request(readable_query)
    app.before_request(own_host)
    app.register_blueprint(static_blueprint(TEMPLATES / "static", production=secure))
    for blueprint in _pages(services, gate):
        app.register_blueprint(blueprint)
    app.register_blueprint(
        health_blueprint(
            {"redis": services.redis.ping, "sql": services.database.ready},
            {"flags": lambda: services.upstream_status.loaded},
        )
    )
    app.add_url_rule("/", "front", lambda: see_other(HOME))

    @app.after_request
    def finish(response: Response) -> Response:
        common(response, production=secure)
        return log_request(response)

    return app


def _pages(services: Services, gate: Gate) -> list[Blueprint]:
    console = services.console
    return [
        entrance_blueprint(entrance=console.entrance, sessions=console.sessions, gate=gate),
        setup_blueprint(
            enrolment=console.enrolment,
            entrance=console.entrance,
            limits=services.limits,
            gate=gate,
        ),
        own_blueprint(own=console.own, sessions=console.sessions, gate=gate),
        now_blueprint(now=console.now, clock=services.clock, gate=gate),
        coverage_blueprint(board=console.coverage, gate=gate),
    ]


def application() -> Flask:
    """The application of the console's process: checked, with its watchers running.

    Ends the process with every problem of the environment and of what it names.
    """
    return served(create_console)
