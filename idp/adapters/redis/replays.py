"""Keys of changes that came by the console's API, in Redis, a hash each."""

from __future__ import annotations

from idp.adapters.redis.connection import RedisGateway
from idp.admin.api.replays import Kept

# KEYS: the key. ARGV: now, until when it is taken, seconds of the TTL, digest of the request.
_BEGIN = """
local request, till, answer = unpack(redis.call('HMGET', KEYS[1], 'request', 'until', 'answer'))
if request and tonumber(till) > tonumber(ARGV[1]) then return {request, answer or ''} end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'request', ARGV[4], 'until', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return false
"""

_FINISH = """
redis.call('HSET', KEYS[1], 'request', ARGV[3], 'until', ARGV[1], 'answer', ARGV[4])
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1
"""


class RedisReplays:
    """`admin.api.replays.ReplayStore` on Redis."""

    def __init__(self, redis: RedisGateway) -> None:
        self._redis = redis
        self._begin = redis.script(_BEGIN)
        self._finish = redis.script(_FINISH)

    def begin(self, key: str, request: str, *, now: float, seconds: int) -> Kept | None:
        """Take it, in one round trip."""
        found = self._begin([_name(key)], [now, now + seconds, seconds + 60, request])
        return Kept(*found) if found else None

    def finish(self, key: str, request: str, answer: str, *, now: float, seconds: int) -> None:
        """Keep the answer."""
        self._finish([_name(key)], [now + seconds, seconds + 60, request, answer])

    def drop(self, key: str) -> None:
        """Forget it."""
        with self._redis.guard():
            self._redis.client.delete(_name(key))


def _name(key: str) -> str:
    return f"idp:api-change:{key}"
