"""Counting uses in Redis by the generic cell rate algorithm (ITU-T I.371): one number per key.

The number is the theoretical arrival time: `limit` uses may come at once, and each comes back
after window/limit seconds. It needs no list of past uses and knows exactly when the next is free.
"""

from __future__ import annotations

from idp.adapters.redis.connection import RedisGateway

# KEYS: the counter. ARGV: now, window, limit.
_HIT = """
local now, window, limit = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local arrival = tonumber(redis.call('GET', KEYS[1]) or '0')
if arrival < now then arrival = now end
local next_arrival = arrival + window / limit
local wait = next_arrival - window - now
if wait > 0.000001 then return tostring(wait) end
redis.call('SET', KEYS[1], string.format('%.6f', next_arrival),
           'EX', math.ceil(next_arrival - now) + 60)
return '0'
"""


class RedisCounter:
    """`limits.ports.Counter` on Redis."""

    def __init__(self, redis: RedisGateway) -> None:
        self._hit = redis.script(_HIT)

    def hit(self, key: str, *, limit: int, window: float, now: float) -> float:
        """Count one use; 0 when allowed, else seconds to wait."""
        return float(self._hit([f"idp:limits:{key}"], [now, window, limit]))
