"""What the day needs beside the server: a mail sink, workers, a database; and how they break."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.server import cpu_seconds
from tests.support.servers import postgres_binaries, postgres_cluster


@dataclass
class Stage:
    """Processes beside the server. workers: those that live. cpu: of the workers that ended."""

    environment: dict[str, str]
    sink_port: int
    mails: Path
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    sink: subprocess.Popen[bytes] | None = None
    ended_cpu: float = 0.0
    starting_cpu: float = 0.0
    started: int = 0

    def start_worker(self) -> None:
        """One more."""
        command = [sys.executable, "-m", "idp.cli", "worker"]
        self.workers.append(_quiet(command, env=self.environment))
        self.started += 1

    def settle(self) -> None:
        """Let the workers come up: what that costs is not the mails' cost."""
        time.sleep(5)
        self.starting_cpu = self.worker_cpu() / max(1, len(self.workers))

    def kill_worker(self) -> None:
        """The first one, without a farewell."""
        worker = self.workers.pop(0)
        self.ended_cpu += cpu_seconds(worker.pid)
        worker.send_signal(signal.SIGKILL)
        worker.wait(10)

    def start_sink(self) -> None:
        """The relay is up."""
        command = [sys.executable, "-m", "bench.surge.sink", str(self.sink_port), str(self.mails)]
        self.sink = _quiet(command)

    def stop_sink(self) -> None:
        """The relay is gone: connections are refused."""
        if self.sink is not None:
            self.sink.send_signal(signal.SIGKILL)
            self.sink.wait(10)
            self.sink = None

    def worker_cpu(self) -> float:
        """Seconds of all workers so far, without those of coming up (after `settle`)."""
        living = sum(cpu_seconds(one.pid) for one in self.workers)
        return self.ended_cpu + living - self.starting_cpu * self.started

    def received(self) -> list[dict[str, Any]]:
        """The mails that the sink noted."""
        if not self.mails.exists():
            return []
        lines = self.mails.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line.endswith("}")]

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
    """The URL of a new database: `postgresql` where that is installed, else SQLite."""
    binaries = postgres_binaries() if kind == "postgresql" else None
    if binaries is None:
        yield f"sqlite:///{folder / 'surge.sqlite3'}"
        return
    with postgres_cluster(binaries) as place:
        yield f"postgresql+psycopg://test@/postgres?host={place}"


def wait_until(done: object, seconds: float) -> bool:
    """Whether it came true within so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if done():  # type: ignore[operator]
            return True
        time.sleep(0.5)
    return False


def _quiet(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options
    )
