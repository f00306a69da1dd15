"""`idp serve`: real server processes, told to read clients.yaml again, and databases that are away."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import cast

import pytest

from idp.clients.registry import ClientRegistry
from idp.kernel.clock import SystemClock
from idp.signing.generate import ensure_generated, generate
from idp.signing.keyring import Keyring
from idp.wiring import Hangup
from idp.wiring.reload import Reloader
from tests.support.vault import make_data_keys
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


def _until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("serve") / "keys"
    ensure_generated(folder, clock=SystemClock())
    make_data_keys(folder)
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

    def kids(self) -> set[str]:
        """What /jwks.json publishes."""
        with _OPENER.open(f"http://127.0.0.1:{self.port}/jwks.json", timeout=10) as answer:
            return {one["kid"] for one in json.load(answer)["keys"]}

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
def _served(environment: dict[str, str], log: Path, *, folder: Path = ROOT) -> Iterator[Served]:
    port = _free_port()
    command = [sys.executable, "-m", "idp.cli", "serve", "--bind", f"127.0.0.1:{port}"]
    with log.open("wb") as said:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=said, stderr=said)
    served = Served(process, port)
    try:
        _until(lambda: served.status("/healthz") == 200 or process.poll() is not None)
        yield served
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


def _idp(
    environment: dict[str, str], *words: str, folder: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "idp.cli", *words]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60
    )


def test_hup_reads_the_clients_again_and_a_broken_file_keeps_the_last_good_one(
    tmp_path: Path, keys: Path, valkey: str
) -> None:
    file = tmp_path / "clients.yaml"
    file.write_text("clients:" + CLIENT.format("uno"))
    environment = _environment(tmp_path, keys, valkey)
    assert _idp(environment, "db", "upgrade").returncode == 0
    log = tmp_path / "log"
    with _served(environment, log) as served:
        _until(lambda: log.read_text().count("server process ready") == 2)
        assert (served.authorize("uno"), served.authorize("dos")) == (303, 400)
        file.write_text("clients: [")
        served.process.send_signal(signal.SIGHUP)
        # Both processes looked at it.
        _until(lambda: log.read_text().count("the last good one stays") == 2)
        assert [served.authorize("uno") for _ in range(8)] == [303] * 8
        file.write_text("clients:" + CLIENT.format("uno") + CLIENT.format("dos"))
        served.process.send_signal(signal.SIGHUP)
        _until(lambda: all(served.authorize("dos") == 303 for _ in range(12)))
        assert served.process.poll() is None


def test_hup_publishes_a_key_that_was_prepared(tmp_path: Path, keys: Path, valkey: str) -> None:
    (tmp_path / "clients.yaml").write_text("clients:" + CLIENT.format("uno"))
    own = shutil.copytree(keys, tmp_path / "keys")
    with _served(_environment(tmp_path, own, valkey), tmp_path / "log") as served:
        before = served.kids()
        coming = generate(own, "ES256", clock=SystemClock()).kid
        assert served.kids() == before
        served.process.send_signal(signal.SIGHUP)
        _until(lambda: all(served.kids() == before | {coming} for _ in range(12)))


@pytest.fixture
def own_hangup() -> Iterator[None]:
    before = signal.getsignal(signal.SIGHUP)
    descriptor = signal.set_wakeup_fd(-1)
    yield
    signal.set_wakeup_fd(descriptor)
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("own_hangup")
@pytest.mark.parametrize("early", [True, False])
def test_hup_is_kept_until_there_is_somebody_to_ask(early: bool) -> None:
    asked = []

    class Files:
        def reload(self) -> bool:
            asked.append(threading.current_thread().name)
            return True

    reloader = Reloader(keyring=cast(Keyring, Files()), clients=cast(ClientRegistry, Files()))
    hangup = Hangup()
    if early:
        signal.raise_signal(signal.SIGHUP)
    hangup.hand_to(reloader)
    reloader.start()
    if not early:
        signal.raise_signal(signal.SIGHUP)
    _until(lambda: len(asked) == 2)
    reloader.stop()
    # Once each, and never in the thread that the signal interrupts.
    assert asked == ["reload", "reload"]


def test_serve_that_is_ended_while_it_starts_ends(tmp_path: Path, keys: Path, valkey: str) -> None:
    (tmp_path / "clients.yaml").write_text("clients:" + CLIENT.format("uno"))
    environment = {**_environment(tmp_path, keys, valkey), "IDP_PROCESSES": "8"}
    # The first of eight processes answers, and the last ones are still starting.
    with _served(environment, tmp_path / "log") as served:
        assert served.process.poll() is None


SLOW = """
import sys, time
from granian.constants import Interfaces
from idp.cli.http_server import Server

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    if environ["PATH_INFO"] == "/slow":
        print("began", flush=True)
        time.sleep(5)
    return [b"done"]

if __name__ == "__main__":
    sys.modules["slow"] = sys.modules["__main__"]
    Server(
        "slow:app", address="127.0.0.1", port=int(sys.argv[1]), interface=Interfaces.WSGI,
        workers=2, blocking_threads=2, log_enabled=False, workers_kill_timeout=30,
    ).serve()
