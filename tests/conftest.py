"""Fixtures that every room may use: real servers, and no way out but loopback."""

from __future__ import annotations

import itertools
import os
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pytest_socket import socket_allow_hosts

from idp.adapters.redis.connection import RedisGateway
from idp.adapters.sql.database import Database
from idp.kernel.clock import FixedClock
from idp.kernel.random import SeededRandom
from idp.upstream_status.state import FlagState
from tests.support.browser import HOW_TO, find_browser
from tests.support.servers import OwnValkey, postgres_binaries, postgres_cluster
from tests.support.world import START, World, build_world

_COUNTER = itertools.count()
_CI = bool(os.environ.get("CI"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without a browser its tests are listed as not run; in CI they fail instead."""
    marked = [item for item in items if item.get_closest_marker("browser")]
    if not marked or _CI or find_browser() is not None:
        return
    config.hook.pytest_deselected(items=marked)
    items[:] = [item for item in items if item not in marked]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List what could not run on this machine."""
    if not _CI and postgres_binaries() is None:
        terminalreporter.line("not run on PostgreSQL, which is not installed (Debian: postgresql)")
    if _CI or find_browser() is not None:
        return
    terminalreporter.section(f"browser tests not run: there is no browser. {HOW_TO}")
    for file in sorted((Path(__file__).parent / "browser").glob("test_*.py")):
        for name in re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE):
            terminalreporter.line(f"not run: {file.name}::{name}")


@pytest.fixture(autouse=True)
def _only_loopback() -> None:
    """Sockets reach this machine only."""
    socket_allow_hosts(["127.0.0.0/8", "127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture(autouse=True)
def _as_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands are somebody's, whoever runs the tests; what root must say has tests of its own."""
    monkeypatch.setattr("idp.cli.context.is_root", lambda: False)


@pytest.fixture
def clock() -> FixedClock:
    """A clock that a test moves."""
    return FixedClock(datetime(2026, 11, 23, 15, 0, 0, 250_000, tzinfo=UTC))


@pytest.fixture
def random() -> SeededRandom:
    """Repeatable randomness."""
    return SeededRandom(1)


@pytest.fixture(scope="session")
def valkey_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnValkey]:
    """One Valkey for a test process."""
    server = OwnValkey(tmp_path_factory.mktemp("v"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def valkey(valkey_server: OwnValkey) -> str:
    """The URL of an empty Valkey."""
    import redis

    with redis.Redis.from_url(valkey_server.url) as client:
        client.flushall()
    return valkey_server.url


@pytest.fixture(scope="module")
def module_valkey(valkey_server: OwnValkey) -> str:
    """The URL of a Valkey that was empty when the module began."""
    import redis

    with redis.Redis.from_url(valkey_server.url) as client:
        client.flushall()
    return valkey_server.url


@pytest.fixture
def gateway(valkey: str) -> Iterator[RedisGateway]:
    """A pool of connections to an empty Valkey."""
    found = RedisGateway(valkey)
    yield found
    found.close()


@pytest.fixture
def own_valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnValkey]:
    """A Valkey that the test may stop and start."""
    server = OwnValkey(tmp_path_factory.mktemp("ov"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres_folder() -> Iterator[Path]:
    """The socket folder of a running PostgreSQL cluster."""
    binaries = postgres_binaries()
    assert binaries is not None, "PostgreSQL is not installed (on Debian: postgresql)"
    with postgres_cluster(binaries) as folder:
        yield folder


def _database_kinds() -> list[str]:
    return ["sqlite", "postgresql"] if _CI or postgres_binaries() else ["sqlite"]


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file at the newest revision, to be copied: to migrate takes a hundred times as long."""
    path = tmp_path_factory.mktemp("migrated") / "migrated.sqlite3"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres_folder: Path) -> str:
    """The name of a database at the newest revision, the template of others."""
    with _postgres(postgres_folder) as one:
        one.execute("CREATE DATABASE migrated")
    _migrate(f"postgresql+psycopg://test@/migrated?host={postgres_folder}")
    return "migrated"


@pytest.fixture(params=_database_kinds())
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of each kind that the provider runs on: empty, or at the newest revision for a
    test that has the fixture `database`.
    """
    filled = "database" in request.fixturenames
    if request.param == "sqlite":
        path = tmp_path / "test.sqlite3"
        if filled:
            shutil.copyfile(request.getfixturevalue("migrated_sqlite"), path)
        yield f"sqlite:///{path}"
        return
    folder: Path = request.getfixturevalue("postgres_folder")
    template = request.getfixturevalue("migrated_postgres") if filled else "template1"
    name = f"test{next(_COUNTER)}"
    with _postgres(folder) as one:
        one.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield f"postgresql+psycopg://test@/{name}?host={folder}"
    with _postgres(folder) as one:
        one.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _postgres(folder: Path) -> Any:
    import psycopg

    return psycopg.connect(host=str(folder), user="test", dbname="postgres", autocommit=True)


def _migrate(url: str) -> None:
    database = Database(url)
    database.upgrade()
    database.close()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database of each kind, at its newest revision."""
    found = Database(database_url)
    yield found
    found.close()


@pytest.fixture(scope="session")
def running_world(
    tmp_path_factory: pytest.TempPathFactory, valkey_server: OwnValkey
) -> Iterator[World]:
    """The whole provider of this test process: built once, since its keys take long."""
    world = build_world(tmp_path_factory.mktemp("world"), valkey_server.url)
    yield world
    world.services.stop()


@pytest.fixture
def world(running_world: World, valkey: str) -> World:
    """The provider with an empty Valkey, at the same hour, with SUNAT up; only people stay."""
    clock = running_world.clock
    clock.advance((START - clock.now()).total_seconds())
    status = running_world.services.upstream_status
    for realm in ("sol", "extranet"):
        flag = status.flag(realm)
        if flag is not None and flag.state is not FlagState.AUTO:
            status.set(realm, FlagState.AUTO, reason="otra prueba", who="prueba")
    running_world.end_drills()
    return running_world
