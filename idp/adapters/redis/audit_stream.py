"""Audit records of the hot path: a Redis stream, drained to SQL by the worker."""

from __future__ import annotations

import logging
from typing import Any

import redis as redis_library

from idp.adapters.redis.connection import RedisGateway
from idp.audit.records import AuditRecord

STREAM = "idp:audit"
UNREADABLE = "idp:audit:unreadable"
_GROUP = "drain"
_IDLE_MS = 30_000
_log = logging.getLogger(__name__)


class RedisAuditStream:
    """`audit.ports.AuditStream`: at-least-once; the SQL side is idempotent by the record's id."""

    def __init__(self, redis: RedisGateway, *, consumer: str) -> None:
        self._redis = redis
        self._consumer = consumer

    def push(self, record: AuditRecord) -> None:
        """Append a record."""
        with self._redis.guard():
            self._redis.client.xadd(STREAM, {"record": record.to_json()})

    def read(self, count: int) -> list[tuple[str, AuditRecord]]:
        """Up to `count` records not acknowledged: what a dead worker left, then new ones."""
        with self._redis.guard():
            self._ensure_group()
            claimed: Any = self._redis.client.xautoclaim(
                STREAM, _GROUP, self._consumer, min_idle_time=_IDLE_MS, count=count
            )
            entries = list(claimed[1])
            if len(entries) < count:
                answer = self._redis.client.xreadgroup(
                    _GROUP, self._consumer, {STREAM: ">"}, count=count - len(entries)
                )
                for _, found in _streams(answer):
                    entries.extend(found)
        return self._readable(entries)

    def ack(self, entry_ids: list[str]) -> None:
        """Forget records that are in SQL."""
        if not entry_ids:
            return

        def commands(pipe: Any) -> None:
            pipe.xack(STREAM, _GROUP, *entry_ids)
            pipe.xdel(STREAM, *entry_ids)

        self._redis.pipeline(commands)

    def waiting(self) -> int:
        """How many are on their way to SQL."""
        with self._redis.guard():
            return int(self._redis.client.xlen(STREAM))

    def _readable(self, entries: list[tuple[str, Any]]) -> list[tuple[str, AuditRecord]]:
        """What can be parsed; the rest (of another version of us) is put aside, not lost."""
        found, odd = [], []
        for entry, values in entries:
            try:
                found.append((entry, AuditRecord.from_json(values["record"])))
            except (ValueError, KeyError, TypeError):
                odd.append((entry, values))
        if odd:
            _log.error("audit records put aside, unreadable", extra={"count": len(odd)})
            with self._redis.guard():
                for _, values in odd:
                    self._redis.client.xadd(UNREADABLE, values or {"record": ""})
            self.ack([entry for entry, _ in odd])
        return found

    def _ensure_group(self) -> None:
        try:
            self._redis.client.xgroup_create(STREAM, _GROUP, id="0", mkstream=True)
        except redis_library.exceptions.ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise


def _streams(answer: Any) -> list[tuple[str, list[tuple[str, dict[str, str]]]]]:
    if isinstance(answer, dict):  # RESP3
        return [(name, found[0] if found else []) for name, found in answer.items()]
    found: list[tuple[str, list[tuple[str, dict[str, str]]]]] = list(answer or [])
    return found
