"""`idp users erase|hold|export --person` and `idp data retention`, as an operator types them."""

from __future__ import annotations

import argparse
import json
import stat
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from privacy_room import Room

from idp.audit.events import AuditEvent
from idp.audit.records import AuditFilter
from idp.audit.testing import Guard
from idp.cli import data, users
from idp.kernel.errors import IdpError
from idp.wiring.personal import documents

Run = Callable[..., tuple[int, Any]]
ADMIN = ("sol", "20504774288:ADMIN")
GUARD = Guard("20504774288", "COMERCIAL", "Quispe", "ana@empresa")


@pytest.fixture
def run(room: Room) -> Run:
    """Runs a command line; its exit code and what it said."""

    def command(*words: object, as_json: bool = False) -> tuple[int, Any]:
        said: list[Any] = []
        parser = argparse.ArgumentParser()
        subparsers = parser.add_subparsers()
        users.add_parser(subparsers)
        data.add_parser(subparsers)
        args = parser.parse_args([str(one) for one in words])
        services = SimpleNamespace(
            people=room.people, clock=room.clock, personal=room.personal,
            documents=documents(room.base.settings),
        )  # fmt: skip
        context = SimpleNamespace(services=services, as_json=as_json, actor="ana", out=said.append)
        return args.func(args, context), said[0] if said else None

    return command


def test_erase_shows_masked_and_erases_only_when_told_to(room: Room, run: Run) -> None:
    person = room.proved(room.came(), "ana@empresa.example")
    room.audit.record(
        AuditEvent.CODE_ISSUED, person_id=person.id, client_id="mr", realm="sol", mode="sunat"
    )
    code, said = run("users", "erase", *ADMIN, "--reason", "lo pidió")
    assert code == 0
    assert "nothing was erased; --yes does it" in said
    assert f"Mercancías Restringidas  {person.sub}" in said
    GUARD.check(said, "what erase shows")
    assert room.now(person) == person
    code, said = run("users", "erase", *ADMIN, "--reason", "lo pidió", "--yes", as_json=True)
    assert (code, said["erased"], said["id"]) == (0, True, person.id)
    assert said["components"] == [{"component": "Mercancías Restringidas", "sub": person.sub}]
    assert room.people.get(person.id) is None
    (told,) = room.audit.search(AuditFilter(event=AuditEvent.PERSON_ERASED))
    assert (told.actor, told.details["reason"]) == ("ana", "lo pidió")


def test_erase_takes_the_id_of_the_log_alone(room: Room, run: Run) -> None:
    """After a backup was restored, all that is known of the erased is their id."""
    person = room.came()
    for words in (("--id", person.id, *ADMIN), ("sol",), ()):
        with pytest.raises(IdpError, match="person_needed"):
            run("users", "erase", *words, "--reason", "otra vez")
    run("users", "erase", "--id", person.id, "--reason", "copia restaurada", "--yes")
    assert room.people.get(person.id) is None
    with pytest.raises(IdpError, match="person_unknown"):
        run("users", "erase", "--id", person.id, "--reason", "otra vez", "--yes")


@pytest.mark.parametrize("command", ["erase", "hold", "show", "export", "deliverable"])
def test_reason_that_names_the_person_is_refused_and_nothing_is_done(
    room: Room, run: Run, command: str
) -> None:
    room.proved(room.came(), "ana@empresa.example")
    before = len(room.events())
    words = ("--person", *ADMIN) if command == "export" else ADMIN
    more = {"show": ("--clear",), "erase": ("--yes",)}.get(command, ())
    with pytest.raises(IdpError, match="reason_names_person"):
        run("users", command, *words, *more, "--reason", "la señora Quispe Rojas")
    for told in ("pide 20504774288", "escribió ana@empresa.example"):
        with pytest.raises(SystemExit):
            run("users", command, *words, *more, "--reason", told)
    assert len(room.events()) == before


