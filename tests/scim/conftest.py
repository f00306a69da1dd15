"""A provider in front of VUCE's own system: clients that read, write, and are told of changes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from scim_systems import CLIENTS, System

from tests.support.servers import OwnValkey
from tests.support.world import World, build_world


def built(folder: Path, keys: Path, valkey_url: str) -> World:
    """A provider on a database of its own, with keys that are there already."""
    shutil.copytree(keys, folder / "keys")
    return build_world(folder, valkey_url, clients=CLIENTS)


@pytest.fixture(scope="session")
def scim_world(
    tmp_path_factory: pytest.TempPathFactory, running_world: World, valkey_server: OwnValkey
) -> Iterator[World]:
    """One for all of these tests: its people stay."""
    keys = running_world.settings.keys_dir
    world = built(tmp_path_factory.mktemp("scim"), keys, valkey_server.url)
    yield world
    world.services.stop()


@pytest.fixture
def provider(scim_world: World) -> World:
    """At an hour of its own: what changed in the test before is long ago."""
    scim_world.clock.advance(3_600)
    return scim_world


@pytest.fixture
def unpeopled(tmp_path: Path, running_world: World, valkey: str) -> Iterator[World]:
    """A provider that knows nobody yet."""
    world = built(tmp_path, running_world.settings.keys_dir, valkey)
    yield world
    world.services.stop()


@pytest.fixture
def vuce(provider: World) -> System:
    """A system that reads and writes; the person has the last word."""
    return System(provider, "vuce")


@pytest.fixture
def reader(provider: World) -> System:
    """One that may only read."""
    return System(provider, "lector")


@pytest.fixture
def manda(provider: World) -> System:
    """One that has the last word, and is believed when it says who logged in."""
    return System(provider, "manda")
