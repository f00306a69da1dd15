"""The console's application, made once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from api_desk import CLIENTS, Program
from calls import Calls
from console_desk import ConsoleClient, Desk
from flask import Flask

from idp.console import create_console
from idp.upstream_status.state import FlagState, Policy
from tests.support.servers import OwnValkey
from tests.support.world import World, build_world


@pytest.fixture(scope="session")
def console_app(running_world: World) -> Flask:
    app = create_console(running_world.settings, running_world.services)
    app.test_client_class = ConsoleClient
    return app


@pytest.fixture
def desk(world: World, console_app: Flask) -> Desk:
    return Desk(world, console_app)


@pytest.fixture
def calls(desk: Desk) -> Calls:
    return Calls(desk)


@pytest.fixture
def world_environment(running_world: World, valkey: str, tmp_path: Path) -> dict[str, str]:
    """What a command needs to know: keys and clients of the world, on a database of its own."""
    settings = running_world.settings
    found = {
        "ENV": "development", "ISSUER": settings.issuer, "SECRET_KEY": settings.secret_key,
        "DATABASE_URL": f"sqlite:///{tmp_path / 'idp.sqlite3'}", "REDIS_URL": valkey,
        "CLIENTS_FILE": str(settings.clients_file), "KEYS_DIR": str(settings.keys_dir),
        "SMTP_URL": settings.smtp_url, "MAIL_FROM": settings.mail_from,
        "SOL_BASE_URL": "http://localhost:9100", "SOL_CLIENT_ID": "v", "SOL_CLIENT_SECRET": "s",
        "EXTRANET_BASE_URL": "http://localhost:9100", "EXTRANET_CLIENT_ID": "v",
        "EXTRANET_CLIENT_SECRET": "s",
    }  # fmt: skip
    return {f"IDP_{name}": value for name, value in found.items()}


@pytest.fixture(scope="session")
def api_world(
    tmp_path_factory: pytest.TempPathFactory, valkey_server: OwnValkey
) -> Iterator[World]:
    """A provider that programs watch over: what they change stays, in a database of its own."""
    world = build_world(tmp_path_factory.mktemp("api"), valkey_server.url, clients=CLIENTS)
    yield world
    world.services.stop()


@pytest.fixture(scope="session")
def api_app(api_world: World) -> Flask:
    return create_console(api_world.settings, api_world.services)


@pytest.fixture
def programs(api_world: World, api_app: Flask, valkey: str) -> Callable[[str], Program]:
    """Programs by client_id, each hour anew, with the flags left to the evidence."""
    api_world.clock.advance(3_600)
    api_world.services.switch.requests.step()
    status = api_world.services.upstream_status
    for realm in status.realms:
        status.set(realm, FlagState.AUTO, reason="otra prueba", who="prueba")
        status.set_policy(realm, Policy.MANUAL, reason="otra prueba", who="prueba")
    return lambda client_id: Program(api_world, api_app, client_id)


@pytest.fixture
def watcher(programs: Callable[[str], Program]) -> Program:
    """It may look."""
    return programs("vigia")


@pytest.fixture
def switcher(programs: Callable[[str], Program]) -> Program:
    """It may look and change."""
    return programs("mando")
