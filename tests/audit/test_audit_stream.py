"""The way of a record from Redis into SQL, with what goes wrong on it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from idp.adapters.redis import audit_stream
from idp.adapters.redis.audit_stream import STREAM, UNREADABLE, RedisAuditStream
from idp.adapters.redis.connection import RedisGateway
from idp.adapters.sql.audit import SqlAuditStore
from idp.adapters.sql.database import Database
from idp.audit.drain import drain
from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.audit.records import AuditFilter, AuditRecord
from idp.kernel.clock import FixedClock
from idp.kernel.errors import Unavailable
from idp.kernel.random import SeededRandom
from tests.support.losing_proxy import LosingProxy
from tests.support.servers import OwnValkey

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


@pytest.fixture
def store(database: Database) -> SqlAuditStore:
    return SqlAuditStore(database)


def records(store: SqlAuditStore, count: int) -> list[AuditRecord]:
    audit = Audit(store=store, clock=FixedClock(NOW), random=SeededRandom())
    return [
        audit.entry(AuditEvent.LOGOUT_COMPLETED, person_id=f"per_{number}")
        for number in range(count)
    ]


def persons(store: SqlAuditStore) -> list[str | None]:
    return sorted(str(one.person_id) for one in store.search(AuditFilter(), 100))


def test_drain_moves_every_record_once_and_leaves_nothing(
    gateway: RedisGateway, store: SqlAuditStore
) -> None:
    stream = RedisAuditStream(gateway, consumer="a")
    for record in records(store, 5):
        stream.push(record)
    assert [drain(stream, store, limit=3), drain(stream, store, limit=3)] == [3, 2]
    assert drain(stream, store) == 0
    assert persons(store) == [f"per_{number}" for number in range(5)]
    assert gateway.client.xlen(STREAM) == 0


def test_drain_takes_over_what_a_dead_worker_had_read_and_stored(
    gateway: RedisGateway, store: SqlAuditStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = records(store, 2)
    dead = RedisAuditStream(gateway, consumer="dead")
    for record in (first, second):
        dead.push(record)
    # It stored one of them and died before it could say so.
    assert len(dead.read(10)) == 2
    store.append(first)
    monkeypatch.setattr(audit_stream, "_IDLE_MS", 0)
    assert drain(RedisAuditStream(gateway, consumer="b"), store) == 2
    assert persons(store) == ["per_0", "per_1"]


def test_drain_leaves_to_a_living_worker_what_it_has_in_hand(
    gateway: RedisGateway, store: SqlAuditStore
) -> None:
    first = RedisAuditStream(gateway, consumer="a")
    first.push(records(store, 1)[0])
    assert len(first.read(10)) == 1
    assert RedisAuditStream(gateway, consumer="b").read(10) == []


def test_drain_puts_aside_what_it_cannot_read_and_goes_on(
    gateway: RedisGateway, store: SqlAuditStore
) -> None:
    stream = RedisAuditStream(gateway, consumer="a")
    good = records(store, 1)[0]
    gateway.client.xadd(STREAM, {"record": good.to_json()[:-1]})
    gateway.client.xadd(STREAM, {"other": "x"})
    stream.push(good)
    assert drain(stream, store) == 1
    assert persons(store) == ["per_0"]
    assert (gateway.client.xlen(STREAM), gateway.client.xlen(UNREADABLE)) == (0, 2)


def test_drain_keeps_an_event_of_another_version_by_its_name(
    gateway: RedisGateway, store: SqlAuditStore
) -> None:
    text = records(store, 1)[0].to_json().replace("logout.completed", "of.tomorrow")
    gateway.client.xadd(STREAM, {"record": text})
    assert drain(RedisAuditStream(gateway, consumer="a"), store) == 1
    assert [str(one.event) for one in store.search(AuditFilter(), 5)] == ["of.tomorrow"]


def test_stream_after_redis_came_back_empty_works_on(
    own_valkey: OwnValkey, store: SqlAuditStore
) -> None:
    gateway = RedisGateway(own_valkey.url)
    stream = RedisAuditStream(gateway, consumer="a")
    assert stream.read(1) == []
    own_valkey.stop()
    with pytest.raises(Unavailable):
        stream.push(records(store, 1)[0])
    own_valkey.start()
    stream.push(records(store, 1)[0])
    assert drain(stream, store) == 1
    gateway.close()


def test_ping_of_a_replica_that_takes_no_writes_is_unavailable(gateway: RedisGateway) -> None:
    gateway.client.replicaof("127.0.0.1", "1")
    try:
        with pytest.raises(Unavailable):
            gateway.ping()
    finally:
        gateway.client.replicaof("NO", "ONE")
    gateway.ping()


def test_server_that_lives_but_takes_no_writes_is_unavailable(gateway: RedisGateway) -> None:
    script = gateway.script("return redis.call('SET', KEYS[1], '1')")
    gateway.client.config_set("min-replicas-to-write", 1)
    try:
        for write in (gateway.ping, lambda: script(["k"], [])):
            with pytest.raises(Unavailable):
                write()
    finally:
        gateway.client.config_set("min-replicas-to-write", 0)
    gateway.ping()


def test_script_whose_answer_is_lost_is_not_run_again(own_valkey: OwnValkey) -> None:
    with LosingProxy(Path(own_valkey.url.removeprefix("unix://"))) as proxy:
        gateway = RedisGateway(f"unix://{proxy.path}")
        count = gateway.script("return redis.call('INCR', KEYS[1])")
        count(["n"], [])
        proxy.lose_next_answer()
        with pytest.raises(Unavailable):
            count(["n"], [])
        assert count(["n"], []) == 3
        gateway.close()
