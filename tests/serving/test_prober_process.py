"""`idp prober`: real processes, of which the leading one is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from idp.adapters.sql.database import Database
from idp.adapters.sql.probes import SqlProbeStore
from idp.kernel.clock import SystemClock
from idp.signing.generate import ensure_generated
from sandbox.sunat.app import create_app
from sandbox.sunat.server import build_server
from tests.support.servers import OwnValkey
from tests.support.vault import make_data_keys
from tests.support.world import ISSUER

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = """clients:
  - client_id: mr
    client_name: Mercancías Restringidas
    redirect_uris: [http://localhost:9001/callback]
    token_endpoint_auth_method: none
    scope: openid
    realms: [sol]
"""


@pytest.fixture
def sunat() -> Iterator[str]:
    server = build_server(create_app(original_urls=[f"{ISSUER}/upstream/sol/callback"]))
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def environment(tmp_path: Path, own_valkey: OwnValkey, sunat: str) -> dict[str, str]:
    ensure_generated(tmp_path / "keys", clock=SystemClock())
    make_data_keys(tmp_path / "keys")
    (tmp_path / "clients.yaml").write_text(CLIENTS)
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("IDP_")},
        "IDP_ENV": "development",
        "IDP_ISSUER": ISSUER,
        "IDP_SECRET_KEY": "t" * 40,
        "IDP_DATABASE_URL": f"sqlite:///{tmp_path / 'idp.sqlite3'}",
        "IDP_REDIS_URL": own_valkey.url,
        "IDP_CLIENTS_FILE": str(tmp_path / "clients.yaml"),
        "IDP_KEYS_DIR": str(tmp_path / "keys"),
        "IDP_SMTP_URL": "smtp://127.0.0.1:9",
        "IDP_MAIL_FROM": "no-responder@example.com",
        "IDP_SOL_BASE_URL": sunat,
        "IDP_SOL_CLIENT_ID": "vuce-sol",
        "IDP_SOL_CLIENT_SECRET": "sandbox-sunat-secret",
        "IDP_OUTBOUND_ALLOW": "127.0.0.0/8",
    }


def idp(environment: dict[str, str], *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "idp.cli", *words],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


@contextmanager
def running(environment: dict[str, str], count: int) -> Iterator[dict[int, subprocess.Popen[str]]]:
    processes = [idp(environment, "prober") for _ in range(count)]
    try:
        yield {one.pid: one for one in processes}
    finally:
        for one in processes:
            one.kill()
            one.communicate()


def until(condition: Callable[[], object], seconds: float = 60.0) -> float:
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "it did not come about"
        time.sleep(0.05)
    return time.monotonic() - began


def test_killed_leader_is_followed_and_one_that_is_told_to_end_ends_cleanly(
    environment: dict[str, str],
) -> None:
    database = Database(environment["IDP_DATABASE_URL"])
    database.upgrade()
    store, clock = SqlProbeStore(database), SystemClock()

    def pids(*, leading: bool) -> list[int]:
        found = store.probers(clock.now() - timedelta(minutes=5))
        return [int(one.instance.split(":")[1]) for one in found if one.leading is leading]

    with running(environment, 2) as processes:
        until(
            lambda: (
                len(pids(leading=True)) == len(pids(leading=False)) == 1
                or any(one.poll() is not None for one in processes.values())
            )
        )
        first = pids(leading=True)[0]
        until(lambda: store.recent("sol", 1))
        assert store.recent("sol", 1)[0].ok
        processes[first].kill()
        second = next(pid for pid in processes if pid != first)
        # Five seconds of silence, and a second until the other asks again.
        assert until(lambda: second in pids(leading=True)) < 12
        processes[second].send_signal(signal.SIGTERM)
        assert processes[second].wait(timeout=10) == 0
        assert second not in pids(leading=True)
    database.close()
