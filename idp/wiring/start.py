"""What one command checks before anything starts."""

from __future__ import annotations

from urllib.parse import urlsplit

from idp.adapters.redis.connection import RedisGateway
from idp.adapters.sql.database import Database
from idp.clients.registry import ClientRegistry, ClientsFileError
from idp.kernel.clock import SystemClock
from idp.kernel.errors import Unavailable
from idp.settings import Settings
from idp.signing.keyring import Keyring
from idp.signing.store import KeyringError


def upstream_origins(settings: Settings) -> tuple[str, ...]:
    """Scheme, host and port of each upstream: where a form of ours may lead by redirect."""
    parts = [urlsplit(one.base_url) for one in settings.upstreams]
    return tuple(dict.fromkeys(f"{one.scheme}://{one.netloc}" for one in parts))


def start_problems(settings: Settings) -> list[str]:
    """Everything beyond the environment that would keep the provider from serving, a line each."""
    problems: list[str] = []
    realms = tuple(one.realm for one in settings.upstreams)
    needed: dict[str, str] = {}
    try:
        clients = ClientRegistry(
            settings.clients_file, realms=realms, production=settings.production
        )
        needed = {one.id_token_signed_response_alg: one.client_id for one in clients.all()}
    except ClientsFileError as error:
        problems.extend(str(one) for one in error.problems)
    try:
        algorithms = Keyring.load(settings.keys_dir, clock=SystemClock()).algorithms
        problems.extend(
            f"IDP_KEYS_DIR: no {alg} key, which {client_id} needs"
            for alg, client_id in needed.items()
            if alg not in algorithms
        )
    except KeyringError as error:
        problems.extend(str(one) for one in error.problems)
    try:
        RedisGateway(settings.redis_url).ping()
    except (Unavailable, ValueError) as error:
        problems.append(f"IDP_REDIS_URL: {error}")
    try:
        current, newest = Database(settings.database_url).revision()
        if current != newest:
            problems.append(
                f"IDP_DATABASE_URL: the schema is at {current or 'nothing'}, not at {newest}; "
                "run `idp db upgrade`"
            )
    except (Unavailable, ValueError) as error:
        problems.append(f"IDP_DATABASE_URL: {error}")
    return problems
