"""What the day needs beside the server: a mail sink, workers, a database; and how they break."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.server import cpu_seconds
from bench.surge.account import Kill
from tests.support.servers import postgres_binaries, postgres_cluster

# A relay that comes back is tried again within a breaker's pause.
_KILL_PATIENCE = 120.0
_READY_SECONDS = 40.0


@dataclass
class Stage:
    """Processes beside the server. latency, greylist: the sink's. threads: of a worker. workers:
    those that live. ended_cpu: of the workers that ended.
    """

    environment: dict[str, str]
    sink_port: int
    journal: Path
    latency: float = 0.0
    greylist: float = 0.0
    threads: int = 4
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    sink: subprocess.Popen[bytes] | None = None
    ended_cpu: float = 0.0
    starting_cpu: float = 0.0
    started: int = 0

    def start_worker(self) -> None:
        """One more."""
        command = [sys.executable, "-m", "idp.cli", "worker", "--threads", str(self.threads)]
        self.workers.append(_quiet(command, env=self.environment))
        self.started += 1

    def settle(self) -> None:
        """Let the workers come up: what that costs is not the mails' cost."""
        before = -1.0

        def calm() -> bool:
            nonlocal before
            time.sleep(2)
            last, before = before, self.worker_cpu()
            return before > 0.5 and before - last < 0.1

        wait_until(calm, _READY_SECONDS)
        self.starting_cpu = self.worker_cpu() / max(1, len(self.workers))

    def kill_worker(self) -> Kill:
        """The busiest one, without a farewell, once half of its threads are at the relay."""
        deadline = time.monotonic() + _KILL_PATIENCE
        while True:
            in_hand, worker = max(
                ((_connections(one.pid, self.sink_port), one) for one in self.workers),
                key=lambda found: found[0],
            )
            if in_hand >= (self.threads + 1) // 2 or time.monotonic() > deadline:
                break
            time.sleep(0.01)
        self.ended_cpu += cpu_seconds(worker.pid)
        worker.send_signal(signal.SIGKILL)
        worker.wait(10)
        self.workers.remove(worker)
        return Kill(in_hand, self.threads)

    def start_sink(self) -> None:
        """The relay is up."""
        command = [sys.executable, "-m", "bench.surge.sink", str(self.sink_port), str(self.journal)]
        command += ["--latency", str(self.latency), "--greylist", str(self.greylist)]
        self.sink = _quiet(command)

    def stop_sink(self) -> None:
        """The relay is gone once it has finished what it has: connections are refused."""
        if self.sink is not None:
            self.sink.send_signal(signal.SIGTERM)
            self.sink.wait(20)
            self.sink = None

    def worker_cpu(self) -> float:
        """Seconds of all workers so far, without those of coming up (after `settle`)."""
        living = sum(cpu_seconds(one.pid) for one in self.workers)
        return self.ended_cpu + living - self.starting_cpu * self.started

    def end(self) -> None:
        """Stop what is left."""
        for worker in self.workers:
            worker.send_signal(signal.SIGTERM)
        for worker in self.workers:
            with suppress(subprocess.TimeoutExpired):
                worker.wait(30)
        self.stop_sink()


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """The URL of a new database: `postgresql` where that is installed, else SQLite, said loudly."""
    binaries = postgres_binaries() if kind == "postgresql" else None
    if binaries is None:
        if kind == "postgresql":
            print(
                "!!! PostgreSQL is not installed here: this run measures SQLITE, which is not what "
                "production runs on !!!",
                file=sys.stderr,
            )
        yield f"sqlite:///{folder / 'surge.sqlite3'}"
        return
    with postgres_cluster(binaries) as place:
        yield f"postgresql+psycopg://test@/postgres?host={place}"


def wait_until(done: Callable[[], bool], seconds: float) -> bool:
    """Whether it came true within so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if done():
            return True
        time.sleep(0.5)
    return False


def _connections(pid: int, port: int) -> int:
    """How many this process has open to a port of 127.0.0.1 (proc(5): net/tcp, fd)."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    open_ones = {f"socket:[{row[9]}]" for row in rows if _is_open_to(row, port)}
    found = 0
    for one in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            found += str(one.readlink()) in open_ones
    return found


def _is_open_to(row: list[str], port: int) -> bool:
    return row[3] == "01" and row[2].endswith(f":{port:04X}")


def _quiet(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options
    )
