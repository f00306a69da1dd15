"""Importing people from a file."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event

from idp.adapters.sql.database import Database
from idp.adapters.sql.people import SqlPersonStore
from idp.adapters.sql.privacy import SqlHolds
from idp.kernel.clock import FixedClock
from idp.kernel.events import EventBus, PersonChanged
from idp.kernel.identity import Identifier
from idp.people.csv_file import parse_csv
from idp.people.eligibility import Eligibility, eligibility
from idp.people.manner import Manner, Told
from idp.people.person import UpstreamFacts
from idp.people.seed import SeedReport
from idp.people.service import People
from idp.people.vault import Vault

HEADER = "realm,ruc,usuario,name,email,email_verified_at,consent_at,last_login_at\n"
THEN = "2026-03-01T09:30:00-05:00"
GOOD = (
    f"sol,20504774288,admin,COMERCIAL SINTÉTICA,ana@empresa.pe,{THEN},{THEN},{THEN}\n"
    f"extranet,,ext01,LUIS SINTÉTICO,luis@entidad.gob.pe,{THEN},,{THEN}\n"
)


def load(people: People, text: str, *, trust: bool = True) -> SeedReport:
    rows, problems = parse_csv(text.encode())
    assert problems == []
    return people.seed(rows, trust_emails=trust, actor="ana")


def fitness(people: People, clock: FixedClock, realm: str, value: str) -> Eligibility:
    return eligibility(people.find(Identifier(realm, value)), clock.now())


def test_import_with_trusted_emails_makes_people_eligible(
    people: People, clock: FixedClock, events: Callable[[], list[str]]
) -> None:
    assert load(people, HEADER + GOOD) == SeedReport(created=2)
    assert fitness(people, clock, "sol", "20504774288:ADMIN") is Eligibility.ELIGIBLE
    assert fitness(people, clock, "extranet", "EXT01") is Eligibility.NO_CONSENT
    assert events() == ["person.created", "person.created", "people.imported"]


def test_import_without_trust_leaves_addresses_to_be_verified(
    people: People, clock: FixedClock
) -> None:
    load(people, HEADER + GOOD, trust=False)
    assert fitness(people, clock, "sol", "20504774288:ADMIN") is Eligibility.UNVERIFIED


def test_import_of_the_same_file_again_changes_nothing(people: People) -> None:
    load(people, HEADER + GOOD)
    assert load(people, HEADER + GOOD) == SeedReport(unchanged=2)


def test_import_never_overwrites_what_the_person_or_sunat_said(
    people: People, facts: UpstreamFacts
) -> None:
    person = people.record_upstream_login(facts)
    people.set_contact(person.id, email="propia@empresa.pe", consent=True)
    people.set_contact(person.id, email="propia@empresa.pe", consent=False)
    report = load(people, HEADER + GOOD)
    assert (report.created, report.unchanged) == (1, 1)
    assert [(one.line, one.column) for one in report.conflicts] == [
        (2, "consent_at"), (2, "email"),
    ]  # fmt: skip
    found = people.get(person.id)
    assert found is not None
    assert (found.name, found.consent, found.sub) == (facts.name, False, person.sub)
    assert [address.email for address in found.addresses] == ["propia@empresa.pe"]


def test_import_completes_a_person_known_already(
    people: People, facts: UpstreamFacts, clock: FixedClock
) -> None:
    people.record_upstream_login(facts)
    assert load(people, HEADER + GOOD) == SeedReport(created=1, updated=1)
    assert fitness(people, clock, "sol", "20504774288:ADMIN") is Eligibility.ELIGIBLE


def test_import_with_any_problem_writes_nothing_and_names_each_line(people: People) -> None:
    bad = (
        "sol,20512333798,ADMIN,,,,,\n"
        "mars,,X,,,,,\n"
        f'extranet,,EXT02,"DOS\nLÍNEAS",no-es-correo,,,{THEN}\n'
        "extranet,,LUIS,,,,,\n"
        "extranet,,EXT03,,,2026-01-01T00:00:00Z,2026-01-01,2027-01-01T00:00:00Z\n"
        "sol,20504774288,ADMIN,,,,,\n"
    )
    rows, _ = parse_csv((HEADER + GOOD + bad).encode())
    report = people.seed(rows, trust_emails=True)
    assert [(found.line, found.column) for found in report.problems] == [
        (4, "ruc"),
        (5, "realm"),
        (6, "email"),
        (8, "usuario"),
        (9, "email_verified_at"),
        (9, "last_login_at"),
        (10, "usuario"),
    ]
    assert report.problems[-1].problem == "the same person as in line 2"
    assert (report.created, report.updated) == (0, 0)
    assert people.find(Identifier("extranet", "EXT01")) is None


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", [(1, "realm"), (1, "usuario")]),
        (b"realm,usuario,color\nsol,a,b\n", [(1, "column 3")]),
        (b"realm,usuario,realm\n", [(1, "realm")]),
        (b"realm,usuario\nsol\n\nsol,a,b\n", [(2, ""), (4, "")]),
        ("realm,usuario\nsol,á\n".encode() + b"sol,\xff\n", [(3, "")]),
        (b'realm,usuario\nsol,"a"b\n', [(2, "")]),
    ],
    ids=["empty", "unknown column", "twice", "cells", "not UTF-8", "quotes"],
)
def test_file_of_a_wrong_form_is_told_by_line(
    content: bytes, expected: list[tuple[int, str]]
) -> None:
    _, problems = parse_csv(content)
    assert [(found.line, found.column) for found in problems] == expected


@pytest.mark.parametrize(
    "content",
    [b"\xef\xbb\xbfrealm,usuario\nsol,a\n", b"usuario;realm\r\na;sol\r\n"],
    ids=["byte order mark", "semicolons"],
)
def test_file_as_spreadsheets_write_it_is_read(content: bytes) -> None:
    rows, problems = parse_csv(content)
    assert [(row.line, row.realm, row.usuario) for row in rows] == [(2, "sol", "a")]
    assert problems == []


@pytest.mark.parametrize(
    "moment",
    [
        "0001-01-01T00:00:00+05:00",
        "9999-12-31T23:59:59-05:00",
        "2026-02-30",
        "ayer",
        "31/04/2026",
        "03/2026",
    ],
)
def test_import_of_an_impossible_moment_is_a_problem_of_its_line(
    people: People, moment: str
) -> None:
    report = load(people, HEADER + f"sol,20504774288,admin,N,,,{moment},\n")
    assert [(one.line, one.column) for one in report.problems] == [(2, "consent_at")]


def test_import_again_with_trust_verifies_what_the_first_left_unverified(
    people: People, clock: FixedClock
) -> None:
    load(people, HEADER + GOOD, trust=False)
    assert load(people, HEADER + GOOD) == SeedReport(updated=2)
    assert fitness(people, clock, "sol", "20504774288:ADMIN") is Eligibility.ELIGIBLE
    assert load(people, HEADER + GOOD) == SeedReport(unchanged=2)


def test_import_corrects_an_unverified_address_of_who_was_never_here(
    people: People, clock: FixedClock
) -> None:
    load(people, HEADER + GOOD, trust=False)
    corrected = GOOD.replace("ana@empresa.pe", "ana.maria@empresa.pe")
    assert load(people, HEADER + corrected, trust=False) == SeedReport(updated=1, unchanged=1)
    found = people.find(Identifier("sol", "20504774288:ADMIN"))
    assert found is not None
    assert [address.email for address in found.addresses] == ["ana.maria@empresa.pe"]


def test_import_never_corrects_a_verified_address(people: People) -> None:
    load(people, HEADER + GOOD)
    corrected = GOOD.replace("ana@empresa.pe", "otra@empresa.pe")
    report = load(people, HEADER + corrected)
    assert (report.updated, report.unchanged) == (0, 2)
    assert [(one.line, one.column) for one in report.conflicts] == [(2, "email")]


def test_import_leaves_who_declined_as_they_are(people: People, facts: UpstreamFacts) -> None:
    person = people.record_upstream_login(facts)
    people.set_consent(person.id, False)
    ruc, _, usuario = facts.identifier.value.partition(":")
    load(people, HEADER + f"sol,{ruc},{usuario},N,,,{THEN},\n")
    found = people.get(person.id)
    assert found is not None
    assert not found.consent


def test_import_of_many_rows_lets_a_login_in_between(
    people: People, facts: UpstreamFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each part is a transaction of its own: a login at the end of one waits for no other."""
    monkeypatch.setattr("idp.people.seed.PART", 1)
    begun: list[int] = []
    uow = people.seeder._uow
    transaction = uow.transaction
    monkeypatch.setattr(uow, "transaction", lambda: (begun.append(1), transaction())[1])
    assert load(people, HEADER + GOOD) == SeedReport(created=2)
    assert len(begun) >= 3


