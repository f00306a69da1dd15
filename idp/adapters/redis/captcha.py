"""Captcha solutions that served, remembered in Redis until they expire."""

from __future__ import annotations

import math

from idp.adapters.redis.connection import RedisGateway


class RedisSpentSolutions:
    """`captcha.ports.SpentSolutions` on Redis: SET NX has one winner."""

    def __init__(self, redis: RedisGateway) -> None:
        self._redis = redis

    def spend(self, digest: str, *, seconds: float) -> bool:
        """True for exactly one caller."""
        with self._redis.guard():
            answer = self._redis.client.set(
                f"idp:captcha:{digest}", "1", nx=True, ex=max(1, math.ceil(seconds)) + 60
            )
        return bool(answer)
