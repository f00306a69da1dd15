"""Programs that others wrote: whether this machine has them, and how they run beside a test."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).resolve().parents[2]
_BESIDES = f"{ROOT / '.venv-node' / 'bin'}{os.pathsep}/usr/sbin"


def find(program: str) -> str | None:
    """Where a program is: on the PATH, where servers are, or where `make setup` put Node.js."""
    return shutil.which(program) or shutil.which(program, path=_BESIDES)


def cannot_be_had(reason: str) -> None:
    """Skip what needs a program that this machine lacks; in CI it fails instead."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


@contextmanager
def running(
    command: Sequence[str], ready: str, log: Path, *, cwd: Path, environment: Mapping[str, str]
) -> Iterator[None]:
    """Run a program until the end of the block, which begins when `ready` (a URL) answers."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=cwd, env={**os.environ, **environment}, stdout=out, stderr=out
        )
        try:
            _wait(process, ready, log)
            yield
        finally:
            process.terminate()
            process.wait(30)


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + 90
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if requests.get(url, timeout=5, allow_redirects=False).status_code < 500:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.1)
    raise AssertionError("it did not start: " + log.read_text(errors="replace")[-4_000:])
