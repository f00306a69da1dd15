"""Which of several probers leads, in Redis: a lease that its holder keeps renewing."""

from __future__ import annotations

from contextlib import suppress

from idp.adapters.redis.connection import RedisGateway
from idp.kernel.errors import Unavailable
from idp.kernel.random import Random

KEY = "idp:prober:leader"
# Seconds that a leader who says nothing stays it; the key's own TTL decides, since what counts is
# how long one of several machines has been silent, whatever their clocks say.
LIFE = 5.0

# KEYS: the lease. ARGV: who asks, milliseconds. Taking and keeping it are one step.
_LEAD = """
local holder = redis.call('GET', KEYS[1])
if not holder then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return 1
end
if holder ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
"""

_GIVE_UP = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
"""


class RedisLeadership:
    """`upstream_status.probe_ports.Leadership`. life: seconds without a renewal."""

    def __init__(self, redis: RedisGateway, random: Random, *, life: float = LIFE) -> None:
        self._owner = random.token(16)
        self._life = round(life * 1_000)
        self._lead = redis.script(_LEAD)
        self._give_up = redis.script(_GIVE_UP)

    def lead(self) -> bool:
        """Take the lead, or keep it. Raises Unavailable("redis")."""
        return bool(self._lead([KEY], [self._owner, self._life]))

    def give_up(self) -> None:
        """Let another have it at once; what cannot be given back ends by itself."""
        with suppress(Unavailable):
            self._give_up([KEY], [self._owner])
