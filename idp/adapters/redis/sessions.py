"""Sessions in Redis: a hash each, found by the digest of the cookie."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from idp.adapters.redis.connection import RedisGateway
from idp.kernel.identity import Mode
from idp.login.session import OpenSession, Session
from idp.login.transaction import moment

# KEYS: the session. ARGV: now, idle seconds. One round trip reads it, judges it by our own clock
# and notes its use (at most once in 30 s, so that most reads write nothing).
_TOUCH = """
local data, used, expires = unpack(redis.call('HMGET', KEYS[1], 'data', 'used', 'expires'))
if not data then return false end
local now = tonumber(ARGV[1])
if now >= tonumber(expires) or now - tonumber(used) >= tonumber(ARGV[2]) then
  redis.call('DEL', KEYS[1])
  return false
end
if now - tonumber(used) > 30 then redis.call('HSET', KEYS[1], 'used', ARGV[1]) end
return data
"""

_REMOVE = """
local data = redis.call('HGET', KEYS[1], 'data')
redis.call('DEL', KEYS[1])
return data
"""


def session_key(cookie_digest: str) -> str:
    """The key of a session."""
    return f"idp:session:{cookie_digest}"


def person_key(person_id: str) -> str:
    """The key of the digests of a person's sessions."""
    return f"idp:person-sessions:{person_id}"


def by_mail_key(realm: str) -> str:
    """The key of the digests of a realm's sessions that began by mail, by when."""
    return f"idp:sessions-by-mail:{realm}"


class RedisSessions:
    """`login.ports.SessionStore` on Redis."""

    def __init__(self, redis: RedisGateway) -> None:
        self._redis = redis
        self._touch = redis.script(_TOUCH)
        self._remove = redis.script(_REMOVE)

    def add(self, cookie_digest: str, session: Session, *, now: float) -> None:
        """Store a new one until it expires."""
        key = session_key(cookie_digest)
        expires = session.expires_at.timestamp()
        values = {"data": session.to_json(), "used": now, "expires": expires}

        def commands(pipe: Any) -> None:
            pipe.hset(key, mapping=values)
            pipe.expire(key, max(1, int(expires - now)) + 60)
            # Of whom they are: it lasts as long as the longest of them, and may name ended ones.
            index = person_key(session.person_id)
            pipe.sadd(index, cookie_digest)
            pipe.expire(index, max(1, int(expires - now)) + 60, nx=True)
            pipe.expire(index, max(1, int(expires - now)) + 60, gt=True)
            if session.mode is Mode.CONTINGENCIA:
                _note(pipe, by_mail_key(session.realm), cookie_digest, now, expires)

        self._redis.pipeline(commands)

    def touch(self, cookie_digest: str, *, now: float, idle: int) -> Session | None:
        """The live one, noting its use."""
        data = self._touch([session_key(cookie_digest)], [now, idle])
        return Session.from_json(data) if data else None

    def remove(self, cookie_digest: str) -> Session | None:
        """End it."""
        data = self._remove([session_key(cookie_digest)], [])
        return Session.from_json(data) if data else None

    def of_person(self, person_id: str, *, now: float, idle: int) -> list[OpenSession]:
        """The live ones of a person; what ended meanwhile is forgotten."""
        index = person_key(person_id)
        with self._redis.guard():
            digests = sorted(str(one) for one in self._redis.client.smembers(index))
        if not digests:
            return []

        def read(pipe: Any) -> None:
            for one in digests:
                pipe.hmget(session_key(one), "data", "used", "expires")

        found, gone = [], []
        for one, row in zip(digests, self._redis.pipeline(read), strict=True):
            data, used, expires = row
            if data is None or now >= float(expires) or now - float(used) >= idle:
                gone.append(one)
            else:
                found.append(OpenSession(one, Session.from_json(data), moment(float(used))))
        if gone:
            with self._redis.guard():
                self._redis.client.srem(index, *gone)
        return found

    def by_mail(self, realm: str, *, before: float, most: int) -> list[tuple[str, Session | None]]:
        """The index, then what it names: two round trips."""
        with self._redis.guard():
            found: Any = self._redis.client.zrangebyscore(
                by_mail_key(realm), "-inf", f"({before}", 0, most
            )
        if not found:
            return []

        def read(pipe: Any) -> None:
            for one in found:
                pipe.hget(session_key(one), "data")

        rows = self._redis.pipeline(read)
        return [
            (one, Session.from_json(data) if data else None)
            for one, data in zip(found, rows, strict=True)
        ]

    def note_by_mail(self, realm: str, cookie_digest: str, at: float | None) -> None:
        """Another score, or none."""
        with self._redis.guard():
            if at is None:
                self._redis.client.zrem(by_mail_key(realm), cookie_digest)
            else:
                self._redis.client.zadd(by_mail_key(realm), {cookie_digest: at}, xx=True)

    def all(self) -> Iterator[tuple[str, Session]]:
        """Every session, a round trip each."""
        with self._redis.guard():
            for key in self._redis.client.scan_iter(match=session_key("*"), count=1_000):
                data: Any = self._redis.client.hget(key, "data")
                if data:
                    yield key.removeprefix(session_key("")), Session.from_json(data)


def _note(pipe: Any, index: str, cookie_digest: str, now: float, expires: float) -> None:
    """Note a session that began by mail, and forget those that have outlived a life as long."""
    life = max(1.0, expires - now)
    pipe.zadd(index, {cookie_digest: now})
    pipe.zremrangebyscore(index, "-inf", now - life - 60)
    pipe.expire(index, int(life) + 60, nx=True)
    pipe.expire(index, int(life) + 60, gt=True)
