"""Leases in Redis: of several workers one at a time does a piece of work."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from idp.adapters.redis.connection import RedisGateway
from idp.kernel.errors import Unavailable
from idp.kernel.ids import digest
from idp.kernel.random import Random

_log = logging.getLogger(__name__)

# Short and renewed, rather than as long as the slowest relay may take: a worker that was killed
# renews nothing, and its work goes on elsewhere within LIFE seconds instead of minutes. The price:
# a worker that stands still for longer than LIFE (a paused machine) loses it, as if it were dead,
# and may finish what another began again meanwhile.
LIFE = 10.0
_RENEWALS = 4

_RENEW = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""

_RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
"""


class RedisLeases:
    """`contingency.ports.Leases` on Redis.

    Here alone the key's own TTL decides, not our clock: the holders are on several machines, and
    what counts is how long one of them has been silent. life: seconds without a renewal.
    """

    def __init__(self, redis: RedisGateway, random: Random, *, life: float = LIFE) -> None:
        self._redis = redis
        self._random = random
        self._life = life
        self._renew = redis.script(_RENEW)
        self._release = redis.script(_RELEASE)

    @contextmanager
    def hold(self, name: str) -> Iterator[bool]:
        """Take it, keep it while the work goes on, give it back."""
        key, holder = f"idp:lease:{digest(name)}", self._random.token(16)
        with self._redis.guard():
            held = bool(self._redis.client.set(key, holder, nx=True, px=self._milliseconds()))
        if not held:
            yield False
            return
        done = threading.Event()
        keeper = threading.Thread(target=self._keep, args=(key, holder, done), daemon=True)
        keeper.start()
        try:
            yield True
        finally:
            done.set()
            keeper.join()
            # What cannot be given back now ends by itself.
            with suppress(Unavailable):
                self._release([key], [holder])

    def _keep(self, key: str, holder: str, done: threading.Event) -> None:
        while not done.wait(self._life / _RENEWALS):
            try:
                if not self._renew([key], [holder, self._milliseconds()]):
                    _log.warning("a lease was lost while its work went on")
                    return
            except Unavailable:
                # Redis may be back before the lease ends.
                continue

    def _milliseconds(self) -> int:
        return round(self._life * 1_000)
