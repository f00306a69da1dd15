"""`idp users import`, as an operator types it."""

from __future__ import annotations

import argparse
import csv
import stat
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from idp.audit.log import Audit
from idp.audit.records import AuditFilter
from idp.cli import users
from idp.kernel.clock import FixedClock
from idp.kernel.errors import IdpError, Unavailable
from idp.kernel.identity import Identifier
from idp.people.person import Person, UpstreamFacts
from idp.people.service import People

Run = Callable[..., tuple[int, Any]]
THEN = "2026-03-01T09:30:00-05:00"
HEADER = "realm,ruc,usuario,name,email,email_verified_at,consent_at,last_login_at\n"
ANA = f"sol,20504774288,ADMIN,COMERCIAL SINTÉTICA,ana@empresa.pe,{THEN},{THEN},{THEN}\n"
BAD = "sol,1,X,,,,,\n"


@pytest.fixture
def notes() -> list[str]:
    return []


@pytest.fixture
def run(people: People, clock: FixedClock, notes: list[str]) -> Run:
    def command(*words: object, json: bool = False) -> tuple[int, Any]:
        said: list[Any] = []
        parser = argparse.ArgumentParser()
        users.add_parser(parser.add_subparsers())
        args = parser.parse_args(["users", "import", *map(str, words)])
        context = SimpleNamespace(
            services=SimpleNamespace(people=people, clock=clock),
            as_json=json,
            actor="ana",
            out=said.append,
            note=notes.append,
        )
        return args.func(args, context), said[0]

    return command


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "people.csv"
    found.write_text(HEADER + ANA, encoding="utf-8")
    return found


def known(people: People, value: str = "20504774288:ADMIN") -> Person:
    person = people.find(Identifier("sol", value))
    assert person is not None
    return person


def test_import_of_a_bad_file_tells_lines_and_writes_nothing(
    run: Run, file: Path, people: People
) -> None:
    file.write_text(HEADER + ANA + BAD, encoding="utf-8")
    code, said = run(file)
    report = file.with_suffix(".problems.csv")
    assert (code, said.splitlines()) == (
        1,
        [
            f"{file}:3: ruc: not a RUC: 11 digits with its check digit",
            f"all of them: {report}",
            "nothing was imported: it has problems",
        ],
    )
    assert list(csv.reader(report.open(encoding="utf-8"))) == [
        ["kind", "line", "column", "reason"],
        ["problem", "3", "ruc", "not a RUC: 11 digits with its check digit"],
    ]
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    assert people.find(Identifier("sol", "20504774288:ADMIN")) is None
    code, said = run(file, json=True)
    assert (code, said["written"], said["problems"][0]["line"]) == (1, False, 3)


def test_import_with_skip_bad_writes_the_good_rows(run: Run, file: Path, people: People) -> None:
    file.write_text(HEADER + BAD + ANA, encoding="utf-8")
    code, said = run(file, "--skip-bad")
    assert (code, said.splitlines()[-1]) == (0, "1 created, 0 updated, 0 unchanged")
    assert known(people).name == "COMERCIAL SINTÉTICA"


def test_import_as_a_dry_run_tells_and_writes_nothing(
    run: Run, file: Path, people: People, audit: Audit
) -> None:
    assert run(file, "--dry-run") == (
        0,
        "it would be 1 created, 0 updated, 0 unchanged; nothing was written",
    )
    assert people.find(Identifier("sol", "20504774288:ADMIN")) is None
    assert audit.search(AuditFilter()) == []


def test_import_of_the_same_file_twice_changes_nothing(
    run: Run, file: Path, people: People
) -> None:
    run(file, "--trust-emails")
    before = known(people)
    assert run(file, "--trust-emails") == (0, "0 created, 0 updated, 1 unchanged")
    assert known(people) == before


def test_import_with_conflicts_stops_and_shows_them_unless_told_to_keep(
    run: Run, file: Path, people: People, facts: UpstreamFacts
) -> None:
    person = people.record_upstream_login(facts)
    people.set_contact(person.id, email="propia@empresa.pe", consent=True)
    rows = ANA + "sol,20131312955,B,OTRA,b@empresa.pe,,,\n"
    file.write_text(HEADER + rows, encoding="utf-8")
    code, said = run(file)
    assert (code, said.splitlines()[-1]) == (
        1,
        "nothing was imported: it has conflicts (see --conflicts)",
    )
    assert said.startswith(f"{file}:2: email: another address is in use, or the person typed")
    assert people.find(Identifier("sol", "20131312955:B")) is None
    code, said = run(file, "--conflicts", "keep", json=True)
    assert (code, said["created"], said["conflicts_count"]) == (0, 1, 1)
    assert [one.email for one in known(people).addresses] == ["propia@empresa.pe"]


def test_import_of_another_source_keeps_what_the_first_said(
    run: Run, file: Path, people: People
) -> None:
    run(file)
    file.write_text(HEADER + ANA.replace("COMERCIAL", "INDUSTRIAL"), encoding="utf-8")
    code, said = run(file, "--source", "aduanas", json=True)
    assert (code, [(one["column"], one["problem"]) for one in said["conflicts"]]) == (
        1,
        [("name", "vuce said otherwise before")],
    )
    code, said = run(file, "--source", "vuce", json=True)
    assert (code, said["updated"]) == (0, 1)
    assert known(people).name == "INDUSTRIAL SINTÉTICA"


