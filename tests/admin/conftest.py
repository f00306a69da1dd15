"""The console's application, made once."""

from __future__ import annotations

from pathlib import Path

import pytest
from calls import Calls
from console_desk import ConsoleClient, Desk
from flask import Flask

from idp.console import create_console
from tests.support.world import World


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
