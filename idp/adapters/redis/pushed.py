"""Pushed authorization requests in Redis; the script that issues a code consumes them."""

from __future__ import annotations

import json
from typing import Any

from idp.adapters.redis.connection import RedisGateway
from idp.oidc.ports import PushedRequest


def pushed_key(request_digest: str) -> str:
    """The key of a pushed request."""
    return f"idp:pushed:{request_digest}"


class RedisPushedRequests:
    """`oidc.ports.PushedStore` on Redis."""

    def __init__(self, redis: RedisGateway) -> None:
        self._redis = redis

    def add(self, request_digest: str, request: PushedRequest, ttl: int) -> None:
        """Store one; after `ttl` seconds it is collected."""
        data = json.dumps(
            {"client": request.client_id, "params": request.params, "expires": request.expires_at}
        )
        with self._redis.guard():
            self._redis.client.set(pushed_key(request_digest), data, ex=ttl)

    def get(self, request_digest: str) -> PushedRequest | None:
        """The stored one, or None."""
        with self._redis.guard():
            data: Any = self._redis.client.get(pushed_key(request_digest))
        if not data:
            return None
        found = json.loads(data)
        params = tuple((name, value) for name, value in found["params"])
        return PushedRequest(found["client"], params, found["expires"])

    def remove(self, request_digest: str) -> None:
        """Consume it."""
        with self._redis.guard():
            self._redis.client.delete(pushed_key(request_digest))
