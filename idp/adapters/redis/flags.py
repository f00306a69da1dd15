"""Telling every process, over Redis pub/sub, that a flag changed."""

from __future__ import annotations

from typing import Any

from idp.adapters.redis.connection import RedisGateway

CHANNEL = "idp:upstream_status:changed"


class RedisFlagMessenger:
    """`upstream_status.ports.FlagMessenger`: carries no content, so nothing can get out of date."""

    def __init__(self, redis: RedisGateway) -> None:
        self._redis = redis
        self._subscription: Any = None

    def announce(self) -> None:
        """Tell every process. Raises Unavailable("redis")."""
        with self._redis.guard():
            self._redis.client.publish(CHANNEL, "changed")

    def wait(self, timeout: float) -> bool:
        """Wait at most so many seconds; True as soon as somebody announced.

        Raises Unavailable("redis"); the next call subscribes anew. A subscription that begins
        counts as an announcement: what was said before it was not heard.
        """
        try:
            with self._redis.guard():
                if self._subscription is None:
                    client: Any = self._redis.client
                    self._subscription = client.pubsub(ignore_subscribe_messages=True)
                    self._subscription.subscribe(CHANNEL)
                    return True
                return self._subscription.get_message(timeout=timeout) is not None
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the subscription."""
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            subscription.close()
