"""Counting uses against the table."""

from __future__ import annotations

import math
from collections.abc import Mapping

from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError, Unavailable
from idp.kernel.ids import keyed_digest
from idp.limits.ports import Counter
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
        """Count one use. Raises IdpError("rate_limited", 429) with retry_after in seconds."""
        row = self._table[name]
        # Lengths in front: ("ab", "c") and ("a", "bc") are different keys.
        joined = "".join(f"{len(part)}:{part}" for part in (name, *parts))
        try:
            wait = self._counter.hit(
                keyed_digest(self._key, joined),
                limit=row.limit,
                window=row.window,
                now=self._clock.timestamp(),
            )
        except Unavailable:
            if row.on_redis_down == "allow":
                return
            raise
        if wait > 0:
            raise IdpError("rate_limited", 429, detail=name, retry_after=math.ceil(wait))
