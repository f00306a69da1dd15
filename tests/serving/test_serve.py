"""`idp serve`: real server processes, told to read clients.yaml again, and databases that are away."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from idp.kernel.clock import SystemClock
from idp.signing.generate import ensure_generated
from tests.support.world import ISSUER, authorization_params

ROOT = Path(__file__).resolve().parents[2]
CLIENT = """
  - client_id: {0}
    client_name: {0}
    redirect_uris: [http://localhost:9001/callback]
    token_endpoint_auth_method: none
    scope: openid
    realms: [sol]
"""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object, **named: object) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("serve") / "keys"
    ensure_generated(folder, clock=SystemClock())
    return folder


class Served:
    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process, self.port = process, port

    def status(self, path: str) -> int:
        """The status of a GET, 0 where nobody answers."""
        try:
            with _OPENER.open(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return int(error.code)
        except OSError:
            return 0

    def authorize(self, client_id: str) -> int:
        params = authorization_params(client_id=client_id, scope="openid")
        return self.status("/authorize?" + urllib.parse.urlencode(params))


def _environment(folder: Path, keys: Path, redis_url: str) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("IDP_")},
        "IDP_ENV": "development",
        "IDP_ISSUER": ISSUER,
        "IDP_SECRET_KEY": "t" * 40,
        "IDP_DATABASE_URL": f"sqlite:///{folder / 'idp.sqlite3'}",
        "IDP_REDIS_URL": redis_url,
        "IDP_CLIENTS_FILE": str(folder / "clients.yaml"),
        "IDP_KEYS_DIR": str(keys),
        "IDP_SMTP_URL": "smtp://127.0.0.1:9",
        "IDP_MAIL_FROM": "no-responder@example.com",
        "IDP_SOL_BASE_URL": "http://localhost:9100",
        "IDP_SOL_CLIENT_ID": "vuce",
        "IDP_SOL_CLIENT_SECRET": "s" * 20,
        "IDP_PROCESSES": "2",
        "IDP_THREADS": "2",
    }


@contextmanager
def _served(environment: dict[str, str], log: Path) -> Iterator[Served]:
    port = _free_port()
    command = [sys.executable, "-m", "idp.cli", "serve", "--bind", f"127.0.0.1:{port}"]
    with log.open("wb") as said:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=said, stderr=said)
    served = Served(process, port)
    try:
        _until(lambda: served.status("/healthz") == 200 or process.poll() is not None)
        yield served
    finally:
        process.terminate()
        assert process.wait(20) is not None


def _idp(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "idp.cli", *words]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )


def test_hup_reads_the_clients_again_and_a_broken_file_keeps_the_last_good_one(
    tmp_path: Path, keys: Path, valkey: str
) -> None:
    file = tmp_path / "clients.yaml"
    file.write_text("clients:" + CLIENT.format("uno"))
    environment = _environment(tmp_path, keys, valkey)
    assert _idp(environment, "db", "upgrade").returncode == 0
    with _served(environment, tmp_path / "log") as served:
        assert (served.authorize("uno"), served.authorize("dos")) == (303, 400)
        file.write_text("clients: [")
        served.process.send_signal(signal.SIGHUP)
        # Both processes looked at it.
        log = tmp_path / "log"
        _until(lambda: log.read_text().count("the last good one stays") == 2)
        assert [served.authorize("uno") for _ in range(8)] == [303] * 8
        file.write_text("clients:" + CLIENT.format("uno") + CLIENT.format("dos"))
        served.process.send_signal(signal.SIGHUP)
        _until(lambda: all(served.authorize("dos") == 303 for _ in range(12)))
        assert served.process.poll() is None


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("IDP_KEYS_DIR", "none", "idp keys generate"),
        ("IDP_CLIENTS_FILE", "none.yaml", "IDP_CLIENTS_FILE"),
        ("IDP_BIND", "8000", "HOST:PORT"),
        ("IDP_THREADS", "0", "IDP_THREADS"),
    ],
)
def test_serve_with_what_it_cannot_use_says_so_and_ends(
    tmp_path: Path, keys: Path, valkey: str, variable: str, value: str, said: str
) -> None:
    (tmp_path / "clients.yaml").write_text("clients:" + CLIENT.format("uno"))
    environment = {**_environment(tmp_path, keys, valkey), variable: value}
    done = _idp(environment, "serve")
    assert (done.returncode, said in done.stderr) == (3, True), done.stderr
    assert "Traceback" not in done.stderr


def test_serve_without_its_databases_starts_says_it_is_not_ready_and_recovers(
    tmp_path: Path, keys: Path, own_valkey: object
) -> None:
    from tests.support.servers import OwnValkey

    assert isinstance(own_valkey, OwnValkey)
    (tmp_path / "clients.yaml").write_text("clients:" + CLIENT.format("uno"))
    environment = _environment(tmp_path, keys, own_valkey.url)
    own_valkey.stop()
    with _served(environment, tmp_path / "log") as served:
        found = {
            path: served.status(path)
            for path in ("/healthz", "/readyz", "/jwks.json", "/.well-known/openid-configuration")
        }
        assert list(found.values()) == [200, 503, 200, 200]
        assert served.authorize("uno") == 503
        own_valkey.start()
        assert _idp(environment, "db", "upgrade").returncode == 0
        _until(lambda: served.status("/readyz") == 200 and served.authorize("uno") == 303)
