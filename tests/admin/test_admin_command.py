"""`idp admin …` as an operator runs it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from idp.audit.events import AuditEvent
from idp.cli import main

Run = Callable[..., tuple[int, str, str]]
NOTE = "sets the account up here, once, until "


@pytest.fixture
def run(
    tmp_path: Path,
    world_environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    for name, value in world_environment.items():
        monkeypatch.setenv(name, value)

    def command(*words: str) -> tuple[int, str, str]:
        try:
            code = main(list(words))
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    assert command("db", "upgrade")[0] == 0
    return command


def test_account_is_made_with_a_link_and_no_password(run: Run) -> None:
    code, out, err = run("--as", "jefa", "admin", "create", "Ana.Quispe", "--role", "operator")
    assert code == 0
    assert out.startswith("http://localhost:8010/admin/alta/")
    assert err.startswith("ana.quispe (operator) " + NOTE)
    (row,) = json.loads(run("audit", "list", "--event", "admin.created", "--json")[1])
    assert row["actor"] == "jefa"
    assert row["details"] == {"account": "ana.quispe", "role": "operator"}
    assert out.strip().rpartition("/")[2] not in json.dumps(row)


def test_accounts_are_listed_with_their_state(run: Run) -> None:
    assert run("admin", "list") == (0, "no accounts\n", "")
    for name, role in (("zoe", "viewer"), ("ana", "admin")):
        run("admin", "create", name, "--role", role)
    run("admin", "disable", "zoe", "--reason", "se fue")
    found = json.loads(run("admin", "list", "--json")[1])
    assert [(one["name"], one["role"], one["state"]) for one in found] == [
        ("ana", "admin", "not set up yet"),
        ("zoe", "viewer", "disabled"),
    ]
    assert "last login: never" in run("admin", "list")[1]


def test_account_is_changed_with_who_and_why(run: Run) -> None:
    made = json.loads(run("admin", "create", "ana", "--role", "viewer", "--json")[1])
    assert set(made) == {"name", "role", "link", "until", "disabled"}
    assert json.loads(run("admin", "role", "ana", "auditor", "--json")[1])["role"] == "auditor"
    run("admin", "disable", "ana", "--reason", "vacaciones")
    assert "not set up yet" in run("admin", "enable", "ana", "--reason", "volvió")[1]
    again = json.loads(run("admin", "reset", "ana", "--reason", "perdió todo", "--json")[1])
    assert again["link"] != made["link"]
    for event, details in (
        (AuditEvent.ADMIN_ROLE_CHANGED, {"account": "ana", "role": "auditor"}),
        (AuditEvent.ADMIN_DISABLED, {"account": "ana", "reason": "vacaciones"}),
        (AuditEvent.ADMIN_ENABLED, {"account": "ana", "reason": "volvió"}),
        (AuditEvent.ADMIN_RESET, {"account": "ana", "reason": "perdió todo"}),
    ):
        (row,) = json.loads(run("audit", "list", "--event", event.value, "--json")[1])
        assert row["details"] == details
        assert row["actor"].startswith("os:")


def test_link_of_a_disabled_account_is_said_to_wait(run: Run) -> None:
    run("admin", "create", "ana", "--role", "viewer")
    run("admin", "disable", "ana", "--reason", "robo del teléfono")
    code, out, err = run("admin", "reset", "ana", "--reason", "robo del teléfono")
    assert code == 0
    assert out.startswith("http://localhost:8010/admin/alta/")
    assert "the account is disabled: the link counts once it is enabled" in err
    again = json.loads(run("admin", "reset", "ana", "--reason", "otra vez", "--json")[1])
    assert again["disabled"] is True


@pytest.mark.parametrize("name", ["console:ana", "os:root", " ", "ana\nluis"])
def test_nobody_acts_in_the_name_of_a_console_account_or_of_the_system(run: Run, name: str) -> None:
    for words in (("--as", name, "admin", "list"), ("admin", "list", "--as", name)):
        code, _, err = run(*words)
        assert (code, "argument --as" in err) == (2, True)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("create", "ana", "--role", "viewer"), 1, "account_exists"),
        (("create", "ANA ", "--role", "viewer"), 1, "account_exists"),
        (("create", "á b", "--role", "viewer"), 1, "account_name_invalid"),
        (("create", "eva"), 2, "--role"),
        (("create", "eva", "--role", "jefa"), 2, "invalid choice"),
        (("role", "eva", "viewer"), 1, "account_unknown"),
        (("disable", "eva", "--reason", "x"), 1, "account_unknown"),
        (("disable", "ana"), 2, "--reason"),
        (("disable", "ana", "--reason", "la pidió luis@empresa.pe"), 2, "e-mail addresses"),
        (("reset", "eva", "--reason", "x"), 1, "account_unknown"),
    ],
)
def test_what_cannot_be_is_refused(run: Run, words: tuple[str, ...], code: int, said: str) -> None:
    run("admin", "create", "ana", "--role", "viewer")
    found = run("admin", *words)
    assert (found[0], said in found[2]) == (code, True)


def test_accounts_are_changed_although_redis_is_away(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("IDP_REDIS_URL", f"unix://{tmp_path / 'none.sock'}")
    assert run("admin", "create", "ana", "--role", "operator")[0] == 0
    assert run("admin", "disable", "ana", "--reason", "robo")[0] == 0
