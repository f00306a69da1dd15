"""The demo as a child process on ports of its own, and the short ways that tests need to it."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from idp.settings import load
from idp.upstream_status.state import FlagState
from idp.wiring import Services, build_services
from sandbox.demo.parts import Places, children
from sandbox.demo.processes import taken_ports

NOTICE = "Se ingresó a "
ROOT = Path(__file__).resolve().parents[2]
FLAGS = {"up": FlagState.FORCED_UP, "down": FlagState.FORCED_DOWN, "auto": FlagState.AUTO}


@dataclass
class Demo:
    """A running demo."""

    places: Places

    def url(self, usual_port: int, path: str = "") -> str:
        return self.places.url(usual_port) + path

    @property
    def environment(self) -> dict[str, str]:
        """The settings that the demo wrote for commands."""
        lines = (self.places.state / "demo.env").read_text().splitlines()
        return {name: value for name, _, value in (line.partition("=") for line in lines)}

    @cached_property
    def services(self) -> Services:
        """The demo's database and Redis, from this process: a command takes seconds to start."""
        return build_services(load(self.environment))

    def idp(self, *words: str) -> str:
        """Run an `idp` command on it; what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "idp.cli", "--as", "prueba", *words],
            cwd=ROOT,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def flag(self, state: str, *realms: str, by_command: bool = False) -> None:
        """Flip the flag and wait the second within which every process knows."""
        for realm in realms:
            if by_command:
                self.idp("upstream", state, realm, "--reason", "prueba")
            else:
                status = self.services.upstream_status
                status.set(realm, FLAGS[state], reason="prueba", who="prueba")
        time.sleep(1.0)

    def api(self, usual_port: int, path: str, method: str = "GET", body: Any = None) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.places.port(usual_port)}{path}",
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def mails(self, to: str, *, notices: bool = False) -> list[dict[str, Any]]:
        """The mails of an address, the newest first; notices of a login are another kind."""
        found = self.api(8025, "/api/messages?to=" + urllib.parse.quote(to))
        every = found["messages"] if isinstance(found, dict) else found
        return [one for one in every if one["subject"].startswith(NOTICE) is notices]

    def wait_for_mail(self, to: str, *, after: int = 0, notices: bool = False) -> dict[str, Any]:
        """The newest mail of an address, once there are more than `after`."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            found = self.mails(to, notices=notices)
            if len(found) > after:
                return dict(self.api(8025, f"/api/messages/{found[0]['id']}"))
            time.sleep(0.1)
        raise AssertionError(f"no mail for {to}")


def link_of(mail: dict[str, Any], path: str = "/ingreso/") -> str:
    """The link in a mail's text."""
    found = re.search(r"https?://\S+" + re.escape(path) + r"[\w-]+", mail["text"])
    assert found, "the mail has no link"
    return found[0]


def _free_offsets() -> Iterator[int]:
    """Free ports, beginning at a place of this process's own: another run may choose now too. They
    are below those that systems hand out, and above the ones of tests/demo.
    """
    first = os.getpid() % 32
    for step in range(32):
        offset = 18_000 + 200 * ((first + step) % 32)
        if not taken_ports(children(Places(offset=offset))):
            yield offset


def _started(state: Path, offset: int) -> tuple[subprocess.Popen[str], str]:
    """The demo's process, and what it said until it ran or ended."""
    command = [sys.executable, "-m", "sandbox.cli", "demo"]
    process = subprocess.Popen(
        [*command, "--state", str(state), "--offset", str(offset)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = ""
    assert process.stdout is not None
    for line in process.stdout:
        said += line
        if "Ctrl-C ends everything" in line:
            break
    return process, said


@contextmanager
def running_demo(folder: Callable[[], Path]) -> Iterator[Demo]:
    """A demo that ends with the context. folder: makes an empty one for each try to start."""
    for offset in _free_offsets():
        state = folder()
        process, said = _started(state, offset)
        if "Ctrl-C ends everything" in said:
            break
        # Somebody took a port after we looked: only then is another try right.
        assert "ddress already in use" in said or "is taken" in said, said
    else:
        raise AssertionError("no free ports for the demo")
    running = Demo(Places(state, state / "keys", offset))
    try:
        yield running
    finally:
        if "services" in vars(running):
            running.services.stop()
        process.send_signal(signal.SIGINT)
        assert process.stdout is not None
        with process.stdout:
            process.stdout.read()
        assert process.wait(30) == 0


def a_day_ago(demo: Demo) -> None:
    """Let every known browser have been known since yesterday."""
    with sqlite3.connect(demo.places.state / "idp.sqlite3") as database:
        database.execute("UPDATE known_browsers SET counts_from = '2026-01-01 00:00:00.000000'")


def told_nothing(demo: Demo) -> None:
    """Let nobody have been told yet what would keep them out."""
    with sqlite3.connect(demo.places.state / "idp.sqlite3") as database:
        database.execute("DELETE FROM nudges")
