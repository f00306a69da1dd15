"""Console sessions in Redis, a hash each, and what is half done."""

from __future__ import annotations

from typing import Any

from idp.adapters.redis.connection import RedisGateway
from idp.admin.session import OpenSession, Session, moment

# KEYS: the session. ARGV: now, idle seconds, 1 where it is used. Judged by our own clock; its use
# is noted at most once in 30 s. One that has lapsed is left there for whoever puts its end on
# record.
_TOUCH = """
local data, used, expires, proved =
  unpack(redis.call('HMGET', KEYS[1], 'data', 'used', 'expires', 'proved'))
if not data then return false end
local now = tonumber(ARGV[1])
if now >= tonumber(expires) or now - tonumber(used) >= tonumber(ARGV[2]) then return false end
if ARGV[3] == '1' and now - tonumber(used) > 30 then
  redis.call('HSET', KEYS[1], 'used', ARGV[1])
end
return {data, proved}
"""

# KEYS: the session. ARGV: now. One that has ended is not made anew by it.
_PROVED = """
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], 'proved', ARGV[1]) end
return 1
"""

_REMOVE = """
local found = redis.call('HMGET', KEYS[1], 'data', 'proved')
redis.call('DEL', KEYS[1])
return found
"""

# Seconds for which a session that lapsed is kept: its end is on record once its cookie comes back.
_LAPSED = 86_400


class RedisConsoleSessions:
    """`admin.ports.SessionStore` on Redis."""

    def __init__(self, redis: RedisGateway) -> None:
        self._redis = redis
        self._touch = redis.script(_TOUCH)
        self._proved = redis.script(_PROVED)
        self._remove = redis.script(_REMOVE)

    def add(self, digest: str, session: Session, *, now: float) -> None:
        """A new one, until it expires."""
        key, index = _key(digest), _index(session.account_id)
        expires = session.expires_at.timestamp()
        life = max(1, int(expires - now)) + _LAPSED
        values = {
            "data": session.to_json(),
            "used": now,
            "expires": expires,
            "proved": session.proved_at.timestamp(),
        }

        def commands(pipe: Any) -> None:
            pipe.hset(key, mapping=values)
            pipe.expire(key, life)
            pipe.sadd(index, digest)
            pipe.expire(index, life, nx=True)
            pipe.expire(index, life, gt=True)

        self._redis.pipeline(commands)

    def touch(self, digest: str, *, now: float, idle: int) -> Session | None:
        """The live one, noting its use."""
        return self._live(digest, now, idle, used=1)

    def look(self, digest: str, *, now: float, idle: int) -> Session | None:
        """The live one, which is not used by that."""
        return self._live(digest, now, idle, used=0)

    def proved(self, digest: str, *, now: float) -> None:
        """Its account was proved again."""
        self._proved([_key(digest)], [now])

    def remove(self, digest: str) -> Session | None:
        """End it; what it was."""
        data, proved = self._remove([_key(digest)], [])
        return Session.from_json(data, float(proved)) if data else None

    def _live(self, digest: str, now: float, idle: int, *, used: int) -> Session | None:
        found = self._touch([_key(digest)], [now, idle, used])
        return Session.from_json(found[0], float(found[1])) if found else None

    def of_account(self, account_id: str, *, now: float, idle: int) -> list[OpenSession]:
        """The live ones of an account; what ended meanwhile is forgotten."""
        index = _index(account_id)
        with self._redis.guard():
            digests = sorted(str(one) for one in self._redis.client.smembers(index))
        if not digests:
            return []

        def read(pipe: Any) -> None:
            for one in digests:
                pipe.hmget(_key(one), "data", "used", "expires", "proved")

        found, gone = [], []
        for one, row in zip(digests, self._redis.pipeline(read), strict=True):
            data, used, expires, proved = row
            if data is None or now >= float(expires) or now - float(used) >= idle:
                gone.append(one)
            else:
                session = Session.from_json(data, float(proved))
                found.append(OpenSession(one, session, moment(float(used))))
        if gone:
            with self._redis.guard():
                self._redis.client.srem(index, *gone)
        return found


class RedisSteps:
    """`admin.ports.StepStore` on Redis."""

    def __init__(self, redis: RedisGateway) -> None:
        self._redis = redis

    def put(self, kind: str, key: str, text: str, *, seconds: int) -> None:
        """Keep it, instead of an earlier one."""
        with self._redis.guard():
            self._redis.client.set(_step(kind, key), text, ex=seconds + 60)

    def get(self, kind: str, key: str) -> str | None:
        """The text that is there."""
        with self._redis.guard():
            found = self._redis.client.get(_step(kind, key))
        return str(found) if found is not None else None

    def drop(self, kind: str, key: str) -> None:
        """Forget it."""
        with self._redis.guard():
            self._redis.client.delete(_step(kind, key))


def _key(digest: str) -> str:
    return f"idp:console-session:{digest}"


def _index(account_id: str) -> str:
    return f"idp:console-sessions-of:{account_id}"


def _step(kind: str, key: str) -> str:
    return f"idp:console-{kind}:{key}"
