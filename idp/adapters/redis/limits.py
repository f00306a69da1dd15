"""Counting uses in Redis by the generic cell rate algorithm (ITU-T I.371): one number per key.

The number is the theoretical arrival time: `limit` uses may come at once, and each comes back
after window/limit seconds. It needs no list of past uses and knows exactly when the next is free.
"""

from __future__ import annotations

from collections.abc import Sequence

from idp.adapters.redis.connection import RedisGateway
from idp.limits.ports import Use

# KEYS: the counters. ARGV: now, then window and limit of each. What one refuses none counts.
_HIT = """
local now, next = tonumber(ARGV[1]), {}
for i, key in ipairs(KEYS) do
  local window, limit = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  local arrival = tonumber(redis.call('GET', key) or '0')
  if arrival < now then arrival = now end
  next[i] = arrival + window / limit
  local wait = next[i] - window - now
  if wait > 0.000001 then return {i - 1, tostring(wait)} end
end
for i, key in ipairs(KEYS) do
  redis.call('SET', key, string.format('%.6f', next[i]), 'EX', math.ceil(next[i] - now) + 60)
end
return {0, '0'}
"""


class RedisCounter:
    """`limits.ports.Counter` on Redis."""

    def __init__(self, redis: RedisGateway) -> None:
        self._hit = redis.script(_HIT)

    def hit(self, uses: Sequence[Use], *, now: float) -> tuple[int, float]:
        """Count all or none, in one script."""
        numbers = [number for use in uses for number in (use.window, use.limit)]
        index, wait = self._hit([f"idp:limits:{use.key}" for use in uses], [now, *numbers])
        return int(index), float(wait)
