"""Identifiers that count once (`jti`), in Redis."""

from __future__ import annotations

from idp.adapters.redis.connection import RedisGateway
from idp.kernel.ids import digest


class RedisSpentIds:
    """`oidc.ports.SpentIds` on Redis."""

    def __init__(self, redis: RedisGateway) -> None:
        self._redis = redis

    def spend(self, kind: str, value: str, ttl: int) -> bool:
        """Note it; False when it was noted already."""
        with self._redis.guard():
            return bool(
                self._redis.client.set(f"idp:{kind}:{digest(value)}", "1", nx=True, ex=max(1, ttl))
            )
