"""The whole provider with a real Valkey, a real SMTP server and the queue's own worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from account_desk import Desk

from idp.adapters.redis.connection import RedisGateway
from tests.mail.smtp_server import Behaviour, SmtpServer
from tests.support.world import build_world


@pytest.fixture
def smtp() -> Iterator[tuple[Behaviour, str]]:
    behaviour = Behaviour()
    with SmtpServer(behaviour) as server:
        yield behaviour, f"smtp://127.0.0.1:{server.port}"


@pytest.fixture
def desk(tmp_path: Path, valkey: str, smtp: tuple[Behaviour, str]) -> Iterator[Desk]:
    gateway = RedisGateway(valkey)
    gateway.client.flushall()
    gateway.close()
    world = build_world(tmp_path, valkey, smtp_url=smtp[1])
    yield Desk(world, smtp[0])
    world.services.redis.close()
    world.services.database.close()
