"""The tries of each mail, in Redis: a hash by the digest of its Message-ID."""

from __future__ import annotations

from typing import Any

from idp.adapters.redis.connection import RedisGateway
from idp.kernel.ids import digest
from idp.mail.ports import Tries

# Longer than any job waits between two tries (account.mails: an hour).
_TTL = 2 * 3_600


class RedisMailTries:
    """`mail.ports.MailTries` on Redis."""

    def __init__(self, redis: RedisGateway) -> None:
        self._redis = redis

    def begin(self, message_id: str) -> Tries:
        """Count a try and read what is known, in one round trip."""
        key = _key(message_id)

        def commands(pipe: Any) -> None:
            pipe.hincrby(key, "count", 1)
            pipe.hmget(key, "unknown", "unknown_at")
            pipe.expire(key, _TTL)

        count, (unknown, at), _ = self._redis.pipeline(commands)
        return Tries(count=int(count), unknown=int(unknown or 0), unknown_at=float(at or 0))

    def unknown(self, message_id: str, at: float) -> None:
        """Note that this try had no answer."""
        key = _key(message_id)

        def commands(pipe: Any) -> None:
            pipe.hincrby(key, "unknown", 1)
            pipe.hset(key, "unknown_at", f"{at:.3f}")
            pipe.expire(key, _TTL)

        self._redis.pipeline(commands)


def _key(message_id: str) -> str:
    return f"idp:mail:tries:{digest(message_id)}"
