"""A real Valkey, a real database, and the world on top of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from contingency_world import TEMPLATES, World

from idp.adapters.redis.connection import RedisGateway
from idp.adapters.sql.database import Database


@pytest.fixture
def database(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Database]:
    shutil.copyfile(migrated_sqlite, tmp_path / "idp.sqlite3")
    database = Database(f"sqlite:///{tmp_path}/idp.sqlite3")
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
