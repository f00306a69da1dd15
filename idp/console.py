"""The console's application, on a listener of its own: its pages, and nothing of the provider.

Owns: which of the console's blueprints is mounted, its host, cookies and headers.
Does not own: any page's content, any service.
May import: app, wiring, the rooms' views, oidc's algorithms, adapters.telemetry, web, settings,
kernel.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, Flask, request

from idp.adapters.pdf.paper import pdf_of
from idp.adapters.telemetry.metrics import CONTENT_TYPE, exposition
from idp.admin.api.operations import PREFIX as API
from idp.admin.messages import CONSOLE_MESSAGES
from idp.admin.views.api import answer_error
from idp.admin.views.api import blueprint as api_blueprint
from idp.admin.views.audit import blueprint as audit_blueprint
from idp.admin.views.coverage import blueprint as coverage_blueprint
from idp.admin.views.entrance import blueprint as entrance_blueprint
from idp.admin.views.figures import blueprint as figures_blueprint
from idp.admin.views.gate import BROWSER, Gate
from idp.admin.views.menu import HOME
from idp.admin.views.metrics import PATH as METRICS
from idp.admin.views.metrics import blueprint as metrics_blueprint
from idp.admin.views.now import blueprint as now_blueprint
from idp.admin.views.own import blueprint as own_blueprint
from idp.admin.views.people import blueprint as people_blueprint
from idp.admin.views.readings import blueprint as readings_blueprint
from idp.admin.views.setup import blueprint as setup_blueprint
from idp.admin.views.switch_drills import blueprint as drills_blueprint
from idp.admin.views.switch_flip import blueprint as flip_blueprint
from idp.admin.views.switch_history import blueprint as history_blueprint
from idp.admin.views.switch_report import blueprint as report_blueprint
from idp.admin.views.switch_requests import blueprint as requests_blueprint
from idp.admin.views.switch_windows import blueprint as windows_blueprint
from idp.app.front import Face, bare, finish_each, front
from idp.app.process import served
from idp.app.protocol import health
from idp.kernel.errors import IdpError
from idp.oidc.dpop import ALGORITHMS as DPOP_ALGORITHMS
from idp.settings import Settings
from idp.web.bearer import Challenges
from idp.web.errors import register_errors
from idp.web.redirects import see_other
from idp.wiring import Services
from idp.wiring.api import api

MAX_BODY = 65_536
# Asked by whoever watches over the process, at its address rather than by its name.
_BY_ADDRESS = ("/healthz", "/readyz", METRICS)


def create_console(settings: Settings, services: Services) -> Flask:
    """The Flask application over these services; starts nothing in the background."""
    url = urlsplit(settings.console_url)
    # By an SSH tunnel it is plain http at localhost, in production too.
    secure = url.scheme == "https"
    app = bare("idp.console", settings, max_body=MAX_BODY, secure=secure)
    face = Face(
        origin=settings.console_url,
        secure=secure,
        csrf="admin-csrf",
        browser=BROWSER,
        layout="consola/base.html",
        messages=CONSOLE_MESSAGES,
        help_url=f"{settings.issuer}/ayuda",
    )
    tools = front(settings, services, face)
    gate = Gate(
        sessions=services.console.sessions,
        pages=tools.pages,
        cookies=tools.cookies,
        browser=tools.browser,
        csrf=tools.csrf,
        addresses=tools.addresses,
        alerts=services.console.now.alerts,
    )

    def own_host() -> None:
        """Answer by the console's own name alone: no page of another host may pass for it."""
        if request.path not in _BY_ADDRESS and request.host != url.netloc:
            raise IdpError("console_elsewhere", 421)

    register_errors(
        app,
        tools.pages,
        is_api=lambda path: path in _BY_ADDRESS,
        production=secure,
        writers={f"{API}/": answer_error},
    )
    app.before_request(own_host)
    for blueprint in (
        *_pages(services, gate),
        *_for_programs(settings, services),
        health(services),
    ):
        app.register_blueprint(blueprint)
    app.add_url_rule("/", "front", lambda: see_other(HOME))
    finish_each(app, secure=secure)
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
        *_switch_pages(services, gate),
        coverage_blueprint(board=console.coverage, gate=gate),
        people_blueprint(
            lookups=console.people.lookups,
            cards=console.people.cards,
            requests=console.people.requests,
            callers=console.people.callers,
            resend=console.people.resend,
            gate=gate,
        ),
        figures_blueprint(mail=console.mail, live=console.live, clock=services.clock, gate=gate),
        readings_blueprint(
            components=console.components,
            keys=console.keys,
            desk=console.desk,
            clock=services.clock,
            gate=gate,
        ),
        audit_blueprint(search=console.audit, realms=console.coverage.realms, gate=gate),
    ]


def _for_programs(settings: Settings, services: Services) -> list[Blueprint]:
    behind = api(services)
    tokens, challenges = services.provider.service_tokens, Challenges(DPOP_ALGORITHMS)
    return [
        api_blueprint(
            handlers=behind.handlers,
            tokens=tokens,
            limits=services.limits,
            challenges=challenges,
            console=settings.console_url,
            issuer=settings.issuer,
        ),
        metrics_blueprint(
            metrics=behind.metrics,
            write=exposition,
            content_type=CONTENT_TYPE,
            tokens=tokens,
            limits=services.limits,
            challenges=challenges,
            console=settings.console_url,
            allow=settings.metrics_allow,
            proxies=settings.trusted_proxies,
        ),
    ]


def _switch_pages(services: Services, gate: Gate) -> list[Blueprint]:
    now, clock, switch = services.console.now, services.clock, services.switch
    pages = services.console_switch
    return [
        now_blueprint(
            now=now,
            logins=pages.logins,
            probes=pages.probes,
            previews=pages.previews,
            transitions=switch.transitions,
            switchboard=switch.switchboard,
            clock=clock,
            gate=gate,
        ),
        flip_blueprint(
            status=switch.status,
            switchboard=switch.switchboard,
            now=now,
            previews=pages.previews,
            clock=clock,
            gate=gate,
        ),
        requests_blueprint(requests=switch.requests, now=now, clock=clock, gate=gate),
        windows_blueprint(windows=switch.windows, now=now, clock=clock, gate=gate),
        drills_blueprint(
            drills=services.drills,
            clients=services.clients.all,
            now=now,
            clock=clock,
            gate=gate,
        ),
        report_blueprint(
            incidents=switch.incidents,
            documents=services.documents,
            pdf=pdf_of,
            names=lambda: {one.client_id: one.client_name for one in services.clients.all()},
            now=now,
            gate=gate,
        ),
        history_blueprint(
            transitions=switch.transitions, said=pages.said, now=now, clock=clock, gate=gate
        ),
    ]


def application() -> Flask:
    """The application of the console's process: checked, with its watchers running.

    Ends the process with every problem of the environment and of what it names.
    """
    return served(create_console)
