"""How busy the mail is, in Redis: a sorted set of what waits, counters of what is done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idp.adapters.redis.connection import RedisGateway
from idp.mail.load import Load

_OPEN, _RECENT = "idp:mail:open", "idp:mail:recent"
_STEP, _WINDOW = 10, 120
# Longer than any link lives: what is still open then was lost, and must not be counted for ever.
_FORGOTTEN = 2_400
_KEPT, _RECENT_FOR = 200, 600
_HOUR, _HOURS = 3_600, 24
_BOUNDS = (10, 30, 60, 120, 300, 600, 1_800)

# KEYS: what is open, recent deliveries, then the counters of the window. ARGV: now, forgotten.
_LOAD = """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', tonumber(ARGV[1]) - tonumber(ARGV[2]))
local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
local finished = 0
for i = 3, #KEYS do finished = finished + tonumber(redis.call('GET', KEYS[i]) or '0') end
return {redis.call('ZCARD', KEYS[1]), oldest[2] or '', finished,
        redis.call('LRANGE', KEYS[2], 0, -1)}
"""

_CLOSED = """
if redis.call('ZREM', KEYS[1], ARGV[1]) == 1 then
  redis.call('INCR', KEYS[2])
  redis.call('EXPIRE', KEYS[2], ARGV[2])
end
return 1
"""


class RedisMailLoad:
    """`mail.load.LoadStore` on Redis."""

    def __init__(self, redis: RedisGateway) -> None:
        self._redis = redis
        self._load = redis.script(_LOAD)
        self._closed = redis.script(_CLOSED)

    def opened(self, request_id: str, at: float) -> None:
        """Add it."""
        with self._redis.guard():
            self._redis.client.zadd(_OPEN, {request_id: at})

    def closed(self, request_id: str, at: float) -> None:
        """Take it out, and count it once, however often its work is repeated."""
        self._closed([_OPEN, _counter(at)], [request_id, _WINDOW + 60])

    def delivered(self, domain: str, seconds: float, at: float) -> None:
        """Into the list of recent ones, and into its domain's histogram."""
        bound = next((one for one in _BOUNDS if seconds <= one), 0)

        def commands(pipe: Any) -> None:
            pipe.lpush(_RECENT, f"{at:.0f} {seconds:.1f}")
            pipe.ltrim(_RECENT, 0, _KEPT - 1)
            pipe.expire(_RECENT, _RECENT_FOR)
            key = _hour(at)
            pipe.hincrby(key, f"{domain}|{bound}", 1)
            pipe.expire(key, _HOUR * (_HOURS + 1))

        self._redis.pipeline(commands)

    def load(self, now: float) -> Load:
        """One script."""
        counters = [_counter(now - step) for step in range(0, _WINDOW, _STEP)]
        number, oldest, finished, recent = self._load(
            [_OPEN, _RECENT, *counters], [now, _FORGOTTEN]
        )
        pairs = [one.split() for one in recent]
        return Load(
            open=int(number),
            oldest=max(0.0, now - float(oldest)) if oldest else 0.0,
            finished=int(finished),
            window=float(_WINDOW),
            delivered=tuple(float(took) for at, took in pairs if now - float(at) <= _RECENT_FOR),
        )

    def domains(self, now: float) -> Mapping[str, Mapping[int, int]]:
        """The histograms of a day, added up."""
        found: dict[str, dict[int, int]] = {}
        with self._redis.guard():
            for hour in range(_HOURS):
                counts: Any = self._redis.client.hgetall(_hour(now - hour * _HOUR))
                for name, count in counts.items():
                    domain, _, bound = name.rpartition("|")
                    one = found.setdefault(domain, {})
                    one[int(bound)] = one.get(int(bound), 0) + int(count)
        return found


def _counter(at: float) -> str:
    return f"idp:mail:finished:{int(at) // _STEP}"


def _hour(at: float) -> str:
    return f"idp:mail:domains:{int(at) // _HOUR}"
