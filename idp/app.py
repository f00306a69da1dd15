"""The web application: blueprints with their narrow arguments, error pages, headers.

Owns: which blueprint is mounted, and what every response carries.
Does not own: any page's content, any service.
May import: wiring, the rooms' views, audit's events, adapters.telemetry, web, settings, kernel.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator

from flask import Blueprint, Flask, Request, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

from idp.account.access_views import blueprint as access_blueprint
from idp.account.data_views import blueprint as data_blueprint
from idp.account.nudge_views import blueprint as nudge_blueprint
from idp.account.onward_views import Onward
from idp.account.onward_views import blueprint as onward_blueprint
from idp.account.views import blueprint as account_blueprint
from idp.account.ways_back import WaysBack
from idp.adapters.telemetry.log import configure_logging
from idp.audit.events import AuditEvent
from idp.captcha.vendors import owner
from idp.contingency.link_views import blueprint as link_blueprint
from idp.contingency.views import blueprint as contingency_blueprint
from idp.federation.views import blueprint as federation_blueprint
from idp.help.built import look
from idp.help.manual import facts, read_manual
from idp.help.views import blueprint as help_blueprint
from idp.kernel.errors import IdpError, StartError
from idp.kernel.ids import derive_key
from idp.login.views import blueprint as login_blueprint
from idp.oidc.dpop import ALGORITHMS as DPOP_ALGORITHMS
from idp.oidc.views import api, authorize, logout, userinfo
from idp.scim.views import PREFIX as SCIM
from idp.scim.views import answer_error
from idp.scim.views import blueprint as scim_blueprint
from idp.settings import Settings, load
from idp.web.bearer import Challenges
from idp.web.browser import Browser
from idp.web.client_address import ClientAddress
from idp.web.cookies import Cookies
from idp.web.csrf import Csrf
from idp.web.errors import register_errors
from idp.web.headers import common
from idp.web.health import blueprint as health_blueprint
from idp.web.i18n import REMEMBERED, Languages
from idp.web.plain import blueprint as plain_blueprint
from idp.web.render import HelpDesk, Pages
from idp.web.static import blueprint as static_blueprint
from idp.wiring import (
    STEP_URLS,
    TEMPLATES,
    Hangup,
    Services,
    build_services,
    page_problems,
    upstream_origins,
)
from idp.wiring.scim import scim

MAX_BODY = 262_144
_API_PATHS = (*api.PATHS, f"{SCIM}/", "/healthz", "/readyz")
_log = logging.getLogger("idp.access")


def is_api(path: str) -> bool:
    """Whether a program rather than a person reads what this path answers."""
    return path.startswith(_API_PATHS)


def create_app(settings: Settings, services: Services) -> Flask:
    """The Flask application over these services; starts nothing in the background."""
    app = Flask("idp", static_folder=None, template_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]

    cookies = Cookies(production=settings.production)
    browser = Browser(cookies=cookies, random=services.random)
    client_address = ClientAddress()
    languages = Languages(cookies)

    def form_refused(request: Request, reason: str) -> None:
        services.noted.note(
            AuditEvent.CSRF_FAILED,
            client_address.prefix(request),
            endpoint=str(request.endpoint),
            reason=reason,
        )

    csrf = Csrf(
        derive_key(settings.secret_key, "csrf"), issuer=settings.issuer, refused=form_refused
    )
    pages = Pages(
        TEMPLATES,
        locales=TEMPLATES.parent / "locales",
        languages=languages,
        help_desk=HelpDesk(settings.help_desk_phone, settings.help_desk_email),
        browser=browser,
        csrf=csrf,
        production=settings.production,
    )
    register_errors(
        app,
        pages,
        is_api=is_api,
        production=settings.production,
        writers={f"{SCIM}/": answer_error},
    )
    app.before_request(readable_query)
    app.register_blueprint(static_blueprint(TEMPLATES / "static", production=settings.production))
    app.register_blueprint(
        api.blueprint(
            server=services.provider.server,
            par=services.provider.par,
            keyring=services.keyring,
            client_address=client_address,
            issuer=settings.issuer,
        )
    )
    challenges = Challenges(DPOP_ALGORITHMS)
    app.register_blueprint(
        userinfo.blueprint(
            userinfo=services.provider.userinfo, challenges=challenges, issuer=settings.issuer
        )
    )
    app.register_blueprint(_scim(services, challenges))
    app.register_blueprint(
        authorize.blueprint(
            authorization=services.provider.authorization,
            transactions=services.logins.transactions,
            sessions=services.logins.sessions,
            pages=pages,
            cookies=cookies,
            browser=browser,
            client_address=client_address,
            issuer=settings.issuer,
        )
    )
    app.register_blueprint(
        logout.blueprint(
            logout=services.provider.logout,
            sessions=services.logins.sessions,
            audit=services.audit,
            stream=services.audit_stream,
            pages=pages,
            cookies=cookies,
            browser=browser,
            csrf=csrf,
            issuer=settings.issuer,
            sunat_logout_url=settings.sunat_logout_url,
        )
    )
    app.register_blueprint(
        login_blueprint(
            logins=services.logins,
            audit=services.audit,
            pages=pages,
            cookies=cookies,
            browser=browser,
            csrf=csrf,
            languages=languages,
            step_urls=STEP_URLS,
            upstream_origins=upstream_origins(settings),
            realm_labels={one.realm: one.label for one in settings.upstreams},
        )
    )
    app.register_blueprint(
        federation_blueprint(
            federation=services.federation,
            logins=services.logins,
            pages=pages,
            cookies=cookies,
            browser=browser,
            limits=services.limits,
            addresses=client_address,
            known_browser_ttl=settings.known_browser_ttl,
        )
    )
    app.register_blueprint(
        contingency_blueprint(
            contingency=services.contingency,
            languages=languages,
            waiting_room=services.waiting_room,
            sessions=services.logins.sessions,
            entry=services.entry,
            pages=pages,
            cookies=cookies,
            csrf=csrf,
            addresses=client_address,
            link_minutes=settings.link_ttl // 60,
        )
    )
    app.register_blueprint(
        link_blueprint(
            entry=services.entry,
            elsewhere=services.elsewhere,
            sessions=services.logins.sessions,
            pages=pages,
            cookies=cookies,
            browser=browser,
            csrf=csrf,
        )
    )
    for one in _account_pages(services, pages, cookies, browser, csrf, languages):
        app.register_blueprint(one)
    app.register_blueprint(_plain_pages(services, pages))
    app.register_blueprint(
        help_blueprint(
            pages=pages,
            manual=read_manual(TEMPLATES / "ayuda", facts(settings)),
            built=look(settings.manual_dir),
        )
    )
    app.register_blueprint(
        health_blueprint(
            {"redis": services.redis.ping, "sql": services.database.ready},
            # Before the flags were read once, nobody knows where to send people.
            {"flags": lambda: services.upstream_status.loaded},
        )
    )
    _after_each_request(app, services)
    return app


def readable_query() -> None:
    """Refuse a query of raw bytes (RFC 3986 §3.4 has none) before anybody stumbles over it."""
    if not request.query_string.isascii():
        raise IdpError("invalid_request", 400, detail="raw bytes in the query")


def _account_pages(
    services: Services,
    pages: Pages,
    cookies: Cookies,
    browser: Browser,
    csrf: Csrf,
    languages: Languages,
) -> Iterator[Blueprint]:
    """Everything under `/cuenta`."""
    logins = services.logins
    onward = Onward(ways=WaysBack(logins), cookies=cookies, browser=browser)
    yield onward_blueprint(onward=onward)
    yield nudge_blueprint(
        desk=services.nudge_desk,
        logins=logins,
        onward=onward,
        pages=pages,
        cookies=cookies,
        browser=browser,
        csrf=csrf,
    )
    yield account_blueprint(
        account=services.account,
        drafts=services.drafts,
        logins=logins,
        onward=onward,
        pages=pages,
        cookies=cookies,
        browser=browser,
        csrf=csrf,
        languages=languages,
        realm_labels={one.realm: one.label for one in services.settings.upstreams},
    )
    yield access_blueprint(
        desk=services.access_desk,
        logins=logins,
        pages=pages,
        cookies=cookies,
        browser=browser,
        csrf=csrf,
    )
    yield data_blueprint(
        own_data=services.own_data,
        documents=services.documents,
        logins=logins,
        pages=pages,
        cookies=cookies,
        browser=browser,
        csrf=csrf,
        languages=languages,
        contact=services.settings.privacy_email,
        production=services.settings.production,
    )


def _scim(services: Services, challenges: Challenges) -> Blueprint:
    behind = scim(services, SCIM)
    return scim_blueprint(
        users=behind.users,
        bulk=behind.bulk,
        discovery=behind.discovery,
        tokens=services.provider.service_tokens,
        clients=services.clients,
        limits=services.limits,
        challenges=challenges,
        issuer=services.settings.issuer,
    )


def _plain_pages(services: Services, pages: Pages) -> Blueprint:
    settings = services.settings
    return plain_blueprint(
        pages=pages,
        components=lambda: (
            (one.client_name, one.client_uri or one.initiate_login_uri)
            for one in services.clients.all()
            if not one.disabled
        ),
        privacy={
            "login_life": settings.transaction_touched_ttl,
            "link_life": settings.link_max_age,
            "session_life": settings.session_ttl,
            "browser_life": settings.known_browser_ttl,
            "language_life": REMEMBERED,
            "audit_life": settings.audit_retention,
            "uses_life": services.coverage.uses_kept,
            "campaign_life": services.campaigns.kept,
            "person_life": settings.person_retention,
            "unverified_life": settings.unverified_retention,
            "replaced_life": settings.replaced_retention,
            "spent_link_life": settings.spent_link_retention,
            "contact": settings.privacy_email,
            "captcha_owner": owner(settings.captcha),
        },
    )


def _after_each_request(app: Flask, services: Services) -> None:
    @app.after_request
    def finish(response: Response) -> Response:
        common(response, production=services.settings.production)
        api.cors(
            response,
            path=request.path,
            origin=request.headers.get("Origin"),
            allowed=(one for client in services.clients.all() for one in client.allowed_origins),
        )
        return log_request(response)


def log_request(response: Response) -> Response:
    """Log the request under way, with what it is answered; the response as it is."""
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


def application() -> Flask:
    """The application of a server process: checked, with its watchers running.

    Ends the process with every problem of the environment and of what it names.
    """
    return served(create_app, page_problems)


def served(
    create: Callable[[Settings, Services], Flask],
    problems_of: Callable[[Services], list[str]] = lambda services: [],
) -> Flask:
    """An application with everything that its process runs beside the requests.

    problems_of: files that it needs and that are not there. Ends the process with every problem.
    """
    hangup = Hangup() if threading.current_thread() is threading.main_thread() else None
    try:
        settings = load(os.environ)
        services = build_services(settings)
        problems = problems_of(services)
        if problems:
            raise StartError(problems)
    except StartError as error:
        sys.exit("\n".join(error.problems))
    configure_logging(settings.log_level, services.clock)
    services.start()
    if hangup is not None:
        hangup.hand_to(services.reloader)
    app = create(settings, services)
    logging.getLogger("idp").info(
        "server process ready",
        extra={"clients": len(services.clients.all()), "keys": len(services.keyring.keys)},
    )
    return app
