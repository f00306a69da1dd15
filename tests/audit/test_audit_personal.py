"""What is kept beside the log: sealed, committed to, checked, and gone when it must."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text

from idp.adapters.sql.audit import SqlAuditStore
from idp.adapters.sql.audit_personal import SqlAuditPersonal
from idp.adapters.sql.database import Database
from idp.adapters.sql.models import AuditPersonalRow, AuditRow
from idp.adapters.sql.tables import table_of
from idp.audit.drain import drain
from idp.audit.events import AuditEvent
from idp.audit.findings import Findings
from idp.audit.log import Audit
from idp.audit.personal import Personal, bound
from idp.audit.personal_records import PersonalRecords
from idp.audit.records import AuditFilter, AuditRecord
from idp.audit.testing import Guard, RaisingSink
from idp.kernel.clock import FixedClock
from idp.kernel.errors import Unavailable
from idp.kernel.random import SeededRandom
from idp.people.vault import Vault
from tests.audit.sealed_log import SealedLog
from tests.support.vault import vault_in

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
WHENCE = Personal("203.0.113.7", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")
LOG, BESIDE = table_of(AuditRow), table_of(AuditPersonalRow)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return vault_in(tmp_path)


@pytest.fixture
def audit(database: Database, vault: Vault) -> Audit:
    store, random = SqlAuditStore(database), SeededRandom()
    return Audit(store=store, clock=FixedClock(NOW), random=random, seals=vault)


@pytest.fixture
def beside(database: Database, vault: Vault, audit: Audit) -> PersonalRecords:
    return PersonalRecords(store=SqlAuditPersonal(database), seals=vault, audit=audit)


def run(database: Database, *statements: str) -> None:
    with database.transaction(), database.connection() as connection:
        for one in statements:
            connection.execute(text(one))


def kept(database: Database) -> list[str]:
    with database.connection() as connection:
        query = select(BESIDE.c.record_id).order_by(BESIDE.c.record_id)
        return list(connection.execute(query).scalars())


def found(beside: PersonalRecords) -> list[str]:
    findings = Findings()
    beside.check(findings)
    return [f"{one.what.value} {one.id}" for one in findings.kept]


def logged_in(audit: Audit, person: str = "per_1") -> AuditRecord:
    audit.record(AuditEvent.LOGIN_COMPLETED, person_id=person, sid="ses_1", personal=WHENCE)
    return audit.search(AuditFilter(person_id=person))[0]


def test_record_commits_to_what_stands_sealed_beside_it(
    audit: Audit, database: Database, vault: Vault
) -> None:
    record = logged_in(audit)
    with database.connection() as connection:
        (row,) = connection.execute(select(BESIDE)).mappings().all()
        everything = f"{connection.execute(select(LOG)).all()} {row}"
    Guard(WHENCE.address, "Mozilla", "Firefox").check(everything, "the database")
    assert (row["record_id"], row["at"], row["person_id"]) == (record.id, NOW, "per_1")
    # As docs/auditoria.md says how.
    told = json.loads(vault.open(row["sealed"], f"audit_personal:{record.id}"))
    salt = base64.urlsafe_b64decode(told.pop("salt"))
    canonical = json.dumps(told, sort_keys=True, separators=(",", ":")).encode()
    assert (len(salt), told) == (16, {"address": WHENCE.address, "agent": WHENCE.agent})
    assert record.details["personal"] == hashlib.sha256(salt + canonical).hexdigest()
    # The same once more is committed to differently: nobody can tell that it is.
    assert logged_in(audit, "per_2").details["personal"] != record.details["personal"]


def test_record_without_it_has_neither_commitment_nor_row(audit: Audit, database: Database) -> None:
    for number, whence in enumerate((None, Personal())):
        audit.record(AuditEvent.LOGIN_COMPLETED, person_id=f"per_{number}", personal=whence)
    assert [dict(one.details) for one in audit.search(AuditFilter())] == [{}, {}]
    assert kept(database) == []


def test_event_that_needs_none_takes_none_and_nobody_makes_up_a_commitment() -> None:
    audit = Audit(store=RaisingSink(Guard()), clock=FixedClock(NOW), random=SeededRandom())
    for event, personal in (
        (AuditEvent.LOGOUT_COMPLETED, WHENCE),
        (AuditEvent.LINK_SENT, WHENCE),
        (AuditEvent.LOGIN_COMPLETED, "f" * 64),
    ):
        with pytest.raises(ValueError, match="personal"):
            audit.entry(event, personal=personal)


class Broken:
    """Data keys that cannot be used."""

    def seal(self, text: str, bound: str) -> str:
        raise Unavailable("data_keys")

    def open(self, sealed: str, bound: str) -> str:
        raise Unavailable("data_keys")


def test_login_that_cannot_be_sealed_is_on_record_all_the_same(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    store = SqlAuditStore(database)
    audit = Audit(store=store, clock=FixedClock(NOW), random=SeededRandom(), seals=Broken())
    assert dict(logged_in(audit).details) == {"sid": "ses_1"}
    assert kept(database) == []
    Guard(WHENCE.address, "Mozilla").check(caplog.text, "the log")
    assert "not kept beside the audit log" in caplog.text


def test_login_that_cannot_be_kept_is_on_record_all_the_same(
    audit: Audit, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    run(database, "ALTER TABLE audit_personal RENAME TO away")
    record = logged_in(audit)
    assert record.details["sid"] == "ses_1"
    assert "not kept beside the audit log" in caplog.text
    run(database, "ALTER TABLE away RENAME TO audit_personal")
    assert kept(database) == []


class Stream:
    """An `AuditStream` of lines, as Redis has it; what is acknowledged may come again."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def push(self, record: AuditRecord) -> None:
        self.lines.append(record.to_json())

    def read(self, count: int) -> list[tuple[str, AuditRecord]]:
        return [("1", AuditRecord.from_json(one)) for one in self.lines]

    def ack(self, entry_ids: Sequence[str]) -> None:
        pass