def test_hold_says_since_when_and_release_ends_it(room: Room, run: Run) -> None:
    person = room.came()
    code, said = run("users", "hold", *ADMIN, "--reason", "proceso 9", as_json=True)
    since = room.clock.now().isoformat()
    assert (code, said) == (0, {"id": person.id, "changed": True, "on_hold_since": since})
    _, shown = run("users", "erase", *ADMIN, "--reason", "lo pidió")
    assert f"on hold since {since}" in shown
    with pytest.raises(IdpError, match="on_hold"):
        run("users", "erase", *ADMIN, "--reason", "lo pidió", "--yes")
    _, again = run("users", "hold", *ADMIN, "--reason", "proceso 9")
    assert again.endswith("as before")
    _, said = run("users", "hold", *ADMIN, "--release", "--reason", "terminó", as_json=True)
    assert (said["changed"], said["on_hold_since"]) == (True, None)


def test_copy_goes_to_a_file_of_its_owner_alone(room: Room, run: Run, tmp_path: Path) -> None:
    person = room.proved(room.came(), "ana@empresa.example")
    file = tmp_path / "copy.json"
    words = ("users", "export", file, "--person", *ADMIN, "--reason", "expediente 12")
    code, said = run(*words, as_json=True)
    assert (code, said["id"], said["file"]) == (0, person.id, str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    sections = json.loads(file.read_text(encoding="utf-8"))["sections"]
    assert sections["addresses"]["entries"][0]["email"] == "ana@empresa.example"
    (told,) = room.audit.search(AuditFilter(event=AuditEvent.PERSON_EXPORTED))
    assert (told.person_id, told.actor) == (person.id, "ana")
    assert room.audit.search(AuditFilter(event=AuditEvent.PEOPLE_EXPORTED)) == []
    with pytest.raises(IdpError, match="file_unwritable"):
        run(*words)


@pytest.mark.parametrize(("language", "said"), [("es", "Sus correos"), ("en", "Your addresses")])
def test_copy_for_reading_is_a_whole_page(
    room: Room, run: Run, capsys: pytest.CaptureFixture[str], language: str, said: str
) -> None:
    room.proved(room.came(), "ana@empresa.example")
    run(
        "users", "export", "--person", *ADMIN, "--format", "html", "--language", language,
        "--reason", "expediente 12",
    )  # fmt: skip
    page = capsys.readouterr().out
    assert page.startswith("<!doctype html>")
    assert f'<html lang="{language}">' in page
    assert "ana@empresa.example" in page
    assert said in page


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--format", "json", "x.csv"),
        ("--language", "en", "x.csv"),
        ("--person", *ADMIN, "--realm", "sol"),
        ("--person", *ADMIN, "x.csv"),
        ("--person", *ADMIN, "--language", "en"),
    ],
    ids=["nothing", "format of all", "language of all", "realm", "csv", "language of json"],
)
def test_everybody_and_one_person_are_never_mixed_up(
    room: Room, run: Run, words: tuple[str, ...]
) -> None:
    room.came()
    before = len(room.events())
    with pytest.raises(IdpError, match="options_mixed"):
        run("users", "export", *words, "--reason", "expediente 12")
    assert len(room.events()) == before


def test_retention_shows_the_policy_and_what_is_due(room: Room, run: Run) -> None:
    room.came()
    room.clock.advance(5 * 365 * 86_400 - 10)
    code, said = run("data", "retention", as_json=True)
    rules = {one["name"]: one for one in said["rules"]}
    assert (code, said["ahead"]) == (0, 30 * 86_400)
    assert rules["unused_people"] == {
        "name": "unused_people", "setting": "IDP_PERSON_RETENTION",
        "keeps": 5 * 365 * 86_400, "due": 0, "soon": 1,
    }  # fmt: skip
    _, text = run("data", "retention", "--ahead", "5s")
    heads, first, *_ = text.splitlines()
    assert heads.split() == ["what", "kept", "due", "soon", "setting"]
    assert first.split() == ["unused_people", "1825", "days", "0", "0", "IDP_PERSON_RETENTION"]
    assert "until it expires" in text


def test_purge_now_removes_what_is_due_and_says_how_much(room: Room, run: Run) -> None:
    person = room.came()
    room.clock.advance(5 * 365 * 86_400 + 1)
    _, said = run("data", "retention", "--purge-now", as_json=True)
    rules = {one["name"]: one for one in said["rules"]}
    assert (rules["unused_people"]["removed"], rules["unused_people"]["due"]) == (1, 0)
    assert room.people.get(person.id) is None
    (told,) = room.audit.search(AuditFilter(event=AuditEvent.DATA_PURGED, person_id=None), 1)
    assert told.actor == "ana"
