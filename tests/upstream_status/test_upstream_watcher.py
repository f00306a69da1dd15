"""A flip anywhere is in force everywhere within a second, with Redis and without."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from idp.adapters.redis.connection import RedisGateway
from idp.adapters.redis.flags import CHANNEL, RedisFlagMessenger
from idp.adapters.sql.database import Database
from idp.upstream_status.service import UpstreamStatus
from idp.upstream_status.state import FlagState
from idp.upstream_status.watcher import FlagWatcher

Build = Callable[..., UpstreamStatus]

# Another process: says each state that it sees, with the moment, until its input ends.
WATCH = """
import sys, time
from idp.adapters.redis.connection import RedisGateway
from idp.adapters.redis.flags import RedisFlagMessenger
from idp.adapters.sql.audit import SqlAuditStore
from idp.adapters.sql.database import Database
from idp.adapters.sql.transitions import SqlTransitionStore
from idp.adapters.sql.upstream_status import SqlFlagStore
from idp.audit.log import Audit
from idp.kernel.clock import SystemClock
from idp.kernel.random import SystemRandom
from idp.kernel.events import EventBus, FlagChanged
from idp.upstream_status.service import UpstreamStatus
from idp.upstream_status.watcher import FlagWatcher
database, clock, events = Database(sys.argv[1]), SystemClock(), EventBus()
audit = Audit(store=SqlAuditStore(database), clock=clock, random=SystemRandom())
say = lambda event: print(event.realm, event.up, time.monotonic(), flush=True)
events.subscribe(FlagChanged, say)
messenger = RedisFlagMessenger(RedisGateway(sys.argv[2]))
status = UpstreamStatus(store=SqlFlagStore(database), uow=database, audit=audit, clock=clock,
                        transitions=SqlTransitionStore(database),
                        realms=("sol", "extranet"), messenger=messenger, events=events)
watcher = FlagWatcher(status=status, messenger=messenger)
watcher.start()
print("ready", flush=True)
sys.stdin.read()
watcher.stop()
"""


@contextmanager
def watching(*statuses: tuple[UpstreamStatus, Any]) -> Iterator[None]:
    watchers = [FlagWatcher(status=status, messenger=messenger) for status, messenger in statuses]
    for watcher in watchers:
        watcher.start()
    try:
        yield
    finally:
        for watcher in watchers:
            watcher.stop()


def seconds_until(condition: Callable[[], bool], limit: float = 5.0) -> float:
    started = time.monotonic()
    while not condition():
        if time.monotonic() - started > limit:
            raise AssertionError(f"not within {limit} s")
        time.sleep(0.005)
    return time.monotonic() - started


def listened_to(gateway: RedisGateway) -> bool:
    return bool(gateway.client.pubsub_numsub(CHANNEL)[0][1])


def test_flip_is_in_force_in_another_process_within_a_second(
    build: Build, database_url: str, server: Any
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WATCH, database_url, server.url],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
        gateway = RedisGateway(server.url)
        status = build(messenger=RedisFlagMessenger(gateway))
        for state, up in [(FlagState.FORCED_DOWN, "False"), (FlagState.AUTO, "True")]:
            flipped = time.monotonic()
            status.set("sol", state, reason="prueba", who="ana")
            realm, seen, at = other.stdout.readline().split()
            assert (realm, seen) == ("sol", up)
            assert float(at) - flipped < 1
        other.communicate(input="", timeout=10)
        assert other.returncode == 0


def test_announcement_beats_polling(build: Build, server: Any) -> None:
    gateway = RedisGateway(server.url)
    here, there = build(messenger=RedisFlagMessenger(gateway)), build()
    listener = RedisFlagMessenger(gateway)
    watcher = FlagWatcher(status=there, messenger=listener, interval=30)
    watcher.start()
    try:
        seconds_until(lambda: listened_to(gateway))
        here.set("sol", FlagState.FORCED_DOWN, reason="prueba", who="ana")
        assert seconds_until(lambda: not there.up("sol")) < 1
    finally:
        server.kill()  # a waiting listener ends with its connection
        watcher.stop()


def test_redis_that_dies_and_comes_back_never_delays_a_flip(build: Build, server: Any) -> None:
    gateway = RedisGateway(server.url)
    here, there = build(messenger=RedisFlagMessenger(gateway)), build()
    with watching((there, RedisFlagMessenger(gateway))):
        seconds_until(lambda: listened_to(gateway))
        server.kill()
        here.set("sol", FlagState.FORCED_DOWN, reason="prueba", who="ana")
        assert seconds_until(lambda: not there.up("sol")) < 1
        server.start()
        seconds_until(lambda: listened_to(gateway))
        here.set("sol", FlagState.AUTO, reason="prueba", who="ana")
        assert seconds_until(lambda: there.up("sol")) < 1


def test_redis_that_hangs_does_not_delay_a_flip(build: Build) -> None:
    class Hanging:
        def announce(self) -> None:
            pass

        def wait(self, timeout: float) -> bool:
            time.sleep(3)
            return False

    here, there = build(), build()
    with watching((there, Hanging())):
        here.set("sol", FlagState.FORCED_DOWN, reason="prueba", who="ana")
        assert seconds_until(lambda: not there.up("sol")) < 1


def test_start_before_the_database_is_there_loads_as_soon_as_it_is(
    build: Build, tmp_path: Path
) -> None:
    folder = tmp_path / "late"
    database = Database(f"sqlite:///{folder}/t.db")
    status = build(on=database)
    with watching((status, None)):
        assert not status.loaded
        folder.mkdir()
        Database(f"sqlite:///{folder}/t.db").upgrade()
        seconds_until(lambda: status.loaded)
    assert status.up("sol")


def test_watcher_survives_a_refresh_that_fails_oddly(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    status = build()
    refresh, failures = status.refresh, iter([KeyError(), KeyError()])

    def failing() -> bool:
        for failure in failures:
            raise failure
        return refresh()

    monkeypatch.setattr(status, "refresh", failing)
    with watching((status, None)):
        seconds_until(lambda: status.loaded)
    assert status.loaded