CLOSING = "realm,usuario,active,withdrawn_at\n"
EXT = Identifier("extranet", "EXT01")


def said_of(people: People, text: str, source: str = "vuce") -> list[str]:
    """What a file of this source says of EXT01; the columns that do not count."""
    rows, problems = parse_csv((CLOSING + f"extranet,EXT01,{text}\n").encode())
    assert problems == []
    conflicts: list[str] = []
    people.seeder.check(
        rows, Manner(source=source), Told(conflict=lambda one: conflicts.append(one.column))
    )
    people.seeder.write(rows, Manner(source=source))
    return conflicts


def test_file_closes_and_opens_and_systems_hear_of_it(people: People, bus: EventBus) -> None:
    """What one source said another does not change, as of any other column."""
    heard: list[PersonChanged] = []
    bus.subscribe(PersonChanged, heard.append)
    said_of(people, ",")
    for text, source, kept, active in [
        ("", "vuce", [], True),
        ("FALSO", "vuce", [], False),
        ("", "vuce", [], False),
        ("si", "aduanas", ["active"], False),
        ("verdadero", "vuce", [], True),
        ("0", "aduanas", ["active"], True),
    ]:
        assert said_of(people, f"{text},", source) == kept, text
        found = people.find(EXT)
        assert found is not None
        assert found.active is active, text
    assert heard == [PersonChanged(found.id, "deactivated"), PersonChanged(found.id, "activated")]


