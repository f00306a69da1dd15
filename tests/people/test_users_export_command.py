"""`idp users export`: what it writes, `idp users import` takes as it was."""

from __future__ import annotations

import argparse
import csv
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from idp.adapters.sql.database import Database
from idp.adapters.sql.people import SqlPersonStore
from idp.adapters.sql.privacy import SqlPersonRows
from idp.audit.log import Audit
from idp.audit.records import AuditFilter
from idp.cli import users
from idp.kernel.clock import FixedClock
from idp.kernel.errors import IdpError, Unavailable
from idp.kernel.identity import Identifier
from idp.people.eligibility import Eligibility, eligibility
from idp.people.person import Person, UpstreamFacts
from idp.people.service import People
from idp.people.standing import Standing, standing
from idp.people.vault import Vault
from tests.people.test_people_round_trip import NOW, everybody

Run = Callable[..., tuple[int, Any]]
THEN = "2026-03-01T14:30:00+00:00"


@pytest.fixture
def run(people: People, clock: FixedClock) -> Run:
    def command(*words: object, json: bool = False) -> tuple[int, Any]:
        said: list[Any] = []
        parser = argparse.ArgumentParser()
        users.add_parser(parser.add_subparsers())
        args = parser.parse_args(["users", *map(str, words)])
        context = SimpleNamespace(
            services=SimpleNamespace(people=people, clock=clock),
            as_json=json,
            actor="ana",
            out=said.append,
            note=said.append,
        )
        return args.func(args, context), said[0]

    return command


@pytest.fixture
def crowd(people: People, facts: UpstreamFacts, run: Run, tmp_path: Path) -> None:
    """One who came through SUNAT, and some out of a file, with every kind of cell."""
    people.record_upstream_login(facts)
    file = tmp_path / "crowd.csv"
    file.write_text(
        "realm,ruc,usuario,name,email,email_verified_at,consent_at,last_login_at,nickname,mobile\n"
        f"sol,20131312955,B,'=CMD(1),b@empresa.pe,{THEN},{THEN},{THEN},'-Ñandú,987654321\n"
        'extranet,,EXT01,"LUIS ""EL"" SINTÉTICO, HIJO",luis@entidad.gob.pe,,,,,\n'
        "sol,10123456781,C,,,,,,,\n",
        encoding="utf-8",
    )
    code, said = run("import", file, "--trust-emails")
    assert code == 0, said


@pytest.mark.usefixtures("crowd")
def test_export_then_import_changes_nothing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idp.people.service.PART", 2)  # more than one page
    file = tmp_path / "out.csv"
    assert run("export", file, "--reason", "copia") == (0, f"4 people: {file}")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    code, said = run("import", file, "--trust-emails", json=True)
    assert (code, said["unchanged"], said["conflicts"]) == (0, 4, [])


