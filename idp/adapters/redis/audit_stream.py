"""Audit records of the hot path: a Redis stream, drained to SQL by the worker."""

from __future__ import annotations

from typing import Any

import redis as redis_library

from idp.adapters.redis.connection import RedisGateway
from idp.audit.records import AuditRecord

STREAM = "idp:audit"
_GROUP = "drain"
_IDLE_MS = 30_000


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
        return [(entry, AuditRecord.from_json(values["record"])) for entry, values in entries]

    def ack(self, entry_ids: list[str]) -> None:
        """Forget records that are in SQL."""
        if not entry_ids:
            return

        def commands(pipe: Any) -> None:
            pipe.xack(STREAM, _GROUP, *entry_ids)
            pipe.xdel(STREAM, *entry_ids)

        self._redis.pipeline(commands)

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
