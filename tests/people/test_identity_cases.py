"""The cases of docs/identidad.md that need neither pages nor tokens: who is who, and by which sub."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace

import pytest

from idp.audit.log import Audit
from idp.audit.records import AuditFilter
from idp.kernel.clock import FixedClock
from idp.kernel.identity import Identifier
from idp.people.attributes import claims
from idp.people.csv_file import COLUMNS, parse_csv, written
from idp.people.eligibility import Eligibility, contact_address, eligibility
from idp.people.export import cells
from idp.people.joining import Joining
from idp.people.operations import Order
from idp.people.person import Person, UpstreamFacts
from idp.people.rows import RowProblem
from idp.people.seed import Manner, SeedReport, Told
from idp.people.service import People

RUC = "20504774288"
OLD, NEW = Identifier("sol", f"{RUC}:ADMIN"), Identifier("sol", f"{RUC}:NUEVO")
ORDER = Order(actor="ana", reason="caso 7")
HEADER = "realm,ruc,usuario,name,email,email_verified_at,consent_at,last_login_at,mobile\n"
THEN = "2026-03-01T09:30:00-05:00"
OLD_ROW = (
    f"sol,{RUC},ADMIN,COMERCIAL SINTÉTICA,vieja@empresa.example,{THEN},{THEN},{THEN},987654321\n"
)
NEW_ROW = f"sol,{RUC},NUEVO,COMERCIAL SINTÉTICA SAC,nueva@empresa.example,{THEN},{THEN},{THEN},912345678\n"
OFFICIAL = UpstreamFacts(
    realm="extranet",
    identifier=Identifier("extranet", "EXT0042"),
    usuario="EXT0042",
    ruc="20131312955",
    name="LUIS SINTÉTICO",
    given_name="LUIS",
    family_name="SINTÉTICO",
)


def load(people: People, text: str, *, trust: bool = True) -> SeedReport:
    rows, problems = parse_csv(text.encode())
    assert problems == []
    return people.seed(rows, trust_emails=trust, actor="ana")


@pytest.fixture
def renamed(people: People, joining: Joining, facts: UpstreamFacts, clock: FixedClock) -> Person:
    """Whose usuario SOL became NUEVO, and whom an operator joined."""
    load(people, HEADER + OLD_ROW)
    clock.advance(60)
    people.record_upstream_login(facts)
    clock.advance(60)
    people.record_upstream_login(replace(facts, identifier=NEW, usuario="NUEVO"))
    clock.advance(60)
    return joining.merge(OLD, NEW, ORDER).after


def test_renamed_user_keeps_the_sub_and_the_claim_follows(
    people: People, renamed: Person, clock: FixedClock
) -> None:
    told = claims(renamed, frozenset({"vuce", "email"}), clock.now())
    assert (told["usuario_sol"], told["ruc"]) == ("NUEVO", RUC)
    assert told["email"] == "vieja@empresa.example"
    assert eligibility(people.find(NEW), clock.now()) is Eligibility.ELIGIBLE
    assert people.find(OLD) == people.find(NEW) == people.find_sub(renamed.sub)


def test_file_with_both_users_of_a_person_changes_nothing_the_second_time(
    people: People, renamed: Person
) -> None:
    first = load(people, HEADER + NEW_ROW + OLD_ROW)
    assert (first.created, len(first.problems)) == (0, 0)
    settled = people.get(renamed.id)
    for rows in (NEW_ROW + OLD_ROW, OLD_ROW + NEW_ROW):
        again = load(people, HEADER + rows)
        assert (again.created, again.updated, again.unchanged) == (0, 0, 2)
        assert people.get(renamed.id) == settled
    assert settled is not None
    assert settled.profile["mobile"] == "912345678"
    assert contact_address(settled, settled.updated_at) == renamed.addresses[0]
    told = {(one.line, one.column, one.problem) for one in again.conflicts}
    assert (2, "mobile", "the row of another user of this person counts") in told


def test_file_that_names_the_former_user_only_fills_in_what_nobody_told(
    people: People, renamed: Person
) -> None:
    before = people.get(renamed.id)
    assert load(people, HEADER + OLD_ROW).unchanged == 1
    assert people.get(renamed.id) == before
    report = load(people, HEADER + OLD_ROW.replace("987654321", "900000000"))
    assert (report.updated, [one.column for one in report.conflicts]) == (0, ["mobile"])


def test_export_names_a_merged_person_once_and_import_of_it_changes_nothing(
    people: People, renamed: Person, clock: FixedClock
) -> None:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    everybody = list(people.everybody(None, actor="ana", purpose="copia"))
    writer.writerows([written(one) for one in cells(person, clock.now())] for person in everybody)
    assert [one.id for one in everybody] == [renamed.id]
    assert f"sol,NUEVO,{RUC}," in text.getvalue()
    report = load(people, text.getvalue())
    assert report == SeedReport(unchanged=1)


def test_official_who_changes_entity_keeps_the_sub_and_confirms_the_address_anew(
    people: People, clock: FixedClock, audit: Audit
) -> None:
    load(
        people,
        HEADER + f"extranet,20131312955,EXT0042,LUIS SINTÉTICO,l@a.example,{THEN},{THEN},{THEN},\n",
    )
    before = people.find(OFFICIAL.identifier)
    assert before is not None
    clock.advance(60)
    found = people.record_upstream_login(replace(OFFICIAL, ruc=RUC))
    assert (found.sub, found.ruc) == (before.sub, RUC)
    assert eligibility(found, clock.now()) is Eligibility.UNVERIFIED
    records = audit.search(AuditFilter(person_id=found.id))
    told = {one.event.value: dict(one.details) for one in records}
    assert told["contact.doubted"] == {"reason": "entity", "addresses": "1", "browsers": "0"}
    assert told["person.updated"]["fields"].split() == ["family_name", "given_name", "ruc"]


def test_trusted_file_of_before_the_doubt_verifies_nothing(
    people: People, clock: FixedClock
) -> None:
    row = f"extranet,20131312955,EXT0042,LUIS SINTÉTICO,l@a.example,{THEN},{THEN},{THEN},\n"
    load(people, HEADER + row)
    clock.advance(60)
    found = people.record_upstream_login(replace(OFFICIAL, name="ANA PRUEBA"))
    report = load(people, HEADER + row)
    assert (report.unchanged, [one.column for one in report.conflicts]) == (
        1,
        ["consent_at", "email_verified_at"],
    )
    assert eligibility(people.get(found.id), clock.now()) is Eligibility.UNVERIFIED
    clock.advance(7_200)
    later = clock.now().isoformat()
    assert load(people, HEADER + row.replace(THEN, later)).conflicts == ()
    assert eligibility(people.get(found.id), clock.now()) is Eligibility.ELIGIBLE


def test_person_with_both_realms_is_two_persons_with_two_subs(
    people: People, facts: UpstreamFacts
) -> None:
    natural = replace(
        facts, identifier=Identifier("sol", "10123456781:LUIS"), usuario="LUIS", ruc="10123456781"
    )
    taxpayer, official = (
        people.record_upstream_login(natural),
        people.record_upstream_login(OFFICIAL),
    )
    assert taxpayer.sub != official.sub
    now = official.updated_at
    assert "usuario_extranet" not in claims(taxpayer, frozenset({"vuce"}), now)
    assert "usuario_sol" not in claims(official, frozenset({"vuce"}), now)


def test_imported_person_who_logs_in_later_keeps_sub_and_address(
    people: People, facts: UpstreamFacts, clock: FixedClock, events: Callable[[], list[str]]
) -> None:
    load(people, HEADER + OLD_ROW)
    imported = people.find(OLD)
    assert imported is not None
    clock.advance(60)
    found = people.record_upstream_login(facts)
    assert (found.id, found.sub, found.addresses) == (
        imported.id,
        imported.sub,
        imported.addresses,
    )
    assert (found.first_login_at, found.name) == (clock.now(), facts.name)
    assert eligibility(found, clock.now()) is Eligibility.ELIGIBLE
    assert events().count("person.created") == 1


def test_two_imports_that_disagree_leave_what_the_first_source_said(people: People) -> None:
    load(people, HEADER + OLD_ROW)
    before = people.find(OLD)
    rows, _ = parse_csv((HEADER + OLD_ROW.replace("987654321", "900000000")).encode())
    manner = Manner(trusted=True, source="aduanas")
    conflicts: list[RowProblem] = []
    told = Told(problem=lambda one: None, conflict=conflicts.append)
    people.seeder.check(rows, manner, told)
    assert [(one.column, one.problem) for one in conflicts] == [
        ("mobile", "vuce said otherwise before")
    ]
    people.seeder.write(rows, manner)
    assert people.find(OLD) == before


def test_file_cannot_bring_a_sub() -> None:
    rows, problems = parse_csv(b"realm,ruc,usuario,sub\nsol,20504774288,ADMIN,mio\n")
    assert rows == []
    assert [(one.column, one.problem[:14]) for one in problems] == [("column 4", "no such column")]