@pytest.mark.usefixtures("crowd")
def test_export_into_an_empty_directory_makes_the_same_people(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    run("export", file, "--reason", "copia", json=True)
    rows = {row["usuario"]: row for row in csv.DictReader(file.open(encoding="utf-8"))}
    told = rows["B"]
    assert (told["name"], told["nickname"]) == ("'=CMD(1)", "'-Ñandú")  # no formula
    assert (told["email_verified_at"], told["consent_at"]) == (THEN, THEN)
    assert rows["EXT01"]["email_verified_at"] == ""
    assert (rows["ADMIN"]["ruc"], rows["ADMIN"]["email"]) == ("20504774288", "")


def test_who_was_closed_or_withdrawn_stays_so_in_an_empty_directory(
    people: People, clock: FixedClock, database: Database, vault: Vault, run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "crowd.csv"
    head = "realm,ruc,usuario,email,email_verified_at,consent_at,last_login_at\n"
    row = "sol,20131312955,{0},{0}@empresa.pe,{1},{1},{1}\n"
    users = ("ABIERTA", "CERRADA", "RETIRADA")
    file.write_text(head + "".join(row.format(one, THEN) for one in users), encoding="utf-8")
    run("import", file, "--trust-emails")

    def found() -> list[Person]:
        persons = [people.find(Identifier("sol", f"20131312955:{one}")) for one in users]
        return [one for one in persons if one is not None]

    store, (_, closed, gone) = SqlPersonStore(database, vault), found()
    store.update(replace(closed, active=False, doubted_at=NOW))
    store.update(replace(gone, withdrawn_at=clock.now()))
    before, out = found(), tmp_path / "out.csv"
    run("export", out, "--reason", "copia")
    for left in (out, file):  # the second has no columns for it
        code, said = run("import", left, "--trust-emails", json=True)
        assert (code, said["unchanged"], said["conflicts"]) == (0, 3, [])
    assert found() == before
    SqlPersonRows(database, vault).erase([one.id for one in before])
    for outcome in ("created", "unchanged"):
        assert run("import", out, "--trust-emails", json=True)[1][outcome] == 3
    assert [eligibility(one, clock.now()) for one in found()] == [
        Eligibility.ELIGIBLE, Eligibility.INACTIVE, Eligibility.INACTIVE,
    ]  # fmt: skip
    assert [(one.active, one.withdrawn_at, one.doubted_at) for one in found()] == [
        (True, None, None), (False, None, NOW), (True, clock.now(), None),
    ]  # fmt: skip


@pytest.mark.parametrize("trust", [(), ("--trust-emails",)])
def test_export_opens_to_nobody_more_in_an_empty_directory(
    people: People,
    database: Database,
    vault: Vault,
    run: Run,
    tmp_path: Path,
    trust: tuple[str, ...],
) -> None:
    """One of every standing and answer: a later file's yes opens to nobody who said no either."""
    kinds = {(standing(one, NOW), one.consent, one.consent_at): one for one in everybody()}
    store = SqlPersonStore(database, vault)
    store.create_many([(one, None) for one in kinds.values()])
    for one in kinds.values():
        for address in one.addresses:
            store.put_address(one.id, address)

    def found() -> dict[str, Person]:
        persons = [people.find(one.key) for one in kinds.values()]
        return {one.identifier: one for one in persons if one is not None}

    before, out, yes = found(), tmp_path / "out.csv", tmp_path / "yes.csv"
    assert {standing(one, NOW) for one in before.values()} == set(Standing)
    run("export", out, "--reason", "copia")
    code, said = run("import", out, *trust, json=True)
    assert (code, said["unchanged"], said["conflicts"]) == (0, len(kinds), [])
    assert found() == before
    SqlPersonRows(database, vault).erase([one.id for one in kinds.values()])
    assert run("import", out, *trust, json=True)[1]["created"] == len(kinds)
    rows = [f"sol,20504774288,{one.usuario},{THEN}\n" for one in kinds.values()]
    after = found()
    assert {
        key for key, one in after.items() if standing(one, NOW) is Standing.ELIGIBLE
    } == {
        key for key, one in before.items() if trust and standing(one, NOW) is Standing.ELIGIBLE
    }  # fmt: skip
    yes.write_text("realm,ruc,usuario,consent_at\n" + "".join(rows), encoding="utf-8")
    run("import", yes, *trust, "--conflicts", "keep")
    after = found()
    for key, one in before.items():
        assert after[key].consent is (one.consent or one.consent_at is None)


@pytest.mark.usefixtures("crowd")
def test_export_of_one_realm_holds_nobody_else(run: Run, tmp_path: Path) -> None:
    _, said = run("export", tmp_path / "o.csv", "--realm", "extranet", "--reason", "x", json=True)
    assert said["rows"] == 1


def test_export_writes_the_address_in_force_and_no_withdrawn_consent(
    people: People, facts: UpstreamFacts, clock: FixedClock, run: Run, tmp_path: Path
) -> None:
    person = people.record_upstream_login(facts)
    people.set_contact(person.id, email="uno@empresa.pe", consent=True)
    pending = people.pending_verification(person.id)
    assert pending is not None
    people.confirm_address(person.id, token=pending.token)
    clock.advance(2 * 86_400)
    people.set_contact(person.id, email="dos@empresa.pe", consent=False)
    run("export", tmp_path / "o.csv", "--reason", "x")
    (row,) = csv.DictReader((tmp_path / "o.csv").open(encoding="utf-8"))
    assert (row["email"], row["consent_at"]) == ("uno@empresa.pe", "")
    assert row["consent_refused_at"] == clock.now().isoformat()


def test_export_is_on_record_before_a_row_is_read(
    run: Run, tmp_path: Path, audit: Audit, facts: UpstreamFacts, people: People
) -> None:
    people.record_upstream_login(facts)
    run("export", tmp_path / "o.csv", "--reason", "pedido 12")
    newest = audit.search(AuditFilter())[0]
    assert (newest.event.value, newest.actor, newest.details) == (
        "people.exported", "ana", {"purpose": "pedido 12"},
    )  # fmt: skip


def test_export_over_a_file_is_refused_and_leaves_it(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "o.csv"
    file.write_text("mine", encoding="utf-8")
    with pytest.raises(IdpError, match="file_unwritable"):
        run("export", file, "--reason", "x")
    assert file.read_text(encoding="utf-8") == "mine"


@pytest.mark.usefixtures("crowd")
def test_export_that_is_cut_off_leaves_nobody_in_clear(
    run: Run, tmp_path: Path, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the next try is not in its own way."""
    file, whole = tmp_path / "o.csv", people.everybody

    def cut_off(*args: Any, **named: Any) -> Iterator[Person]:
        yield next(whole(*args, **named))
        raise Unavailable("sql")

    monkeypatch.setattr(people, "everybody", cut_off)
    with pytest.raises(Unavailable):
        run("export", file, "--reason", "x")
    assert not file.exists()
    monkeypatch.undo()
    assert run("export", file, "--reason", "x") == (0, f"4 people: {file}")


def test_export_without_a_reason_is_refused(run: Run, tmp_path: Path) -> None:
    with pytest.raises(IdpError, match="reason_needed"):
        run("export", tmp_path / "o.csv", "--reason", " ")
    assert not (tmp_path / "o.csv").exists()


def test_find_by_identifier_after_export_is_as_before(
    people: People, facts: UpstreamFacts, run: Run, tmp_path: Path
) -> None:
    before = people.record_upstream_login(facts)
    run("export", tmp_path / "o.csv", "--reason", "x")
    run("import", tmp_path / "o.csv")
    assert people.find(Identifier("sol", "20504774288:ADMIN")) == before
