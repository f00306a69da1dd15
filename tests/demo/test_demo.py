"""`sandbox demo`: starts everything, says in one line what cannot be, leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from idp.kernel.clock import FixedClock
from idp.people.coverage import Why
from sandbox.demo.parts import Places, children
from sandbox.demo.past import DAYS, live_through
from sandbox.demo.processes import _healthy, taken_ports
from tests.support.demo import Demo

ROOT = Path(__file__).resolve().parents[2]
READY = "Ctrl-C ends everything"
# One demo at a time: it needs ports by the dozen.


@pytest.fixture
def offset() -> int:
    """Free ports, out of the way of the browser tests' and of those that systems hand out."""
    first = os.getpid() % 8
    for step in range(8):
        offset = 10_000 + 1_000 * ((first + step) % 8)
        if not taken_ports(children(Places(offset=offset))):
            return offset
    raise AssertionError("no free ports")


def test_what_answers_with_the_question_is_not_healthy() -> None:
    """As a connection to a port that nobody listens on may be one to itself, and echo."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def echo() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(connection.recv(1_000))

        answering = threading.Thread(target=echo)
        answering.start()
        assert not _healthy(f"http://127.0.0.1:{server.getsockname()[1]}/readyz")
        answering.join()


def start(state: Path, offset: int, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "sandbox.cli", "demo", "--state", str(state)]
    return subprocess.Popen(
        [*command, "--offset", str(offset), *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def until_ready(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if READY in line:
            return said
    assert process.stderr is not None
    raise AssertionError(said + process.stderr.read())


def of_demo(state: Path, offset: int) -> dict[int, str]:
    """The processes of one demo, by what only their commands and surroundings name."""
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            surroundings = (folder / "environ").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if str(state) in command + surroundings or f" {8100 + offset} " in command:
            found[int(folder.name)] = command
    return found


def assert_coverage_shows_something(demo: Demo) -> None:
    """Two weeks in which ever more people could enter; nobody's browser is there twice."""
    coverage = demo.services.coverage
    now = coverage.now(90)
    assert (coverage.now(30).total.people, now.total.people, now.total.able) == (8, 10, 6)
    why = {one: count for one, count in now.total.why_not.items() if count}
    assert why == {Why.NO_ADDRESS: 2, Why.NO_CONSENT: 1, Why.UNVERIFIED: 1}
    assert now.total.known_browser == 4
    assert [one.total.people for one in now.components] == [6, 5, 3]
    able = [one.figures.able for one in coverage.history(90)]
    assert len(able) == DAYS + 1
    assert able == sorted(able)
    assert able[0] < able[-1] == 6
    with sqlite3.connect(demo.places.state / "idp.sqlite3") as database:
        assert database.execute("SELECT count(*) FROM known_browsers").fetchone() == (4,)


def test_past_is_made_up_in_no_production() -> None:
    services = SimpleNamespace(settings=SimpleNamespace(production=True))
    now = datetime.now(UTC)
    with pytest.raises(SystemExit):
        live_through(services, FixedClock(now), now)  # type: ignore[arg-type]


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "state"


def test_demo_starts_twice_on_one_folder_prints_the_way_and_leaves_nothing(
    state: Path, offset: int
) -> None:
    first = start(state, offset)
    said = until_ready(first)
    for words in (
        f"http://localhost:{8000 + offset}", f"http://localhost:{8003 + offset}",
        "EXPORTA1", "20131312955", "EXT0001",
        'idp upstream down sol --reason "prueba"', "idp upstream up sol",
        f"http://localhost:{8010 + offset}/admin/alta/",
    ):  # fmt: skip
        assert words in said
    assert len(of_demo(state, offset)) >= 11
    first.send_signal(signal.SIGINT)
    out, err = first.communicate(timeout=40)
    assert (first.returncode, err) == (0, "")
    assert out.endswith("demo: everything has ended\n")
    assert of_demo(state, offset) == {}

    secret = (state / "secrets" / "secret_key").read_text()
    for path in [state, *state.rglob("*")]:
        others = stat.S_IMODE(path.stat().st_mode) & 0o077
        private = path == state or path.name in ("demo.env", "clients.yaml", "people.csv")
        if private or (path.parent.name in ("secrets", "keys") and path.suffix in ("", ".pem")):
            assert others == 0, path
    link = (state / "secrets" / "console-link").read_text()
    assert link in said
    demo = Demo(Places(state, state / "keys", offset))
    assert_coverage_shows_something(demo)
    second = start(state, offset, "--once")
    out, err = second.communicate(timeout=120)
    assert (second.returncode, err) == (0, "")
    # It is good until somebody uses it.
    assert link in out
    assert (state / "secrets" / "secret_key").read_text() == secret
    assert_coverage_shows_something(demo)
    demo.services.stop()


def test_demo_with_a_port_taken_says_which_and_starts_nothing(state: Path, offset: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 8025 + offset))
        taken.listen()
        process = start(state, offset)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert err == f"demo: port {8025 + offset} is taken, and mailbox needs it\n"
    assert out == ""
    assert of_demo(state, offset) == {}


def test_demo_with_a_child_that_dies_says_which_and_ends_the_rest(state: Path, offset: int) -> None:
    process = start(state, offset)
    until_ready(process)
    (victim,) = [
        pid for pid, command in of_demo(state, offset).items() if "sandbox.cli sunat" in command
    ]
    os.kill(victim, signal.SIGKILL)
    _, err = process.communicate(timeout=40)
    assert process.returncode == 1
    (line,) = err.splitlines()
    assert line.startswith("demo: sunat ended with code -9; ")
    assert "sunat.log" in line
    assert of_demo(state, offset) == {}


def test_demo_outside_the_projects_folder_says_where_to_run_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sandbox.cli", "demo"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 1
    assert done.stderr == "demo: run it in the project's folder, by `make demo`\n"
