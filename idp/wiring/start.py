"""What one command checks before anything starts."""

from __future__ import annotations

from urllib.parse import urlsplit

from idp.adapters.redis.connection import RedisGateway
from idp.adapters.sql.database import Database
from idp.kernel.errors import StartError, Unavailable
from idp.settings import Settings
from idp.wiring.audit import audit_problems
from idp.wiring.base import Services
from idp.wiring.build import build_services
from idp.wiring.contingency import TEMPLATES


def upstream_origins(settings: Settings) -> tuple[str, ...]:
    """Scheme, host and port of each upstream: where a form of ours may lead by redirect."""
    parts = [urlsplit(one.base_url) for one in settings.upstreams]
    return tuple(dict.fromkeys(f"{one.scheme}://{one.netloc}" for one in parts))


def start_problems(settings: Settings) -> list[str]:
    """Everything beyond the environment that would keep the provider from serving, a line each."""
    problems: list[str] = []
    try:
        services = build_services(settings)
        problems.extend(page_problems(services))
        services.stop()
    except StartError as error:
        problems.extend(error.problems)
    problems.extend(audit_problems(settings))
    try:
        RedisGateway(settings.redis_url).ping()
    except Unavailable as error:
        problems.append(f"IDP_REDIS_URL: {error}")
    try:
        current, newest = Database(settings.database_url).revision()
        if current != newest:
            problems.append(
                f"IDP_DATABASE_URL: the schema is at {current or 'nothing'}, not at {newest}; "
                "run `idp db upgrade`"
            )
    except Unavailable as error:
        problems.append(f"IDP_DATABASE_URL: {error}")
    return problems


def page_problems(services: Services) -> list[str]:
    """Files that pages need and that are not there: they are installed, not committed."""
    return [
        f"templates/static/{name}: missing; run `python assets/install.py`"
        for name in services.contingency.assets
        if not (TEMPLATES / "static" / name).is_file()
    ]
