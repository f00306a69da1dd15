"""The provider is built once for the room (keys take long); each test finds it empty."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from relying_party import RelyingParty

from idp.upstream_status.state import FlagState
from tests.support.servers import OwnValkey
from tests.support.world import START, World, build_world


@pytest.fixture(scope="session")
def running_world(
    tmp_path_factory: pytest.TempPathFactory, valkey_server: OwnValkey
) -> Iterator[World]:
    """The whole provider of this test process."""
    world = build_world(tmp_path_factory.mktemp("oidc"), valkey_server.url)
    yield world
    world.services.stop()


@pytest.fixture
def world(running_world: World, valkey: str) -> World:
    """The provider with an empty Valkey, at the same hour, with no flag; only people stay."""
    clock = running_world.clock
    clock.advance((START - clock.now()).total_seconds())
    status = running_world.services.upstream_status
    for realm in ("sol", "extranet"):
        flag = status.flag(realm)
        if flag is not None and flag.state is not FlagState.AUTO:
            status.set(realm, FlagState.AUTO, reason="otra prueba", who="prueba")
    return running_world


@pytest.fixture
def mr(world: World) -> RelyingParty:
    """The confidential component `mr` with a person who is logged in at its browser."""
    return RelyingParty.logged_in(world)
