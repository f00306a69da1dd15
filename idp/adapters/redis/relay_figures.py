"""How each relay fares, in Redis: a hash for each hour, and a hash of its trouble."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from idp.adapters.redis.connection import RedisGateway
from idp.mail.relay_figures import HOURS, RelayHealth, RelayHour, Trouble, What

_HOUR = 3_600


class RedisRelayFigures:
    """`mail.relay_figures.RelayFigures` on Redis. A relay's name is host and port."""

    def __init__(self, redis: RedisGateway) -> None:
        self._redis = redis

    def count(self, relay: str, what: What, at: float) -> None:
        """One more, in its hour."""
        key = _hour(int(at) // _HOUR)

        def commands(pipe: Any) -> None:
            pipe.hincrby(key, f"{relay}|{what}", 1)
            pipe.expire(key, _HOUR * (HOURS + 1))

        self._redis.pipeline(commands)

    def failed(self, relay: str, trouble: Trouble) -> None:
        """In the place of what was told before, for an hour."""
        key = _trouble(relay)

        def commands(pipe: Any) -> None:
            pipe.hset(key, mapping=vars(trouble))
            pipe.expire(key, _HOUR)

        self._redis.pipeline(commands)

    def works(self, relay: str) -> None:
        """Forget its trouble."""
        with self._redis.guard():
            self._redis.client.delete(_trouble(relay))

    def health(self, relays: Sequence[str], now: float) -> Mapping[str, RelayHealth]:
        """One round trip: a day's hashes, and a trouble for each."""
        last = int(now) // _HOUR
        numbers = range(last - HOURS + 1, last + 1)

        def read(pipe: Any) -> None:
            for number in numbers:
                pipe.hgetall(_hour(number))
            for one in relays:
                pipe.hgetall(_trouble(one))

        found = self._redis.pipeline(read)
        hours, troubles = found[: len(numbers)], found[len(numbers) :]
        return {
            one: RelayHealth(
                tuple(
                    (number, _counted(counts, one))
                    for number, counts in zip(numbers, hours, strict=True)
                ),
                _told(trouble),
            )
            for one, trouble in zip(relays, troubles, strict=True)
        }


def _counted(counts: Mapping[str, str], relay: str) -> RelayHour:
    def of(what: What) -> int:
        return int(counts.get(f"{relay}|{what}", 0))

    return RelayHour(of("accepted"), of("deferred"), of("refused"))


def _told(found: Mapping[str, str]) -> Trouble | None:
    if not found:
        return None
    return Trouble(float(found["at"]), found["reason"], float(found["alone_until"]))


def _hour(number: int) -> str:
    return f"idp:mail:relays:{number}"


def _trouble(relay: str) -> str:
    return f"idp:mail:relay-trouble:{relay}"