def test_stream_carries_it_sealed_and_brings_it_once(
    audit: Audit, database: Database, beside: PersonalRecords
) -> None:
    stream, store = Stream(), SqlAuditStore(database)
    record = audit.entry(AuditEvent.LINK_REQUESTED, link="lnk_1", personal=WHENCE)
    stream.push(record)
    Guard(WHENCE.address, "Mozilla", "Firefox").check(stream.lines[0], "the stream")
    drain(stream, store)
    drain(stream, store)
    assert (kept(database), found(beside)) == ([record.id], [])
    # Erased meanwhile, and then read from the stream once more.
    run(database, "DELETE FROM audit_personal")
    drain(stream, store)
    assert kept(database) == []


def test_reveal_shows_it_on_record(audit: Audit, beside: PersonalRecords) -> None:
    record = logged_in(audit)
    assert beside.has(record.id)
    seen = beside.reveal(record, actor="os:ana", purpose="caso 7")
    assert seen is not None
    assert (seen.personal, seen.genuine) == (WHENCE, True)
    (told,) = audit.search(AuditFilter(event=AuditEvent.AUDIT_REVEALED))
    assert (told.actor, told.person_id) == ("os:ana", "per_1")
    assert told.details == {"record": record.id, "purpose": "caso 7", "genuine": "true"}


def test_nothing_to_reveal_is_nothing_on_record(
    audit: Audit, beside: PersonalRecords, database: Database
) -> None:
    record = logged_in(audit)
    run(database, "DELETE FROM audit_personal")
    assert beside.reveal(record, actor="os:ana", purpose="caso 7") is None
    assert not beside.has(record.id)
    assert audit.search(AuditFilter(event=AuditEvent.AUDIT_REVEALED)) == []


CHANGES = (
    "sealed = 'dk_other.AAAA'",
    "sealed = ''",
    "person_id = 'per_other'",
    "person_id = NULL",
    "at = '2026-01-01 00:00:00'",
)


def test_altered_rows_are_found_and_no_other(
    audit: Audit, beside: PersonalRecords, database: Database
) -> None:
    records = [logged_in(audit, f"per_{number}") for number in range(len(CHANGES))]
    sound = logged_in(audit, "per_sound")
    assert found(beside) == []
    for one, change in zip(records, CHANGES, strict=True):
        run(database, f"UPDATE audit_personal SET {change} WHERE record_id = '{one.id}'")
    assert found(beside) == [f"personal_altered {one}" for one in sorted(r.id for r in records)]
    genuine = {
        one.id: seen.genuine
        for one in (*records, sound)
        if (seen := beside.reveal(one, actor="os:ana", purpose="caso 7")) is not None
    }
    assert genuine == {**dict.fromkeys((one.id for one in records), False), sound.id: True}


def test_row_that_is_moved_to_another_record_is_found(
    audit: Audit, beside: PersonalRecords, database: Database
) -> None:
    first, second = logged_in(audit), logged_in(audit, "per_2")
    run(
        database,
        "UPDATE audit_personal SET sealed = (SELECT sealed FROM audit_personal "
        f"WHERE record_id = '{second.id}') WHERE record_id = '{first.id}'",
    )
    assert found(beside) == [f"personal_altered {first.id}"]


def test_row_that_was_made_anew_with_our_own_keys_is_found(
    audit: Audit, beside: PersonalRecords, database: Database, vault: Vault
) -> None:
    """Whoever has the database and the data keys still has no other words for the record."""
    record = logged_in(audit)
    forged = vault.seal(
        json.dumps({"salt": "A" * 22 + "==", "address": "198.51.100.1", "agent": ""}),
        bound(record.id),
    )
    run(database, f"UPDATE audit_personal SET sealed = '{forged}'")
    assert found(beside) == [f"personal_altered {record.id}"]


def test_verification_compares_it_and_erasing_breaks_nothing(
    full: SealedLog, tmp_path: Path
) -> None:
    vault = vault_in(tmp_path)
    full.audit._seals = vault
    beside = PersonalRecords(store=SqlAuditPersonal(full.database), seals=vault, audit=full.audit)
    full.trail._beside = beside.check
    for person in ("per_1", "per_2"):
        full.audit.record("login.completed", person_id=person, personal=WHENCE)
    full.sign()
    assert full.found(copies=True) == []
    assert full.last is not None
    assert full.last.personal == 2
    run(full.database, "UPDATE audit_personal SET sealed = 'x.y' WHERE person_id = 'per_1'")
    assert full.found(copies=True) == ["personal_altered"]
    run(full.database, "DELETE FROM audit_personal")
    assert full.found(copies=True) == []
    assert (full.last.rows, full.last.personal) == (32, 0)


def test_whence_is_bounded_and_commands_no_terminal() -> None:
    made = Personal.of("203.0.113.7" + "0" * 99, "\x1b[2JMozilla\r\n\u202e\x00" + "x" * 999)
    assert (len(made.address), len(made.agent)) == (64, 300)
    assert made.agent.startswith("[2JMozillax")
    assert "203.0.113" not in repr(made) + repr(replace(made, agent="Firefox"))