@pytest.fixture
def parts(people: People, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The parts that were begun: a row each, and the third dies."""
    monkeypatch.setattr("idp.people.seed.PART", 1)
    write_part, begun = people.seeder._write_part, []

    def dies_at_the_third(*given: Any) -> Any:
        begun.append(given)
        if len(begun) == 3:
            raise Unavailable("sql")
        return write_part(*given)

    monkeypatch.setattr(people.seeder, "_write_part", dies_at_the_third)
    return begun


def test_import_that_was_cut_off_goes_on_where_it_was(
    run: Run, file: Path, people: People, audit: Audit, parts: list[Any]
) -> None:
    others = "".join(f"extranet,,EXT{number},N,,,,\n" for number in range(3))
    file.write_text(HEADER + ANA + others, encoding="utf-8")
    with pytest.raises(Unavailable):
        run(file)
    assert people.find(Identifier("extranet", "EXT0")) is not None
    assert people.find(Identifier("extranet", "EXT2")) is None
    assert run(file)[1] == "4 created, 0 updated, 0 unchanged"  # of the whole run
    assert len(parts) == 5  # three before, and only the two that were left
    created = [one for one in audit.search(AuditFilter()) if one.event.value == "person.created"]
    assert len(created) == 4


def test_import_that_was_cut_off_begins_anew_after_another_was_written(
    run: Run, file: Path, people: People, clock: FixedClock, parts: list[Any]
) -> None:
    others = "".join(f"extranet,,EXT{number},N,,,,\n" for number in range(3))
    file.write_text(HEADER + ANA + others, encoding="utf-8")
    with pytest.raises(Unavailable):
        run(file)
    between = file.with_name("between.csv")
    between.write_text(HEADER + ANA.replace("COMERCIAL", "INDUSTRIAL"), encoding="utf-8")
    clock.advance(60)
    run(between)
    clock.advance(60)
    assert run(file)[1] == "2 created, 1 updated, 1 unchanged"
    assert known(people).name == "COMERCIAL SINTÉTICA"


def test_import_that_was_cut_off_writes_a_row_that_lay_ahead_when_it_began(
    run: Run, file: Path, people: People, clock: FixedClock, parts: list[Any]
) -> None:
    ahead = "extranet,,EXT9,N,,,,2026-11-23T15:00:30Z\n"
    others = "".join(f"extranet,,EXT{number},N,,,,\n" for number in range(3))
    file.write_text(HEADER + ahead + ANA + others, encoding="utf-8")
    with pytest.raises(Unavailable):
        run(file, "--skip-bad")
    clock.advance(60)
    code, said = run(file, "--skip-bad", json=True)
    assert (code, said["created"], said["unchanged"], said["problems_count"]) == (0, 5, 0, 0)
    found = [people.find(Identifier("extranet", f"EXT{number}")) for number in (0, 1, 2, 9)]
    assert None not in found


def test_import_without_a_problem_leaves_no_report_of_an_earlier_run(
    run: Run, file: Path, tmp_path: Path
) -> None:
    """It would be taken for this one's. Whatever else is there is left alone."""
    report, other = file.with_suffix(".problems.csv"), tmp_path / "mine.csv"
    file.write_text(HEADER + ANA + BAD, encoding="utf-8")
    run(file)
    run(file, "--report", other)
    assert report.exists()
    file.write_text(HEADER + ANA, encoding="utf-8")
    assert run(file, "--dry-run", json=True)[1]["report"] is None
    assert not report.exists()
    run(file, "--report", other)
    assert not other.exists()
    other.write_text("mine", encoding="utf-8")
    run(file, "--report", other)
    assert other.read_text(encoding="utf-8") == "mine"


def test_import_that_would_close_or_open_otherwise_stops_and_tells(
    run: Run, file: Path, people: People
) -> None:
    head = HEADER.replace("\n", ",active\n")
    file.write_text(head + ANA.replace("\n", ",false\n"), encoding="utf-8")
    run(file)
    file.write_text(head + ANA.replace("\n", ",true\n"), encoding="utf-8")
    code, said = run(file, "--source", "aduanas", "--dry-run", json=True)
    assert (code, [one["column"] for one in said["conflicts"]]) == (1, ["active"])
    assert run(file, "--source", "aduanas", "--conflicts", "keep")[0] == 0
    assert not known(people).active
    assert run(file, "--dry-run")[1].startswith("it would be 0 created, 1 updated")
    assert not known(people).active
    run(file)
    assert known(people).active


def test_import_report_is_never_the_file_itself(run: Run, file: Path) -> None:
    before = HEADER + ANA + BAD
    file.write_text(before, encoding="utf-8")
    with pytest.raises(IdpError, match="file_unwritable"):
        run(file, "--report", file)
    assert file.read_text(encoding="utf-8") == before


def test_import_of_a_file_cut_off_in_its_last_line_refuses_that_line(
    run: Run, file: Path, people: People
) -> None:
    whole = HEADER + ANA + "sol,20131312955,B,OTRA,b@empresa.com.pe"
    file.write_text(whole[: -len(".pe")], encoding="utf-8")
    code, said = run(file, json=True)
    assert (code, [(one["line"], one["problem"]) for one in said["problems"]]) == (
        1,
        [(3, "the last line has no end: cut off? If it is whole, end it")],
    )


def test_import_report_that_cannot_be_written_is_an_error_and_writes_nobody(
    run: Run, file: Path, people: People, tmp_path: Path
) -> None:
    file.write_text(HEADER + ANA + BAD, encoding="utf-8")
    with pytest.raises(Exception, match="file_unwritable"):
        run(file, "--skip-bad", "--report", tmp_path / "no" / "such.csv")
    assert people.find(Identifier("sol", "20504774288:ADMIN")) is None
