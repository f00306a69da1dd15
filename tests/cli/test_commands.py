"""`idp …` as an operator runs it: exit codes, one clear line, what is left on record."""

from __future__ import annotations

import argparse
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from idp.cli import main
from idp.cli.arguments import for_the_record
from idp.kernel.clock import SystemClock
from idp.signing.generate import ensure_generated
from tests.support.vault import make_data_keys

CLIENTS = """
clients:
  - client_id: origen
    client_name: Origen
    redirect_uris: [http://localhost:9001/callback]
    token_endpoint_auth_method: none
    scope: openid
    realms: [sol]
"""

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "keys"
    ensure_generated(folder, clock=SystemClock())
    make_data_keys(folder)
    return folder


@pytest.fixture
def folder(tmp_path: Path, keys: Path, valkey: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to run in, with everything but a schema, and the environment that names it."""
    for name in list(os.environ):
        if name.startswith("IDP_"):
            monkeypatch.delenv(name)
    (tmp_path / "clients.yaml").write_text(CLIENTS)
    environment = {
        "ENV": "development", "ISSUER": "http://localhost:8000", "SECRET_KEY": "k" * 40,
        "DATABASE_URL": f"sqlite:///{tmp_path / 'idp.sqlite3'}", "REDIS_URL": valkey,
        "CLIENTS_FILE": str(tmp_path / "clients.yaml"), "KEYS_DIR": str(keys),
        "SMTP_URL": "smtp://127.0.0.1:9", "MAIL_FROM": "no-responder@example.com",
        "SOL_BASE_URL": "http://localhost:9100", "SOL_CLIENT_ID": "v",
        "SOL_CLIENT_SECRET": "hidden-word",
    }  # fmt: skip
    for name, value in environment.items():
        monkeypatch.setenv(f"IDP_{name}", value)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def command(*words: str) -> tuple[int, str, str]:
        try:
            code = main(list(words))
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


def test_check_says_everything_that_is_missing_and_then_ok(folder: Path, run: Run) -> None:
    code, out, _ = run("check")
    assert (code, "run `idp db upgrade`" in out) == (3, True)
    assert run("db", "upgrade")[0] == 0
    assert run("check") == (0, "ok\n", "")
    assert json.loads(run("check", "--json")[1]) == {"ok": True, "problems": []}


def test_check_of_a_broken_place_names_each_problem(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "clients.yaml").write_text(CLIENTS.replace("realms: [sol]", "realms: [luna]"))
    monkeypatch.setenv("IDP_KEYS_DIR", str(folder / "none"))
    monkeypatch.setenv("IDP_REDIS_URL", f"unix://{folder / 'none.sock'}")
    monkeypatch.setenv("IDP_DATABASE_URL", "postgresql+psycopg://u:hidden-word@127.0.0.1:1/none")
    code, out, err = run("check")
    assert code == 3
    for said in ("luna", "idp keys generate", "IDP_REDIS_URL", "IDP_DATABASE_URL"):
        assert said in out
    assert "hidden-word" not in out + err


def test_check_refuses_keys_that_others_can_read(folder: Path, run: Run, keys: Path) -> None:
    private = next(path for path in keys.iterdir() if path.suffix == ".pem")
    mode = stat.S_IMODE(private.stat().st_mode)
    assert mode == 0o600
    run("db", "upgrade")
    private.chmod(0o644)
    try:
        code, out, err = run("check")
    finally:
        private.chmod(mode)
    assert (code, private.name in out + err) == (3, True)


def test_flag_flipped_is_on_record_with_who_and_why(folder: Path, run: Run) -> None:
    run("db", "upgrade")
    flip = ("upstream", "down", "sol", "--reason", "SUNAT no responde", "--for", "2h")
    assert run("--as", "operador-1", *flip)[0] == 0
    assert "DOWN" in run("upstream", "status")[1]
    (row,) = json.loads(run("audit", "list", "--event", "flag.changed", "--json")[1])
    assert (row["actor"], row["realm"]) == ("operador-1", "sol")
    assert row["details"]["reason"] == "SUNAT no responde"


@pytest.mark.parametrize(
    "words",
    [
        ("upstream", "down", "sol"),
        ("upstream", "down", "sol", "--reason", "x", "--for", "mucho"),
        ("audit", "list", "--since", "ayer"),
        ("audit", "list", "--event", "no.such"),
        ("nada",),
        (),
    ],
)
def test_wrong_use_is_told_with_exit_code_2(run: Run, words: tuple[str, ...]) -> None:
    code, _, err = run(*words)
    assert code == 2
    assert err.startswith("usage: ")


def test_flag_of_an_unknown_realm_is_refused(folder: Path, run: Run) -> None:
    run("db", "upgrade")
    code, _, err = run("upstream", "down", "luna", "--reason", "x")
    assert (code, len(err.splitlines())) == (1, 1)


@pytest.mark.parametrize(
    "words",
    [
        ("upstream", "status"),
        ("audit", "list"),
        ("db", "status"),
        ("users", "show", "extranet", "EXT0001"),
    ],
)
def test_command_without_its_database_says_so_in_one_line(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("IDP_DATABASE_URL", "postgresql+psycopg://u:hidden-word@127.0.0.1:1/none")
    assert run(*words) == (4, "", "idp: sql does not answer\n")


def test_flag_is_flipped_although_redis_is_away(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("db", "upgrade")
    monkeypatch.setenv("IDP_REDIS_URL", f"unix://{folder / 'none.sock'}")
    assert run("upstream", "down", "sol", "--reason", "x")[0] == 0
    assert "DOWN" in run("upstream", "status", "sol")[1]


def test_command_in_the_demos_folder_acts_on_the_demo(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f"{name}={value}" for name, value in os.environ.items() if name.startswith("IDP_")]
    (folder / ".demo").mkdir()
    (folder / ".demo" / "demo.env").write_text("# the demo\n" + "\n".join(lines))
    for line in lines:
        monkeypatch.delenv(line.partition("=")[0])
    assert run("db", "upgrade")[0] == 0
    assert run("check")[:2] == (0, "ok\n")


def test_command_without_any_setting_names_what_is_missing(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(os.environ):
        if name.startswith("IDP_"):
            monkeypatch.delenv(name)
    code, out, err = run("check")
    assert (code, out) == (3, "")
    assert "IDP_ISSUER: missing" in err


@pytest.mark.parametrize(
    "words",
    [
        ("audit", "list", "--limit", "0"),
        ("audit", "list", "--limit", "99999999999"),
        ("upstream", "history", "sol", "--limit", "-1"),
        ("db", "upgrade", "--wait", "nan"),
        ("worker", "--threads", "0"),
    ],
    ids=" ".join,
)
def test_number_out_of_bounds_is_wrong_use(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    assert ended.value.code == 2
    assert "a whole number from" in capsys.readouterr().err


def test_reader_that_has_enough_ends_the_command_without_a_trace(folder: Path) -> None:
    command = [sys.executable, "-m", "idp.cli", "audit", "events", "--json"]
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, timeout=60)
    os.close(write)
    assert (done.returncode, done.stderr) == (1, "")


def test_moment_that_no_clock_shows_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["audit", "list", "--since", "0001-01-01T00:00:00+05:00"])
    assert ended.value.code == 2
    assert "a moment such as" in capsys.readouterr().err


def test_actor_without_a_name_is_told_by_number(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless(uid: int) -> str:
        raise KeyError(uid)

    run("db", "upgrade")
    monkeypatch.setattr("pwd.getpwuid", nameless)
    assert run("upstream", "down", "sol", "--reason", "prueba")[0] == 0
    assert f"os:uid-{os.getuid()}" in run("upstream", "history", "sol")[1]


def test_terminal_of_another_alphabet_ends_nothing(folder: Path) -> None:
    (folder / "clients.yaml").write_text("clients: [→]")
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "idp.cli", "clients", "check"]
    done = subprocess.run(command, env=environment, capture_output=True, timeout=60)
    assert (done.returncode, b"Traceback" in done.stderr) == (3, False)


def test_look_at_a_person_unmasked_needs_a_reason(run: Run) -> None:
    run("db", "upgrade")
    Path("p.csv").write_text("realm,ruc,usuario\nsol,20131312955,EXPORTA1\n")
    assert run("users", "import", "p.csv")[0] == 0
    code, _, said = run("users", "show", "sol", "20131312955:EXPORTA1", "--clear")
    assert (code, "--reason" in said) == (1, True)
    shown = run("users", "show", "sol", "20131312955:EXPORTA1", "--clear", "--reason", "caso 7")
    assert (shown[0], "20131312955" in shown[1]) == (0, True)


@pytest.mark.parametrize(
    "text",
    ["avisó ana@empresa.pe", "es 20504774288", "(20504774288)", "ana@empresa", "", "  ", "a\nb"],
)
def test_reason_that_the_log_must_not_keep_is_no_reason(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        for_the_record(text)


@pytest.mark.parametrize("text", ["expediente 20504774", "@ las nueve", "n.º 20504774289", "x"])
def test_reason_that_names_nobody_is_taken_as_it_is(text: str) -> None:
    assert for_the_record(text) == text
