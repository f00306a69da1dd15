"""How people's logins at an upstream fare, in Redis: a hash of counters for each ten seconds."""

from __future__ import annotations

from typing import Any

from idp.adapters.redis.connection import RedisGateway
from idp.upstream_status.observations import Live

STEP = 10
# A little more than anybody asks about.
KEPT = 900
_NAMES = ("ok", "failed", "doubtful", "started")


class RedisLiveCounts:
    """`upstream_status.probe_ports.LiveCounts`: numbers alone, of nobody."""

    def __init__(self, redis: RedisGateway) -> None:
        self._redis = redis

    def add(self, realm: str, name: str, at: float) -> None:
        """One round trip. Raises Unavailable("redis")."""
        key = _key(realm, int(at) // STEP)

        def commands(pipe: Any) -> None:
            pipe.hincrby(key, name, 1)
            pipe.expire(key, KEPT)

        self._redis.pipeline(commands)

    def last(self, realm: str, seconds: int, now: float) -> Live:
        """The step under way and those before it. Raises Unavailable("redis")."""
        step = int(now) // STEP

        def commands(pipe: Any) -> None:
            for number in range(step - (seconds - 1) // STEP, step + 1):
                pipe.hmget(_key(realm, number), _NAMES)

        rows = self._redis.pipeline(commands)
        sums = [sum(int(row[column] or 0) for row in rows) for column in range(len(_NAMES))]
        return Live(**dict(zip(_NAMES, sums, strict=True)))


def _key(realm: str, step: int) -> str:
    return f"idp:upstream_status:live:{realm}:{step}"
