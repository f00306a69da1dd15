"""The provider is built once for the room (keys take long); each test finds it empty."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from idp.upstream_status.state import FlagState
from tests.support.servers import OwnValkey
from tests.support.world import START, World, build_world


@pytest.fixture(scope="session")
def running_world(
    tmp_path_factory: pytest.TempPathFactory, valkey_server: OwnValkey
) -> Iterator[World]:
    """The whole provider of this test process."""
    world = build_world(tmp_path_factory.mktemp("login"), valkey_server.url)
    yield world
    world.services.stop()


@pytest.fixture
def world(running_world: World, valkey: str) -> World:
    """The provider with an empty Valkey, at the same hour, with SUNAT up."""
    clock = running_world.clock
    clock.advance((START - clock.now()).total_seconds())
    status = running_world.services.upstream_status
    for realm in ("sol", "extranet"):
        if not status.up(realm):
            status.set(realm, FlagState.AUTO, reason="otra prueba", who="prueba")
    return running_world
