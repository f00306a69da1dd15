"""Child processes: started, watched, and ended together."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sandbox.demo.parts import HOST, Child

_STOP_SECONDS = 10.0


class DemoError(Exception):
    """The demo cannot go on; the text is the one line that says why."""


def taken_ports(children: Sequence[Child]) -> list[str]:
    """A line for each port that somebody else listens on."""
    return [
        f"demo: port {port} is taken, and {child.name} needs it"
        for child in children
        for port in child.ports
        if _listens(port)
    ]


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


class Family:
    """The running children. Each has its own process group, so that Ctrl-C reaches only us."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: list[tuple[Child, subprocess.Popen[bytes]]] = []

    def start(
        self,
        child: Child,
        environment: Mapping[str, str],
        *,
        ready: Callable[[], bool] | None = None,
        timeout: float = 40.0,
    ) -> None:
        """Start one and wait until it serves. Raises DemoError when it ends or never does."""
        self._logs.mkdir(parents=True, exist_ok=True)
        with (self._logs / f"{child.name}.log").open("wb") as log:
            process = subprocess.Popen(
                child.command,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._running.append((child, process))
        asked = ready or (lambda: child.health is None or _healthy(child.health))
        deadline = time.monotonic() + timeout
        while not asked():
            self.check()
            if time.monotonic() > deadline:
                raise DemoError(f"demo: {child.name} does not answer; {self._tail(child)}")
            time.sleep(0.1)
        self.check()

    def check(self) -> None:
        """Raises DemoError when a child has ended."""
        for child, process in self._running:
            code = process.poll()
            if code is not None:
                raise DemoError(f"demo: {child.name} ended with code {code}; {self._tail(child)}")

    def stop(self) -> None:
        """End every child: asked first, killed after ten seconds; the last started goes first."""
        for _, process in reversed(self._running):
            _signal(process, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        for _, process in reversed(self._running):
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal(process, signal.SIGKILL)
                process.wait()
        self._running = []

    def _tail(self, child: Child) -> str:
        file = self._logs / f"{child.name}.log"
        lines = [line for line in file.read_text(errors="replace").splitlines() if line.strip()]
        return f"its log ({file}) ends: {lines[-1][-300:]}" if lines else f"its log is {file}"


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    if process.poll() is None:
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            return


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    # HTTPException: not yet a server; a connection may even have met itself and hear its own words.
    except (urllib.error.URLError, http.client.HTTPException, OSError):
        return False