@pytest.mark.parametrize("said", [{}, {"active": "scim"}])
def test_file_opens_to_nobody_whom_a_system_closed_out(
    people: People, database: Database, vault: Vault, said: dict[str, str]
) -> None:
    """Nor where it was not noted who did."""
    said_of(people, ",")
    person = people.find(EXT)
    assert person is not None
    SqlPersonStore(database, vault).update(replace(person, active=False, said=said))
    assert said_of(people, "true,") == ["active"]
    found = people.find(EXT)
    assert found is not None
    assert not found.active


def test_file_withdraws_only_whom_it_makes_known(people: People) -> None:
    said_of(people, ",")
    assert said_of(people, f",{THEN}") == ["withdrawn_at"]
    found = people.find(EXT)
    assert found is not None
    assert found.withdrawn_at is None


def test_import_of_what_is_neither_yes_nor_no_is_a_problem_of_its_line(people: People) -> None:
    rows, _ = parse_csv((CLOSING + "extranet,EXT01,quizás,mañana\n").encode())
    assert [(one.line, one.column) for one in people.seed(rows).problems] == [
        (2, "active"), (2, "withdrawn_at"),
    ]  # fmt: skip


def test_address_that_an_obligation_keeps_gives_way_to_no_file(
    people: People, database: Database, clock: FixedClock
) -> None:
    """Though nobody ever proved it; the rest of the row counts."""
    load(people, HEADER + GOOD, trust=False)
    person = people.find(Identifier("sol", "20504774288:ADMIN"))
    assert person is not None
    holds = SqlHolds(database)
    holds.put(person.id, clock.now())
    other = GOOD.replace("ana@empresa.pe", "otra@empresa.pe").replace("COMERCIAL", "INDUSTRIAL")
    report = load(people, HEADER + other, trust=False)
    assert [(one.line, one.column, one.problem) for one in report.conflicts] == [
        (2, "email", "an obligation keeps this person's data")
    ]
    kept = people.get(person.id)
    assert kept is not None
    assert (kept.name, kept.addresses) == ("INDUSTRIAL SINTÉTICA", person.addresses)
    assert load(people, HEADER + GOOD).conflicts == ()  # its proof takes nothing away
    holds.drop(person.id)
    assert load(people, HEADER + GOOD).conflicts == ()


def test_import_beside_a_first_login_of_the_same_person_begins_that_part_anew(
    people: People, database: Database, facts: UpstreamFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, parts = people.seeder._store, []
    create_many = store.create_many

    def somebody_is_faster(persons: Any) -> None:
        parts.append(len(persons))
        # SQLite lets nobody in between: a unit of work that writes is alone there.
        if len(parts) == 1 and database.engine.dialect.name == "postgresql":
            with ThreadPoolExecutor(1) as pool:
                pool.submit(people.record_upstream_login, facts).result(10)
        create_many(persons)

    monkeypatch.setattr(store, "create_many", somebody_is_faster)
    report = load(people, HEADER + GOOD)
    if database.engine.dialect.name == "postgresql":
        assert (report, parts) == (SeedReport(created=1, updated=1), [2, 1])
    else:
        assert (report, parts) == (SeedReport(created=2), [2])


def test_new_people_are_named_in_one_order_whatever_that_of_the_file(
    people: People, database: Database
) -> None:
    """Or two imports of the same people would wait for each other for ever."""
    named: list[str] = []

    def see(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("INSERT INTO identifiers"):
            many = parameters if isinstance(parameters, list) else [parameters]
            named.extend(one["digest"] if isinstance(one, dict) else one[0] for one in many)

    event.listen(database.engine, "before_cursor_execute", see)
    try:
        load(people, HEADER + "".join(f"extranet,,EXT{one},N,,,,\n" for one in range(20)))
    finally:
        event.remove(database.engine, "before_cursor_execute", see)
    assert len(named) == 20
    assert named == sorted(named)