"""


def test_request_under_way_is_answered_before_serve_ends(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(SLOW)
    port, log = _free_port(), tmp_path / "log"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(tmp_path / "slow.py"), str(port)]
    with log.open("wb") as said:
        process = subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=said, stderr=said,
            start_new_session=True,
        )  # fmt: skip
    served = Served(process, port)
    try:
        _until(lambda: served.status("/") == 200)
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(served.status, "/slow")
            _until(lambda: "began" in log.read_text())
            # To each process of the group, as a service manager does.
            os.killpg(process.pid, signal.SIGTERM)
            assert answer.result() == 200
        process.wait(10)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


ECHO = """
import sys
from granian.constants import Interfaces
from idp.cli.http_server import Server

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ.get("HTTP_X_FORWARDED_FOR", "").encode()]

if __name__ == "__main__":
    sys.modules["echo"] = sys.modules["__main__"]
    Server(
        "echo:app", address="127.0.0.1", port=int(sys.argv[1]), interface=Interfaces.WSGI,
        workers=1, blocking_threads=1, log_enabled=False,
    ).serve()
"""


def _forwarded(port: int, *lines: str) -> str:
    """What the application sees of these lines of a request's head, as the proxy sends them."""
    head = ["GET / HTTP/1.1", "Host: localhost", "Connection: close", *lines, "", ""]
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall("\r\n".join(head).encode())
        with connection.makefile("rb") as answer:
            return answer.read().decode().partition("\r\n\r\n")[2]


def test_forwarded_address_under_the_server_is_what_the_last_line_says(tmp_path: Path) -> None:
    """ProxyFix believes the last of it, so the proxy's line must be the last, or the only one."""
    (tmp_path / "echo.py").write_text(ECHO)
    port = _free_port()
    command = [sys.executable, str(tmp_path / "echo.py"), str(port)]
    process = subprocess.Popen(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, start_new_session=True
    )
    visitors, proxys = "9.9.9.9", "190.1.1.1"
    try:
        _until(lambda: Served(process, port).status("/") == 200)
        added = _forwarded(port, f"X-Forwarded-For: {visitors}", f"X-Forwarded-For: {proxys}")
        assert added.rpartition(",")[2].strip() == proxys
        # WSGI has one name for both (PEP 3333): a proxy that lets the underscored one through lets
        # visitors choose their address. README.md demands that it does not.
        folded = _forwarded(port, f"X-Forwarded-For: {proxys}", f"X_Forwarded_For: {visitors}")
        assert folded.rpartition(",")[2].strip() == visitors
        assert "names have underscores" in (ROOT / "README.md").read_text()
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


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


@pytest.mark.parametrize("where", ["a port that is taken", "no address of this machine"])
def test_serve_where_nobody_can_listen_says_so_and_ends(
    tmp_path: Path, keys: Path, valkey: str, where: str
) -> None:
    (tmp_path / "clients.yaml").write_text("clients:" + CLIENT.format("uno"))
    with socket.socket() as taken:
        # As other servers do, which would share their port with ours unasked.
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        bind = {
            "a port that is taken": f"127.0.0.1:{taken.getsockname()[1]}",
            "no address of this machine": "192.0.2.1:8000",
        }[where]
        done = _idp(_environment(tmp_path, keys, valkey), "serve", "--bind", bind)
    assert (done.returncode, done.stderr.count("\n")) == (3, 1), done.stderr
    assert f"cannot listen on {bind}" in done.stderr


def test_serve_works_from_any_folder(tmp_path: Path, keys: Path, valkey: str) -> None:
    (tmp_path / "clients.yaml").write_text("clients:" + CLIENT.format("uno"))
    environment = _environment(tmp_path, keys, valkey)
    with _served(environment, tmp_path / "log", folder=tmp_path) as served:
        assert served.status("/jwks.json") == 200


def test_check_names_the_files_of_pages_that_are_not_installed(
    tmp_path: Path, keys: Path, valkey: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from idp.settings import load
    from idp.wiring import start, start_problems

    (tmp_path / "clients.yaml").write_text("clients:" + CLIENT.format("uno"))
    settings = load(_environment(tmp_path, keys, valkey))
    monkeypatch.setattr(start, "TEMPLATES", tmp_path)
    found = [one for one in start_problems(settings) if "assets/install.py" in one]
    assert [one.partition(":")[0].rpartition("/")[2] for one in found] == [
        "altcha.js", "altcha.css", "pbkdf2.js",
    ]  # fmt: skip


def test_check_tells_the_problems_of_keys_clients_and_pinned_keys(
    tmp_path: Path, keys: Path, valkey: str
) -> None:
    environment = {
        **_environment(tmp_path, keys, valkey),
        "IDP_KEYS_DIR": str(tmp_path / "none"),
        "IDP_CLIENTS_FILE": str(tmp_path / "none.yaml"),
    }
    done = _idp(environment, "check")
    assert done.returncode == 3
    assert "none.yaml" in done.stdout
    assert "idp keys generate" in done.stdout


def test_pinned_key_that_is_none_is_said_in_a_line(tmp_path: Path, keys: Path, valkey: str) -> None:
    (tmp_path / "clients.yaml").write_text("clients:" + CLIENT.format("uno"))
    row = {
        "realm": "sol", "base_url": "http://localhost:9100", "client_id": "v",
        "client_secret": "s", "pinned_keys": {"uno": "no key"},
    }  # fmt: skip
    (tmp_path / "upstreams.json").write_text(json.dumps([row]))
    environment = {
        name: value
        for name, value in _environment(tmp_path, keys, valkey).items()
        if not name.startswith("IDP_SOL_")
    }
    environment["IDP_UPSTREAMS_FILE"] = str(tmp_path / "upstreams.json")
    done = _idp(environment, "serve")
    assert (done.returncode, "upstream sol: pinned key uno" in done.stderr) == (3, True)
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
