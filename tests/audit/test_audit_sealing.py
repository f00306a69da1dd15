"""Sealing: every row once, without gaps, whatever the order of commits, however many seal."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from datetime import timedelta

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import event, insert

from idp.adapters.sql.audit import SqlAuditStore
from idp.adapters.sql.audit_seals import SqlSealStore
from idp.adapters.sql.database import Database
from idp.adapters.sql.models import AuditRow
from idp.adapters.sql.tables import table_of
from idp.audit.checkpoints import Kind, Purged
from idp.audit.log import Audit
from idp.audit.ports import NoAuditKey
from idp.audit.sealer import Sealer
from idp.audit.seals import GENESIS
from idp.kernel.clock import SystemClock
from idp.kernel.random import SeededRandom
from idp.kernel.times import read_moment
from tests.audit.sealed_log import SealedLog, sealed_log


def numbers(log: SealedLog) -> list[int]:
    return [one.seal.number for one in log.seals.sealed(0)]


def test_rows_are_written_unchained_and_sealed_afterwards(log: SealedLog) -> None:
    log.write(3)
    assert log.seals.head() is None
    log.seal()
    sealed = list(log.seals.sealed(0))
    assert numbers(log) == [1, 2, 3]
    assert sealed[0].seal.previous == GENESIS
    assert [one.seal.previous for one in sealed[1:]] == [one.seal.hash for one in sealed[:2]]
    assert list(log.seals.unsealed()) == []


def test_row_committed_late_with_an_early_number_is_sealed_all_the_same(
    log: SealedLog, database_url: str
) -> None:
    """Its `seq` is taken before those that are sealed by now; SQLite has one writer at a time."""
    if log.database.engine.dialect.name == "sqlite":
        log.write(2)
        log.seal()
        log.tamper(
            "INSERT INTO audit_log (seq, id, at, event, details) VALUES "
            "(-5, 'aud_late', '2026-11-23 15:00:01', 'login.completed', '{}')",
            "INSERT INTO audit_unsealed (seq) VALUES (-5)",
        )
    else:
        slow = Database(database_url)
        late = Audit(store=SqlAuditStore(slow), clock=log.clock, random=SeededRandom(3))
        with slow.transaction():
            late.record("login.completed", person_id="per_late")
            log.write(2)
            log.seal()
            assert numbers(log) == [1, 2]
        slow.close()
    log.seal()
    order = [one.seal.seq for one in log.seals.sealed(0)]
    assert len(order) == 3
    assert order[2] < order[0] < order[1]
    assert log.found() == []


def test_row_whose_transaction_fails_leaves_no_gap(log: SealedLog) -> None:
    log.write(1)
    with pytest.raises(KeyError), log.database.transaction():
        log.write(1)
        raise KeyError
    log.write(1)
    log.seal()
    assert numbers(log) == [1, 2]
    assert log.found() == []


def test_two_sealers_at_once_seal_each_row_once(log: SealedLog, database_url: str) -> None:
    others = [Database(database_url) for _ in range(2)]
    sealers = [Sealer(store=SqlSealStore(one), clock=log.clock) for one in others]
    stop, failed = threading.Event(), []

    def work(sealer: Sealer) -> None:
        try:
            while not stop.is_set():
                sealer.step()
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(one,)) for one in sealers]
    for one in threads:
        one.start()
    for _ in range(12):
        log.write(5)
    while len(numbers(log)) < 60 and not failed:
        pass
    stop.set()
    for one in threads:
        one.join()
    for database in others:
        database.close()
    assert failed == []
    assert numbers(log) == list(range(1, 61))
    assert log.found() == []


def _seal_and_hang(url: str, ready: object) -> None:
    database = Database(url)

    @event.listens_for(database.engine, "before_cursor_execute")
    def hang(connection, cursor, statement, *rest):  # type: ignore[no-untyped-def]
        if statement.startswith("DELETE FROM audit_unsealed"):
            ready.set()  # type: ignore[attr-defined]
            threading.Event().wait()

    Sealer(store=SqlSealStore(database), clock=SystemClock()).step()


def test_sealer_killed_in_the_middle_leaves_all_to_the_next(
    log: SealedLog, database_url: str
) -> None:
    log.write(5)
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(target=_seal_and_hang, args=(database_url, ready))
    process.start()
    assert ready.wait(30)
    assert process.pid is not None
    # Its seals are written, and not committed.
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    while log.seals.head() is None:
        log.seal()
    assert numbers(log) == [1, 2, 3, 4, 5]
    assert log.found() == []


def test_rows_of_before_this_version_are_sealed_by_the_upgrade(database_url: str) -> None:
    database = Database(database_url)
    database.upgrade()
    with database.transaction(), database.connection() as connection:
        config = database._config(connection)
        before = ScriptDirectory.from_config(config).get_revision("0014").down_revision
        command.downgrade(config, str(before))
        values = {
            "id": "aud_old", "at": read_moment("2026-01-01T00:00:00Z"), "event": "logout.completed",
            "details": {},
        }  # fmt: skip
        connection.execute(insert(table_of(AuditRow)).values(values))
    database.upgrade()
    store = SqlSealStore(database)
    assert store.seal_batch(10, SystemClock()).rows == 1
    assert [one.seal.record_id for one in store.sealed(0)] == ["aud_old"]
    database.close()


def test_batches_follow_one_another_until_all_is_sealed(
    full: SealedLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idp.audit.sealer._BATCH", 4)
    monkeypatch.setattr("idp.audit.sealer._BATCHES", 2)
    full.write(10)
    assert [full.sealer.step(), full.sealer.step()] == [True, False]
    assert full.found() == []


def test_looking_for_what_has_no_seal_reads_the_queue_alone(full: SealedLog) -> None:
    asked: list[str] = []

    @event.listens_for(full.database.engine, "before_cursor_execute")
    def note(connection, cursor, statement, *rest):  # type: ignore[no-untyped-def]
        asked.append(statement)

    assert full.sealer.step() is False
    (one,) = [one for one in asked if not one.startswith(("PRAGMA", "BEGIN"))]
    assert "audit_log" not in one


def test_flip_of_the_flag_is_signed_for_at_once(full: SealedLog) -> None:
    full.write(1)
    full.seal()
    assert full.checkpointer.step(flipped=full.sealer.flipped) is False
    full.audit.record("flag.changed", realm="sol", reason="SUNAT no responde")
    full.seal()
    assert full.sealer.flipped
    assert full.checkpointer.step(flipped=True)
    last = full.checkpoints.last()
    assert last is not None
    assert (last.checkpoint.kind.value, last.checkpoint.number) == ("flip", 32)
    assert full.found() == []


def test_checkpoint_is_due_after_a_time_or_so_many_rows_and_never_without_new_rows(
    full: SealedLog,
) -> None:
    def signed() -> int:
        full.seal()
        full.checkpointer.step()
        last = full.checkpoints.last()
        assert last is not None
        return last.checkpoint.number

    full.clock.advance(3_600)
    assert signed() == 30
    full.write(1)
    assert signed() == 31
    full.write(50)
    assert signed() == 31
    full.write(50)
    assert signed() == 131
    full.write(1)
    full.clock.advance(timedelta(minutes=6).total_seconds())
    assert signed() == 132


def test_worker_that_just_started_lets_settle_what_waited_in_redis(full: SealedLog) -> None:
    full.clock.advance(7_200)
    began = sealed_log(full.database, full.keys.folder, full.clock, seed=9)
    began.write(1)
    began.seal()
    began.checkpointer.step()
    assert began.checkpoints.last().checkpoint.number == 30  # type: ignore[union-attr]
    began.clock.advance(61)
    began.checkpointer.step()
    assert began.checkpoints.last().checkpoint.number == 31  # type: ignore[union-attr]


def test_after_an_outage_of_sql_what_waited_in_redis_is_let_settle(full: SealedLog) -> None:
    def signed() -> int:
        full.seal()
        full.checkpointer.step(flipped=full.sealer.flipped)
        last = full.checkpoints.last()
        assert last is not None
        return last.checkpoint.number

    full.checkpointer.hindered()
    full.clock.advance(1_800)
    full.checkpointer.hindered()
    full.audit.record("flag.changed", realm="sol", reason="por archivo")
    assert signed() == 30
    full.clock.advance(-1_200)
    full.write(3)
    full.clock.advance(1_200)
    assert signed() == 30
    full.clock.advance(60)
    assert signed() == 34
    assert full.found() == []
    full.checkpointer.hindered()
    full.clock.advance(5)
    full.audit.record("flag.changed", realm="sol", reason="vuelve")
    assert signed() == 35


def test_without_a_key_rows_are_sealed_and_nothing_is_purged(
    log: SealedLog, caplog: pytest.LogCaptureFixture
) -> None:
    for file in log.keys.folder.iterdir():
        file.unlink()
    log.write(5)
    log.seal()
    assert [log.checkpointer.step(), log.checkpointer.step()] == [False, False]
    assert caplog.text.count("no audit checkpoints") == 1
    with pytest.raises(NoAuditKey):
        log.purge.purge(log.clock.now())
    assert numbers(log) == [1, 2, 3, 4, 5]


def test_purge_takes_sealed_rows_from_the_front_and_leaves_a_signed_record(
    log: SealedLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idp.audit.purging._BATCH", 3)
    log.write(10)
    log.sign()
    before = log.clock.now()
    log.write(5)
    log.seal()
    log.write(2)
    assert log.purge.due(before) == 10
    assert log.purge.purge(before) == 10
    assert log.purge.purge(before) == 0
    assert numbers(log) == [11, 12, 13, 14, 15]
    last = log.checkpoints.last()
    assert last is not None
    assert last.checkpoint.purged is not None
    assert (last.checkpoint.purged.to, last.checkpoint.purged.rows) == (10, 10)
    assert log.found() == []
    assert log.last is not None
    assert log.last.purged == 10


def test_purge_never_takes_what_has_no_seal_nor_the_last_that_has(full: SealedLog) -> None:
    full.write(2)
    later = full.clock.now() + timedelta(days=1)
    assert full.purge.purge(later) == 29
    assert numbers(full) == [30]
    assert len(list(full.seals.unsealed())) == 2
    full.seal()
    assert numbers(full) == [30, 31, 32]
    assert full.found() == []


def test_purge_says_how_much_was_tampered_with_of_what_it_takes(full: SealedLog) -> None:
    full.tamper(
        f"DELETE FROM audit_log WHERE seq = {full.seq_of(8)}",
        f"UPDATE audit_log SET actor = 'nobody' WHERE seq = {full.seq_of(3)}",
    )
    assert full.found() == ["altered 3", "removed 8"]
    assert full.purge.purge(full.clock.now() - timedelta(minutes=7)) == 20
    assert full.found() == []
    assert full.last is not None
    assert (full.last.purged, full.last.damaged) == (20, 2)


def test_two_purges_at_once_call_nothing_damaged(
    full: SealedLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idp.adapters.sql.audit_seals._PAGE", 4)
    before, whole = full.clock.now() - timedelta(minutes=7), full.seals.sealed

    def purged_meanwhile(after: int, until: int | None = None):  # type: ignore[no-untyped-def]
        for one in whole(after, until):
            yield one
            if one.seal.number == 6:
                monkeypatch.setattr(full.seals, "sealed", whole)
                assert full.purge.purge(before) == 20

    monkeypatch.setattr(full.seals, "sealed", purged_meanwhile)
    assert full.purge.purge(before) == 0
    assert full.found() == []
    assert full.last is not None
    assert (full.last.purged, full.last.damaged) == (20, 0)


def test_front_cut_off_beyond_a_purge_is_found(full: SealedLog) -> None:
    full.purge.purge(full.clock.now() - timedelta(minutes=13))
    first = numbers(full)[0]
    assert first > 1
    full.tamper(
        f"DELETE FROM audit_log WHERE seq = {full.seq_of(first)}",
        f"DELETE FROM audit_seals WHERE number = {first}",
    )
    assert full.found() == [f"front_cut {first}"]


def test_record_of_a_purge_that_no_key_signed_excuses_nothing(full: SealedLog) -> None:
    full.tamper(
        "INSERT INTO audit_checkpoints (n, kind, at, number, hash, purged_to, jws) VALUES "
        "(4, 'purge', '2026-11-23 16:00:00', 30, 'x', 20, 'a.b.c')"
    )
    # The database believes it, and lets go.
    assert full.seals.remove(20, 100) == 20
    assert full.found() == ["checkpoint_forged 4", "front_cut 1-20"]


def test_purge_while_a_verification_reads_is_no_finding(
    full: SealedLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idp.adapters.sql.audit_seals._PAGE", 4)
    before = full.clock.now() - timedelta(minutes=7)
    whole = full.seals.sealed

    def purged_meanwhile(after: int, until: int | None = None):  # type: ignore[no-untyped-def]
        for one in whole(after, until):
            yield one
            if one.seal.number == 6:
                monkeypatch.setattr(full.seals, "sealed", whole)
                assert full.purge.purge(before) == 20

    monkeypatch.setattr(full.seals, "sealed", purged_meanwhile)
    assert full.found() == []


def test_purge_and_checkpoint_while_a_verification_begins_are_no_finding(
    full: SealedLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = full.clock.now() - timedelta(minutes=7)
    every, calls = full.checkpoints.all, iter(range(9))

    def made_meanwhile(after: int = 0):  # type: ignore[no-untyped-def]
        yield from every(after)
        if next(calls) == 0:
            assert full.purge.purge(before) == 20
            full.write(1)
            full.sign()

    monkeypatch.setattr(full.checkpoints, "all", made_meanwhile)
    copies = full.copies[:]
    assert full.found(copies=True) == []
    assert len(full.copies) == len(copies) + 1


def test_purge_half_done_is_no_finding(full: SealedLog) -> None:
    last = full.seals.at(15)
    assert last is not None
    full.checkpointer.make(Kind.PURGE, purged=Purged(15, last.hash, 15, "2026-11-23T15:09:00Z"))
    full.seals.remove(15, 7)
    assert numbers(full)[0] == 8
    assert full.found() == []
    full.seals.remove(15, 100)
    assert full.found() == []
