"""What programs speak: OpenID Connect, SCIM, health; and the two pages that are part of a protocol.

May import: wiring, the rooms' views, settings, web.
"""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Flask, request

from idp.app.front import Front, finish_each
from idp.oidc.dpop import ALGORITHMS as DPOP_ALGORITHMS
from idp.oidc.views import api, authorize, logout, userinfo
from idp.scim.views import PREFIX as SCIM
from idp.scim.views import blueprint as scim_blueprint
from idp.settings import Settings
from idp.web.bearer import Challenges
from idp.web.health import blueprint as health_blueprint
from idp.wiring import Services
from idp.wiring.scim import scim

_PATHS = (*api.PATHS, f"{SCIM}/", "/healthz", "/readyz", "/status.")


def is_api(path: str) -> bool:
    """Whether a program rather than a person reads what this path answers."""
    return path.startswith(_PATHS)


def blueprints(settings: Settings, services: Services, front: Front) -> Iterator[Blueprint]:
    """Every endpoint of the discovery document, SCIM's, and the process's own health."""
    provider, logins = services.provider, services.logins
    yield api.blueprint(
        server=provider.server,
        par=provider.par,
        keyring=services.keyring,
        client_address=front.addresses,
        issuer=settings.issuer,
    )
    challenges = Challenges(DPOP_ALGORITHMS)
    yield userinfo.blueprint(
        userinfo=provider.userinfo, challenges=challenges, issuer=settings.issuer
    )
    yield _scim(settings, services, challenges)
    yield authorize.blueprint(
        authorization=provider.authorization,
        transactions=logins.transactions,
        sessions=logins.sessions,
        pages=front.pages,
        cookies=front.cookies,
        browser=front.browser,
        client_address=front.addresses,
        issuer=settings.issuer,
    )
    yield logout.blueprint(
        logout=provider.logout,
        sessions=logins.sessions,
        audit=services.audit,
        stream=services.audit_stream,
        pages=front.pages,
        cookies=front.cookies,
        browser=front.browser,
        csrf=front.csrf,
        issuer=settings.issuer,
        sunat_logout_url=settings.sunat_logout_url,
    )
    yield health(services)


def _scim(settings: Settings, services: Services, challenges: Challenges) -> Blueprint:
    behind = scim(services, SCIM)
    return scim_blueprint(
        users=behind.users,
        searches=behind.searches,
        bulk=behind.bulk,
        discovery=behind.discovery,
        tokens=services.provider.service_tokens,
        clients=services.clients,
        limits=services.limits,
        challenges=challenges,
        issuer=settings.issuer,
    )


def health(services: Services) -> Blueprint:
    """Whether this process is alive, and ready."""
    return health_blueprint(
        {"redis": services.redis.ping, "sql": services.database.ready},
        # Before the flags were read once, nobody knows where to send people.
        {"flags": lambda: services.upstream_status.loaded},
    )


def finish_each_with_cors(app: Flask, services: Services, *, secure: bool) -> None:
    """Every response is finished; components' own pages may read the endpoints meant for them."""
    finish_each(
        app,
        secure=secure,
        also=lambda response: api.cors(
            response,
            path=request.path,
            origin=request.headers.get("Origin"),
            allowed=(one for client in services.clients.all() for one in client.allowed_origins),
        ),
    )
