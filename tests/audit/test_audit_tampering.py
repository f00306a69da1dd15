"""A log that was tampered with, in every way that we can think of; and one that was not."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from idp.audit.checkpoints import Kind
from idp.audit.findings import Findings
from idp.audit.records import AuditFilter
from idp.audit.seals import seal_hash
from idp.signing.audit_keys import TrustedAuditKeys
from tests.audit.sealed_log import SealedLog, fill, sealed_log

CHANGES = {
    "seq": "seq = 9999",
    "id": "id = 'aud_other'",
    "at": "at = '2026-11-23 15:00:03.500000'",
    "event": "event = 'login.completed'",
    "person_id": "person_id = 'per_other'",
    "client_id": "client_id = NULL",
    "actor": "actor = 'os:root'",
    "realm": "realm = 'extranet'",
    "mode": "mode = 'contingencia'",
    "reference": "reference = ''",
    "details": """details = '{"sid": "ses_other"}'""",
}


REFUSED = (
    "UPDATE audit_log SET actor = 'x'",
    "DELETE FROM audit_log",
    "UPDATE audit_seals SET hash = 'x'",
    "DELETE FROM audit_seals",
    "UPDATE audit_checkpoints SET jws = 'x'",
    "UPDATE audit_checkpoints SET purged_to = 30",
    "DELETE FROM audit_checkpoints",
)
TRUNCATED = {"sqlite": (), "postgresql": ("TRUNCATE audit_log", "TRUNCATE audit_seals")}


def test_what_waits_for_its_seal_is_not_let_go_without_it(full: SealedLog) -> None:
    full.write(1)
    with (
        pytest.raises(DBAPIError, match="append-only"),
        full.database.transaction(),
        full.database.connection() as connection,
    ):
        connection.execute(text("DELETE FROM audit_unsealed"))


def test_sound_log_has_no_findings(full: SealedLog) -> None:
    assert full.found(copies=True) == []
    report = full.last
    assert report is not None
    assert (report.rows, report.first, report.last, report.signed) == (30, 1, 30, 30)
    assert (report.checkpoints, report.tail.rows) == (3, 0)


@pytest.mark.parametrize("column", CHANGES)
def test_row_altered_in_any_column_is_named(full: SealedLog, column: str) -> None:
    seal = full.seals.at(15)
    assert seal is not None
    full.tamper(f"UPDATE audit_log SET {CHANGES[column]} WHERE seq = {seal.seq}")
    findings = Findings()
    full.trail.verify(TrustedAuditKeys(full.keys.jwks()), findings)
    first = findings.kept[0]
    # A row of another seq is no row of this seal: it is missing here, and unsealed there.
    expected = "removed" if column == "seq" else "altered"
    assert (first.what.value, first.number, first.id) == (expected, 15, seal.record_id)
    later = [one.what.value for one in findings.kept[1:]]
    assert later == (["unsealed_late"] if column == "seq" else [])


@pytest.mark.parametrize(
    "column",
    ["seq = 9999", "record_id = 'aud_x'", "sealed_at = '2026-11-23 16:00:00'", "form = 2",
     f"previous = '{'1' * 64}'", f"hash = '{'1' * 64}'"],
    ids=lambda change: str(change).split(" ", 1)[0],
)  # fmt: skip
def test_seal_altered_in_any_column_is_named(full: SealedLog, column: str) -> None:
    full.tamper(f"UPDATE audit_seals SET {column} WHERE number = 15")
    found = full.found()
    assert any(one.split()[1:] == ["15"] or one.split()[1:] == ["14"] for one in found), found


def test_row_removed_from_the_middle_is_named(full: SealedLog) -> None:
    full.tamper(f"DELETE FROM audit_log WHERE seq = {full.seq_of(15)}")
    assert full.found() == ["removed 15"]


def test_row_removed_with_its_seal_leaves_a_gap(full: SealedLog) -> None:
    seq = full.seq_of(15)
    full.tamper(
        f"DELETE FROM audit_log WHERE seq = {seq}", "DELETE FROM audit_seals WHERE number = 15"
    )
    assert full.found() == ["removed 15"]


@pytest.mark.parametrize("last", [1, 10, 14])
def test_front_cut_off_without_a_signed_purge_is_found(full: SealedLog, last: int) -> None:
    full.tamper(
        f"DELETE FROM audit_log WHERE seq IN (SELECT seq FROM audit_seals WHERE number <= {last})",
        f"DELETE FROM audit_seals WHERE number <= {last}",
    )
    assert full.found() == ["front_cut 1" + (f"-{last}" if last > 1 else "")]


@pytest.mark.parametrize("first", [30, 21, 15, 1])
def test_end_cut_off_is_found_by_a_checkpoint(full: SealedLog, first: int) -> None:
    full.tamper(
        f"DELETE FROM audit_log WHERE seq IN (SELECT seq FROM audit_seals WHERE number >= {first})",
        f"DELETE FROM audit_seals WHERE number >= {first}",
    )
    assert full.found() == ["end_cut " + (f"{first}-30" if first < 30 else "30")]


def test_end_cut_off_with_its_checkpoints_is_found_by_their_copies(full: SealedLog) -> None:
    full.tamper(
        "DELETE FROM audit_log WHERE seq IN (SELECT seq FROM audit_seals WHERE number > 10)",
        "DELETE FROM audit_seals WHERE number > 10",
        "DELETE FROM audit_checkpoints WHERE n > 1",
    )
    assert full.found() == []
    assert full.found(copies=True) == [
        "checkpoint_removed 2",
        "checkpoint_removed 3",
        "end_cut 11-30",
    ]


def test_end_cut_off_is_on_record_at_the_next_checkpoint(full: SealedLog) -> None:
    full.tamper(
        "DELETE FROM audit_log WHERE seq IN (SELECT seq FROM audit_seals WHERE number > 25)",
        "DELETE FROM audit_seals WHERE number > 25",
    )
    full.write(10)
    full.sign()
    assert "audit.chain_broken" in [str(one.event) for one in full.audit.search(AuditFilter(), 5)]
    assert full.found() == ["rewritten 30"]


def test_two_rows_swapped_are_both_named(full: SealedLog) -> None:
    one, other = full.seq_of(12), full.seq_of(18)
    full.tamper(
        f"UPDATE audit_log SET seq = -1 WHERE seq = {one}",
        f"UPDATE audit_log SET seq = {one} WHERE seq = {other}",
        f"UPDATE audit_log SET seq = {other} WHERE seq = -1",
    )
    assert full.found() == ["altered 12", "altered 18"]


def test_two_seals_swapped_are_both_named(full: SealedLog) -> None:
    full.tamper(
        "UPDATE audit_seals SET number = -1 WHERE number = 12",
        "UPDATE audit_seals SET number = 12 WHERE number = 13",
        "UPDATE audit_seals SET number = 13 WHERE number = -1",
    )
    found = full.found()
    assert {"altered 12", "altered 13"} <= set(found)


def test_row_inserted_past_the_queue_is_found_as_unsealed(full: SealedLog) -> None:
    full.tamper(
        "INSERT INTO audit_log (seq, id, at, event, details) VALUES "
        "(7777, 'aud_in', '2026-11-23 15:00:04', 'login.completed', '{}')"
    )
    findings = Findings()
    full.trail.verify(TrustedAuditKeys(full.keys.jwks()), findings)
    (one,) = findings.kept
    assert (one.what.value, one.id) == ("unsealed_late", "aud_in")


def test_row_inserted_and_sealed_under_a_number_of_another_breaks_the_chain(
    full: SealedLog,
) -> None:
    full.tamper(
        "UPDATE audit_seals SET number = number + 1000 WHERE number > 15",
        "UPDATE audit_seals SET number = number - 999 WHERE number > 1000",
        "INSERT INTO audit_log (seq, id, at, event, details) VALUES "
        "(7777, 'aud_in', '2026-11-23 15:00:04', 'login.completed', '{}')",
        "INSERT INTO audit_seals (number, seq, record_id, sealed_at, form, previous, hash) "
        f"VALUES (16, 7777, 'aud_in', '2026-11-23 15:10:00', 1, '{'0' * 64}', '{'1' * 64}')",
    )
    found = full.found()
    assert "altered 16" in found
    assert "altered 17" in found


def test_row_of_the_past_written_now_is_found_although_sealed_in_good_order(
    full: SealedLog,
) -> None:
    full.clock.advance(3_600)
    full.write(1)
    full.sign()
    now = full.clock.now()
    full.clock.advance(-5_400)
    full.audit.record("login.completed", person_id="per_backdated")
    full.clock.advance((now - full.clock.now()).total_seconds())
    full.seal()
    assert full.found() == ["misdated 32"]


def test_row_of_the_future_is_found(full: SealedLog) -> None:
    full.clock.advance(7_200)
    full.audit.record("login.completed", person_id="per_ahead")
    full.clock.advance(-7_200)
    full.seal()
    assert full.found() == ["misdated 31"]


@pytest.mark.parametrize(("first", "found"), [(5, "10"), (15, "20"), (30, "30")])
def test_chain_made_anew_from_a_row_on_is_found_by_the_next_checkpoint(
    full: SealedLog, first: int, found: str
) -> None:
    full.rewrite(first, "actor = 'nobody'")
    assert full.found() == [f"rewritten {found}"]


def test_seal_made_anew_for_one_altered_row_is_not_what_the_next_is_chained_to(
    full: SealedLog,
) -> None:
    full.tamper(f"UPDATE audit_log SET actor = 'nobody' WHERE seq = {full.seq_of(15)}")
    (one,) = full.seals.sealed(14, 15)
    assert one.row is not None
    made = seal_hash(15, one.seal.previous, one.seal.sealed_at, one.seal.form, one.row)
    full.tamper(f"UPDATE audit_seals SET hash = '{made}' WHERE number = 15")
    assert full.found() == ["unlinked 15"]


@pytest.mark.parametrize("n", [1, 2])
def test_checkpoint_removed_is_named(full: SealedLog, n: int) -> None:
    full.tamper(f"DELETE FROM audit_checkpoints WHERE n = {n}")
    assert full.found() == [f"checkpoint_removed {n}"]


def test_last_checkpoint_removed_is_named_by_its_copy_or_by_and_by(full: SealedLog) -> None:
    full.tamper("DELETE FROM audit_checkpoints WHERE n = 3")
    assert full.found(copies=True) == ["checkpoint_removed 3"]
    full.clock.advance(3_600)
    assert full.found() == ["unsigned_late 21"]


def test_checkpoint_altered_is_named(full: SealedLog) -> None:
    header, payload, signature = full.copies[1].split(".")
    full.tamper(
        f"UPDATE audit_checkpoints SET jws = '{header}.{payload[:-4]}AAAA.{signature}' WHERE n = 2"
    )
    assert full.found() == ["checkpoint_forged 2", "checkpoint_removed 2"]


def test_checkpoint_that_says_nothing_any_more_is_named(full: SealedLog) -> None:
    full.tamper("UPDATE audit_checkpoints SET jws = 'a.b.c', kind = 'x' WHERE n = 2")
    assert full.found() == ["checkpoint_forged 2", "checkpoint_removed 2"]


def test_checkpoint_of_another_key_is_named(full: SealedLog) -> None:
    other = sealed_log(full.database, full.keys.folder.with_name("other"), full.clock)
    full.rewrite(5, "actor = 'nobody'")
    full.tamper("DELETE FROM audit_checkpoints")
    other.checkpointer.make(Kind.PERIODIC)
    assert full.found() == ["checkpoint_forged", "unsigned_late 1"]
    assert "rewritten 10" in full.found(copies=True)


def test_row_that_is_gone_before_its_seal_is_found(full: SealedLog) -> None:
    full.write(1)
    full.tamper("DELETE FROM audit_log WHERE seq NOT IN (SELECT seq FROM audit_seals)")
    assert full.found() == ["unsealed_gone"]


def test_tail_is_no_finding_for_a_minute(full: SealedLog) -> None:
    full.write(3)
    assert full.found() == []
    assert full.last is not None
    assert (full.last.tail.rows, full.last.tail.oldest) == (3, 3.0)
    full.clock.advance(60)
    assert full.found() == ["unsealed_late"] * 3


@pytest.mark.parametrize("statement", REFUSED)
def test_database_itself_refuses_to_change_what_is_on_record(
    full: SealedLog, statement: str
) -> None:
    full.write(1)
    with (
        pytest.raises(DBAPIError, match="append-only"),
        full.database.transaction(),
        full.database.connection() as connection,
    ):
        connection.execute(text(statement))
    full.seal()
    assert full.found() == []


def test_postgresql_refuses_it_as_well_and_finds_what_was_changed_in_spite_of_it(
    log: SealedLog,
) -> None:
    fill(log)
    for statement in (*REFUSED, *TRUNCATED[log.database.engine.dialect.name]):
        with (
            pytest.raises(DBAPIError, match="append-only"),
            log.database.transaction(),
            log.database.connection() as connection,
        ):
            connection.execute(text(statement))
    assert log.found(copies=True) == []
    log.tamper(
        f"UPDATE audit_log SET actor = 'x' WHERE seq = {log.seq_of(5)}",
        f"DELETE FROM audit_log WHERE seq = {log.seq_of(15)}",
        "DELETE FROM audit_seals WHERE number > 25",
    )
    assert log.found() == ["altered 5", "removed 15", *["unsealed_late"] * 5, "end_cut 26-30"]


def test_findings_can_be_told_to_a_program(full: SealedLog) -> None:
    findings = Findings()
    full.tamper(f"DELETE FROM audit_log WHERE seq = {full.seq_of(3)}")
    full.trail.verify(TrustedAuditKeys(full.keys.jwks()), findings)
    assert json.loads(json.dumps(findings.counts)) == {"removed": 1}
