"""`idp audit verify|export|checkpoint|key` as an operator, and an auditor elsewhere, types them."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from idp.cli import main
from idp.kernel.clock import FixedClock, SystemClock
from idp.settings import SettingsError, load
from idp.upstream_status.state import FlagState
from idp.wiring import audit_problems, beside, build_services
from tests.support.world import build_world

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folder(tmp_path: Path, valkey: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A whole installation, but for the audit key."""
    for name in list(os.environ):
        if name.startswith("IDP_"):
            monkeypatch.delenv(name)
    world = build_world(tmp_path, valkey)
    world.services.stop()
    settings = world.settings
    environment = {
        "ENV": "development", "ISSUER": settings.issuer, "SECRET_KEY": settings.secret_key,
        "DATABASE_URL": settings.database_url, "REDIS_URL": valkey,
        "CLIENTS_FILE": str(settings.clients_file), "KEYS_DIR": str(settings.keys_dir),
        "AUDIT_KEYS_DIR": str(tmp_path / "audit"), "SMTP_URL": "smtp://127.0.0.1:9",
        "MAIL_FROM": "no-responder@example.com", "SOL_BASE_URL": "http://localhost:9100",
        "SOL_CLIENT_ID": "v", "SOL_CLIENT_SECRET": "s",
        "EXTRANET_BASE_URL": "http://localhost:9100", "EXTRANET_CLIENT_ID": "v",
        "EXTRANET_CLIENT_SECRET": "s",
    }  # fmt: skip
    for name, value in environment.items():
        monkeypatch.setenv(f"IDP_{name}", value)
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


def told(run: Run, *words: str) -> Any:
    return json.loads(run(*words, "--json")[1])


