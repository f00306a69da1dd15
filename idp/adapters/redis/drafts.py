"""What was typed after a session had ended, in Redis: sealed, by the digest of its browser."""

from __future__ import annotations

from idp.adapters.redis.connection import RedisGateway


class RedisDrafts:
    """`account.drafts.DraftStore` on Redis."""

    def __init__(self, redis: RedisGateway) -> None:
        self._redis = redis

    def put(self, browser_hash: str, sealed: str, *, seconds: int) -> None:
        """Keep it, instead of an earlier one."""
        with self._redis.guard():
            self._redis.client.set(_key(browser_hash), sealed, ex=seconds)

    def get(self, browser_hash: str) -> str | None:
        """The text that is there."""
        with self._redis.guard():
            found = self._redis.client.get(_key(browser_hash))
        return str(found) if found is not None else None

    def drop(self, browser_hash: str) -> None:
        """Forget it."""
        with self._redis.guard():
            self._redis.client.delete(_key(browser_hash))


def _key(browser_hash: str) -> str:
    return f"idp:account-draft:{browser_hash}"
