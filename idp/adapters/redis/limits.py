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

# KEYS: the counters, then the line of each: the first moment that nobody in it was given. ARGV:
# now, whether the caller was put off before, steps from one place in the line to the next, how
# early one may return without losing its place, how long the line may get (all in seconds but the
# steps); then step of each counter, and for how long it may be ahead (the window, or a part of it).
_TURN = """
local now, again = tonumber(ARGV[1]), ARGV[2] == '1'
local spacing, early, longest = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local n, next, due, late = #KEYS / 2, {}, now + 0.000001, 0
for i = 1, n do
  local step, ahead = tonumber(ARGV[2 * i + 4]), tonumber(ARGV[2 * i + 5])
  local arrival = tonumber(redis.call('GET', KEYS[i]) or '0')
  if arrival < now then arrival = now end
  next[i] = arrival + step
  local free = next[i] - ahead
  if not again then free = math.max(free, tonumber(redis.call('GET', KEYS[n + i]) or '0')) end
  if free > due then due, late = free, i end
end
if late == 0 then
  for i = 1, n do
    local life = math.ceil(next[i] - now) + 60
    redis.call('SET', KEYS[i], string.format('%.6f', next[i]), 'EX', life)
  end
  return '0'
end
if again and due - now < early then return string.format('%.6f', due - now) end
local line = KEYS[n + late]
local place = math.max(due, tonumber(redis.call('GET', line) or '0'))
if place - now > longest then return tostring(longest) end
local after = place + spacing * tonumber(ARGV[2 * late + 4])
redis.call('SET', line, string.format('%.6f', after), 'EX', math.ceil(after - now) + 60)
return string.format('%.6f', place - now)
"""

# KEYS: the counters. ARGV: the step of each.
_GIVE_BACK = """
for i, key in ipairs(KEYS) do
  local arrival = tonumber(redis.call('GET', key) or '0')
  if arrival > 0 then
    redis.call('SET', key, string.format('%.6f', arrival - tonumber(ARGV[i])), 'KEEPTTL')
  end
end
"""

# What can wait leaves this part of what may come at once to what cannot, and asks so much less
# often for its turn: each try costs as much as a mail.
_RESERVED = 2
_LATER_SPACING = 4
# Seconds: queues count in milliseconds, and the clocks of two machines differ.
_EARLY = 1.0
# Seconds: who would get a later place has given up by then, and the place would be lost with it.
# Such a one comes again after this time without a place, and takes what it finds.
_LONGEST_LINE = 600


class RedisCounter:
    """`limits.ports.Counter` on Redis."""

    def __init__(self, redis: RedisGateway) -> None:
        self._hit = redis.script(_HIT)
        self._turn = redis.script(_TURN)
        self._give_back = redis.script(_GIVE_BACK)

    def hit(self, uses: Sequence[Use], *, now: float) -> tuple[int, float]:
        """Count all or none, in one script."""
        numbers = [number for use in uses for number in (use.window, use.limit)]
        index, wait = self._hit(_keys(uses), [now, *numbers])
        return int(index), float(wait)

    def turn(self, uses: Sequence[Use], *, now: float, later: bool, again: bool) -> float:
        """Count all or none, or give a place in the line of the one that is free last."""
        line, spacing, early = ("later", _LATER_SPACING, 0) if later else ("line", 1, _EARLY)
        numbers = []
        for use in uses:
            ahead = max(1, use.limit // _RESERVED) if later else use.limit
            numbers += [_step(use), _step(use) * ahead]
        keys = _keys(uses)
        lines = [f"{key}:{line}" for key in keys]
        return float(
            self._turn([*keys, *lines], [now, int(again), spacing, early, _LONGEST_LINE, *numbers])
        )

    def give_back(self, uses: Sequence[Use]) -> None:
        """Take back one of each; of a counter whose time has passed nothing is left to take."""
        self._give_back(_keys(uses), [_step(use) for use in uses])


def _keys(uses: Sequence[Use]) -> list[str]:
    return [f"idp:limits:{use.key}" for use in uses]


def _step(use: Use) -> float:
    return use.window / use.limit
