"""What is counted for all processes and never set back, in Redis: a hash for each kind."""

from __future__ import annotations

import json
from typing import Any

from idp.adapters.redis.connection import RedisGateway


class RedisTallies:
    """`admin.metrics.Tallies` on Redis. Labels are components, modes and realms: few, and no
    person's.
    """

    def __init__(self, redis: RedisGateway) -> None:
        self._redis = redis

    def add(self, kind: str, labels: tuple[str, ...]) -> None:
        """One more."""
        with self._redis.guard():
            self._redis.client.hincrby(_key(kind), json.dumps(labels), 1)

    def all(self, kind: str) -> dict[tuple[str, ...], int]:
        """How many, by labels."""
        with self._redis.guard():
            found: Any = self._redis.client.hgetall(_key(kind))
        return {tuple(json.loads(labels)): int(count) for labels, count in found.items()}


def _key(kind: str) -> str:
    return f"idp:tally:{kind}"
