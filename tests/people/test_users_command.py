"""`idp users …` and `idp audit …`, as an operator types them."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from idp.audit.log import Audit
from idp.audit.records import AuditFilter
from idp.audit.testing import Guard
from idp.cli import audit as audit_command
from idp.cli import users
from idp.kernel.clock import FixedClock
from idp.kernel.errors import IdpError
from idp.people.joining import Joining
from idp.people.service import People

Run = Callable[..., tuple[int, Any]]
THEN = "2026-03-01T09:30:00-05:00"
FILE = (
    "realm,ruc,usuario,name,email,email_verified_at,consent_at,last_login_at\n"
    f"sol,20504774288,ADMIN,COMERCIAL SINTÉTICA,ana@empresa.pe,{THEN},{THEN},{THEN}\n"
)


@pytest.fixture
def run(people: People, joining: Joining, audit: Audit, clock: FixedClock) -> Run:
    """Runs a command line; its exit code and what it said."""

    def command(*words: str, json: bool = False) -> tuple[int, Any]:
        said: list[Any] = []
        parser = argparse.ArgumentParser()
        subparsers = parser.add_subparsers()
        users.add_parser(subparsers)
        audit_command.add_parser(subparsers)
        args = parser.parse_args(words)
        services = SimpleNamespace(people=people, identities=joining, audit=audit, clock=clock)
        context = SimpleNamespace(services=services, as_json=json, actor="ana", out=said.append)
        return args.func(args, context), said[0]

    return command


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "people.csv"
    found.write_text(FILE, encoding="utf-8")
    return found


def test_import_then_show_is_masked(run: Run, file: Path, audit: Audit) -> None:
    assert run("users", "import", str(file), "--trust-emails") == (
        0,
        "1 created, 0 updated, 0 unchanged",
    )
    code, shown = run("users", "show", "sol", "20504774288/admin", json=True)
    assert (code, shown["eligibility"]) == (0, "eligible")
    assert (shown["identifier"], shown["name"]) == ("20•••••••88 / AD•••", "C••• S•••")
    assert [(one["email"], one["in_force"]) for one in shown["addresses"]] == [
        ("a•••@e•••.pe", True)
    ]
    _, text = run("users", "show", "sol", "20504774288:ADMIN")
    Guard("20504774288", "COMERCIAL", "ana@empresa.pe").check(text, "the masked view")
    assert "person.revealed" not in {record.event for record in audit.search(AuditFilter())}


def test_show_in_clear_is_recorded_with_who_and_why(run: Run, file: Path, audit: Audit) -> None:
    run("users", "import", str(file))
    words = ("users", "show", "sol", "20504774288:ADMIN", "--clear", "--reason", "caso 7")
    _, shown = run(*words, json=True)
    assert shown["identifier"] == "20504774288:ADMIN"
    assert shown["addresses"][0]["email"] == "ana@empresa.pe"
    newest = audit.search(AuditFilter())[0]
    assert (newest.event.value, newest.actor, newest.person_id) == (
        "person.revealed",
        "ana",
        shown["id"],
    )
    assert newest.details == {"purpose": "caso 7"}


def test_show_of_a_stranger_is_an_error(run: Run) -> None:
    with pytest.raises(IdpError) as refused:
        run("users", "show", "extranet", "EXT404")
    assert refused.value.code == "person_unknown"


def test_import_of_a_file_that_is_not_there_is_an_error(run: Run, tmp_path: Path) -> None:
    with pytest.raises(IdpError) as refused:
        run("users", "import", str(tmp_path / "none.csv"))
    assert refused.value.code == "file_unreadable"


def test_audit_list_shows_matching_records(run: Run, file: Path) -> None:
    run("users", "import", str(file))
    code, found = run("audit", "list", "--event", "people.imported", json=True)
    assert (code, len(found), found[0]["details"]["created"]) == (0, 1, "1")
    _, text = run("audit", "list", "--since", "2026-11-23T10:00:00-05:00", "--limit", "1")
    assert text.startswith("2026-11-23T15:00:00+00:00  people.imported")
    assert "actor=ana" in text
    assert run("audit", "list", "--until", THEN) == (0, "no such records")


def test_audit_events_documents_the_closed_list(run: Run) -> None:
    _, text = run("audit", "events")
    assert "link.consumed" in text
    _, found = run("audit", "events", json=True)
    assert found["flag.policy_changed"]["details"] == [
        "approved_by",
        "policy",
        "previous",
        "reason",
    ]
