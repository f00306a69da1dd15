"""Counting uses against the table."""

from __future__ import annotations

import math
from collections.abc import Mapping

from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError, Unavailable
from idp.kernel.ids import keyed_digest
from idp.limits.ports import Counter, Use
from idp.limits.table import LIMITS, Limit


class Limits:
    """Counts; what is counted is stored as an HMAC of its parts (`key`: 32 bytes)."""

    def __init__(
        self, *, counter: Counter, clock: Clock, key: bytes, table: Mapping[str, Limit] = LIMITS
    ) -> None:
        self._counter = counter
        self._clock = clock
        self._key = key
        self._table = table

    def hit(self, name: str, *parts: str) -> None:
        """Count one use. Raises IdpError("rate_limited", 429) with retry_after in seconds; `detail`
        is the name of the limit.
        """
        self.hit_all((name, *parts))

    def hit_all(self, *uses: tuple[str, ...]) -> None:
        """Count a use of each (name, part, …) in one round trip, or of none when one is refused."""
        rows = [self._table[name] for name, *_ in uses]
        counted = [
            Use(self._key_of(use), row.limit, row.window)
            for use, row in zip(uses, rows, strict=True)
        ]
        try:
            refused, wait = self._counter.hit(counted, now=self._clock.timestamp())
        except Unavailable:
            if all(row.on_redis_down == "allow" for row in rows):
                return
            raise
        if wait > 0:
            raise IdpError(
                "rate_limited", 429, detail=rows[refused].name, retry_after=math.ceil(wait)
            )

    def _key_of(self, use: tuple[str, ...]) -> str:
        # Lengths in front: ("ab", "c") and ("a", "bc") are different keys.
        return keyed_digest(self._key, "".join(f"{len(part)}:{part}" for part in use))