def test_log_is_verified_here_and_from_an_export_with_nothing_else(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said, _ = run("--as", "ana", "audit", "key", "init")
    assert (code, "active" in said) == (0, True)
    assert run("upstream", "down", "sol", "--reason", "prueba", "--as", "ana")[0] == 0
    made = told(run, "audit", "checkpoint")
    rows = made["number"]
    assert (rows >= 2, made["kind"]) == (True, "asked")
    code, said, _ = run("audit", "verify")
    assert (code, "sin hallazgos" in said) == (0, True)
    assert f"firmado hasta el sello {rows}" in said
    copies, key, export = (folder / one for one in ("copies.jws", "key.json", "log.jsonl"))
    copies.write_text(made["jws"] + "\n")
    key.write_text(run("audit", "key", "show", "--public")[1])
    assert run("--as", "ana", "audit", "export", str(export))[0] == 0
    assert export.stat().st_mode & 0o777 == 0o600
    (exported,) = told(run, "audit", "list", "--event", "audit.exported")
    assert (exported["actor"], exported["details"]) == ("ana", {"rows": str(rows)})
    assert len(told(run, "audit", "list", "--event", "audit.key_made")) == 1

    for name in list(os.environ):
        if name.startswith("IDP_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(folder)
    elsewhere = ("audit", "verify", "--from-export", str(export), "--key", str(key),
                 "--checkpoints", str(copies))  # fmt: skip
    found = told(run, *elsewhere)
    assert (found["sound"], found["rows"], found["signed"]) == (True, rows, rows)
    export.write_text(export.read_text().replace('"actor":"ana"', '"actor":"eva"', 1))
    code, said, _ = run(*elsewhere)
    assert (code, "altered 1 aud_" in said, "HALLAZGOS: 1" in said) == (1, True, True)


def test_log_that_was_tampered_with_ends_with_1_and_says_which_row(folder: Path, run: Run) -> None:
    run("--as", "ana", "audit", "key", "init")
    run("audit", "checkpoint")
    with sqlite3.connect(next(folder.rglob("*.sqlite3"))) as database:
        database.execute("DROP TRIGGER audit_log_fixed")
        database.execute("UPDATE audit_log SET actor = 'nobody'")
    found = told(run, "audit", "verify")
    assert run("audit", "verify")[0] == 1
    assert found["sound"] is False
    assert found["counts"] == {"altered": 1}
    assert (found["findings"][0]["number"], found["findings"][0]["id"][:4]) == (1, "aud_")


@pytest.mark.parametrize(
    "words",
    [("--from-export", "none.jsonl", "--key", "key.json"), ("--from-export", "none.jsonl"),
     ("--key", "none.json"), ("--from-export", "key.json", "--key", "key.json"),
     ("--checkpoints", "none.jws")],
)  # fmt: skip
def test_file_that_cannot_be_used_ends_with_3_and_a_line(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(folder)
    run("--as", "ana", "audit", "key", "init")
    (folder / "key.json").write_text(run("audit", "key", "show", "--public")[1])
    code, said, error = run("audit", "verify", *words)
    assert (code, said, len(error.splitlines())) == (3, "", 1)


def test_without_a_key_it_is_told_and_nothing_is_signed(run: Run) -> None:
    code, _, error = run("audit", "verify")
    assert (code, "idp audit key init" in error) == (0, True)
    assert run("audit", "checkpoint")[0] == 1
    assert run("audit", "key", "show")[0] == 1


def test_key_is_made_once_and_rotated_by_both(folder: Path, run: Run) -> None:
    first = told(run, "--as", "ana", "audit", "key", "init")
    assert told(run, "audit", "key", "init", "--as", "ana") == first
    run("audit", "checkpoint")
    second = told(run, "audit", "key", "rotate", "--as", "eva")
    assert (second["state"], second["kid"] != first["kid"]) == ("active", True)
    run("audit", "checkpoint")
    assert told(run, "audit", "verify")["sound"]
    (row,) = told(run, "audit", "list", "--event", "audit.key_rotated")
    assert row["actor"] == "eva"
    assert row["details"] == {"kid": first["kid"], "successor": second["kid"]}
    states = [one["state"] for one in told(run, "audit", "key", "show")]
    assert states == ["retired", "active"]


def test_rotation_that_was_cut_off_goes_on_where_it_was(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("--as", "ana", "audit", "key", "init")

    def cut_off(self: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("idp.signing.audit_keys.AuditKeyFolder.succeed", cut_off)
        assert run("--as", "ana", "audit", "key", "rotate")[0] == 130
    run("audit", "checkpoint")
    assert run("--as", "ana", "audit", "key", "rotate")[0] == 0
    run("audit", "checkpoint")
    assert told(run, "audit", "verify")["sound"]
    assert len(told(run, "audit", "list", "--event", "audit.key_rotated")) == 1


def test_production_is_told_what_it_lacks_and_https_is_needed(folder: Path, run: Run) -> None:
    settings = load(os.environ)
    assert audit_problems(settings) == []
    production = replace(settings, env="production")
    assert len(audit_problems(production)) == 2
    run("--as", "ana", "audit", "key", "init")
    (problem,) = audit_problems(production)
    assert "IDP_AUDIT_CHECKPOINTS_FILE" in problem
    assert audit_problems(replace(production, audit_checkpoints_file=folder / "x.jws")) == []
    environment = {**os.environ, "IDP_ENV": "production",
                   "IDP_AUDIT_CHECKPOINTS_URL": "http://auditors.example/"}  # fmt: skip
    with pytest.raises(SettingsError, match="IDP_AUDIT_CHECKPOINTS_URL: production needs https"):
        load(environment)


def test_worker_seals_signs_and_sends_beside_its_other_work(folder: Path, run: Run) -> None:
    run("--as", "ana", "audit", "key", "init")
    out = folder / "out.jws"
    settings = replace(load(os.environ), audit_checkpoints_file=out)
    services = build_services(settings, clock=FixedClock(SystemClock().now()))
    threads = beside(services.audit_room, services.clock)
    for one in threads:
        one._tick = 0.01
        one.start()
    services.upstream_status.set("sol", FlagState.FORCED_DOWN, reason="prueba", who="ana")
    for _ in range(2_000):
        if out.exists():
            break
        services.clock.advance(1)  # type: ignore[attr-defined]
        threads[0]._stop.wait(0.005)
    for one in threads:
        one.stop()
    services.stop()
    code, said, _ = run("audit", "verify", "--checkpoints", str(out))
    assert (code, "sin sello todavía: 0" in said) == (0, True)
