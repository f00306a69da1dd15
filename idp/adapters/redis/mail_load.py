"""How busy the mail is, in Redis: sorted sets of what waits, counters of what is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from idp.adapters.redis.connection import RedisGateway
from idp.mail.load import CROWD, Load

_OPEN, _UNTRIED = "idp:mail:open", "idp:mail:untried"
_SINCE, _RECENT = "idp:mail:since", "idp:mail:recent"
_STEP, _WINDOW = 10, 120
# Longer than any link lives: what is still open then was lost, and must not be counted for ever.
_FORGOTTEN = 2_400
_KEPT, _RECENT_FOR = 200, 600
_HOUR, _HOURS = 3_600, 24
_BOUNDS = (10, 30, 60, 120, 300, 600, 1_800)

# KEYS: what is open, what nobody tried, since when a crowd waits. ARGV: request, now, crowd.
_OPENED = """
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then
  redis.call('SET', KEYS[3], ARGV[2], 'NX')
end
return 1
"""

# KEYS: the same, the counter of these seconds. ARGV: request, TTL of the counter, crowd.
_CLOSED = """
redis.call('ZREM', KEYS[2], ARGV[1])
if redis.call('ZREM', KEYS[1], ARGV[1]) == 1 then
  redis.call('INCR', KEYS[4])
  redis.call('EXPIRE', KEYS[4], ARGV[2])
end
if redis.call('ZCARD', KEYS[1]) < tonumber(ARGV[3]) then redis.call('DEL', KEYS[3]) end
return 1
"""

# KEYS: the same three, recent deliveries, then the counters of the window, the newest first.
# ARGV: now, forgotten, crowd.
_LOAD = """
local crowd = tonumber(ARGV[3])
local forgotten = tonumber(ARGV[1]) - tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', forgotten)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', forgotten)
if redis.call('ZCARD', KEYS[1]) < crowd then redis.call('DEL', KEYS[3]) end
local function age(key, nth)
  local at = redis.call('ZRANGE', key, nth - 1, nth - 1, 'WITHSCORES')[2]
  return at and tostring(math.max(0, tonumber(ARGV[1]) - tonumber(at))) or '0'
end
local finished = {}
for i = 5, #KEYS do finished[i - 4] = tonumber(redis.call('GET', KEYS[i]) or '0') end
return {redis.call('ZCARD', KEYS[1]), {age(KEYS[1], 1), age(KEYS[2], crowd), age(KEYS[1], crowd)},
        redis.call('GET', KEYS[3]) or '0', finished, redis.call('LRANGE', KEYS[4], 0, -1)}
"""


class RedisMailLoad:
    """`mail.load.LoadStore` on Redis."""

    def __init__(self, redis: RedisGateway) -> None:
        self._redis = redis
        self._opened = redis.script(_OPENED)
        self._load = redis.script(_LOAD)
        self._closed = redis.script(_CLOSED)

    def opened(self, request_id: str, at: float) -> None:
        """Add it; with it a backlog may begin."""
        self._opened([_OPEN, _UNTRIED, _SINCE], [request_id, at, CROWD])

    def tried(self, request_id: str) -> None:
        """It is none of those any more that nobody tried."""
        with self._redis.guard():
            self._redis.client.zrem(_UNTRIED, request_id)

    def closed(self, request_id: str, at: float) -> None:
        """Take it out, and count it once, however often its work is repeated."""
        self._closed(
            [_OPEN, _UNTRIED, _SINCE, _counter(_step(at))], [request_id, _WINDOW + 60, CROWD]
        )

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
        steps = range(_step(now), _step(now) - _WINDOW // _STEP, -1)
        number, ages, since, finished, recent = self._load(
            [_OPEN, _UNTRIED, _SINCE, _RECENT, *map(_counter, steps)], [now, _FORGOTTEN, CROWD]
        )
        done, window = _throughput(now, float(since), steps, finished)
        oldest, untried, stuck = map(float, ages)
        pairs = [one.split() for one in recent]
        return Load(
            open=int(number),
            oldest=oldest,
            untried=untried,
            stuck=stuck,
            finished=done,
            window=window,
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


def _throughput(
    now: float, since: float, steps: Sequence[int], finished: Sequence[int]
) -> tuple[int, float]:
    """How many were done and in how many seconds: within the window, since the backlog began, and
    from when anything was done at all, so that an outage that is over is not taken for slowness.
    """
    watched = [
        (step, count)
        for step, count in zip(steps, finished, strict=True)
        # Only whole steps of the backlog; without one, all that is known.
        if step * _STEP >= since
    ]
    while watched and not watched[-1][1]:
        watched.pop()
    if not watched:
        return 0, float(_WINDOW)
    return sum(count for _, count in watched), now - watched[-1][0] * _STEP


def _step(at: float) -> int:
    return int(at) // _STEP


def _counter(step: int) -> str:
    return f"idp:mail:finished:{step}"


def _hour(at: float) -> str:
    return f"idp:mail:domains:{int(at) // _HOUR}"
