"""How busy the mail is, in Redis: sorted sets of what waits, counters of what is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from idp.adapters.redis.connection import RedisGateway
from idp.mail.load import Load
from idp.mail.news import CROWD, EPOCH, Epoch

_OPEN, _UNTRIED, _SINCE = "idp:mail:open", "idp:mail:untried", "idp:mail:since"
_STEP, _WINDOW = 10, 120
# Longer than any link lives: what is still open then was lost, and must not be counted for ever.
_FORGOTTEN = 2_400
_EPOCHS_KEPT = 3 * EPOCH
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

# KEYS: the same three, then the counters of the window, the newest first.
# ARGV: now, forgotten, crowd of a backlog, crowd of the ages.
_LOAD = """
local many = tonumber(ARGV[4])
local forgotten = tonumber(ARGV[1]) - tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', forgotten)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', forgotten)
if redis.call('ZCARD', KEYS[1]) < tonumber(ARGV[3]) then redis.call('DEL', KEYS[3]) end
local function age(key, nth)
  local at = redis.call('ZRANGE', key, nth - 1, nth - 1, 'WITHSCORES')[2]
  return at and tostring(math.max(0, tonumber(ARGV[1]) - tonumber(at))) or '0'
end
local finished = {}
for i = 4, #KEYS do finished[i - 3] = tonumber(redis.call('GET', KEYS[i]) or '0') end
return {redis.call('ZCARD', KEYS[1]), {age(KEYS[1], 1), age(KEYS[2], many), age(KEYS[1], many)},
        redis.call('GET', KEYS[3]) or '0', finished}
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

    def put_off(self, who: str, age: float, at: float) -> None:
        """Into those of its epoch."""
        key = _put_off(int(at) // EPOCH)

        def commands(pipe: Any) -> None:
            pipe.hset(key, who, f"{age:.1f}")
            pipe.expire(key, _EPOCHS_KEPT)

        self._redis.pipeline(commands)

    def delivered(self, domain: str, who: str, seconds: float, at: float) -> None:
        """Into those of its epoch, and into its domain's histogram."""
        number = int(at) // EPOCH
        bound = next((one for one in _BOUNDS if seconds <= one), 0)

        def commands(pipe: Any) -> None:
            pipe.hset(_delivered(number), who, f"{seconds:.1f}")
            pipe.expire(_delivered(number), _EPOCHS_KEPT)
            pipe.hdel(_put_off(number), who)
            key = _hour(at)
            pipe.hincrby(key, f"{domain}|{bound}", 1)
            pipe.expire(key, _HOUR * (_HOURS + 1))

        self._redis.pipeline(commands)

    def load(self, now: float, crowd: int) -> Load:
        """One script."""
        steps = range(_step(now), _step(now) - _WINDOW // _STEP, -1)
        number, ages, since, finished = self._load(
            [_OPEN, _UNTRIED, _SINCE, *map(_counter, steps)], [now, _FORGOTTEN, CROWD, crowd]
        )
        done, window = _throughput(now, float(since), steps, finished)
        oldest, untried, stuck = map(float, ages)
        return Load(
            open=int(number),
            oldest=oldest,
            untried=untried,
            stuck=stuck,
            finished=done,
            window=window,
            crowd=crowd,
        )

    def epoch(self, number: int) -> Epoch:
        """Both hashes: on the worst day thousands of fields, read once in an epoch."""

        def commands(pipe: Any) -> None:
            pipe.hvals(_delivered(number))
            pipe.hvals(_put_off(number))

        delivered, put_off = self._redis.pipeline(commands)
        return Epoch([float(one) for one in delivered], [float(one) for one in put_off])

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


def _delivered(epoch: int) -> str:
    return f"idp:mail:epoch:{epoch}:delivered"


def _put_off(epoch: int) -> str:
    return f"idp:mail:epoch:{epoch}:put-off"


def _hour(at: float) -> str:
    return f"idp:mail:domains:{int(at) // _HOUR}"
