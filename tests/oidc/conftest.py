"""One set of keys and one empty database for the room; each test gets a world of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from relying_party import RelyingParty

from idp.adapters.sql.database import Database
from idp.kernel.clock import FixedClock
from idp.signing.generate import ensure_generated
from tests.support.world import START, World, build_world


@pytest.fixture(scope="session")
def prepared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """RSA keys and migrations take long: made once, copied for each test."""
    folder = tmp_path_factory.mktemp("oidc")
    ensure_generated(folder / "keys", clock=FixedClock(START))
    database = Database(f"sqlite:///{folder / 'idp.sqlite3'}")
    database.upgrade()
    database.close()
    return folder


@pytest.fixture
def folder(prepared_folder: Path, tmp_path: Path) -> Path:
    """A copy of the prepared folder."""
    return Path(shutil.copytree(prepared_folder, tmp_path / "world"))


@pytest.fixture
def world(folder: Path, valkey: str) -> Iterator[World]:
    """The whole provider, empty."""
    world = build_world(folder, valkey)
    yield world
    world.services.stop()


@pytest.fixture
def mr(world: World) -> RelyingParty:
    """The confidential component `mr` with a person who is logged in at its browser."""
    return RelyingParty.logged_in(world)
