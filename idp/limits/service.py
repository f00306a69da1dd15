"""Counting uses against the table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress

from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError, Unavailable
from idp.kernel.ids import keyed_digest
from idp.limits.ports import Counter, Use, evenly
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

    def hit_times(self, times: int, name: str, *parts: str) -> None:
        """Count so many uses of one at once, or none. Raises as `hit` does."""
        row, use = self._table[name], (name, *parts)
        many = Use(self._key_of(use), row.limit / max(1, times), row.window)
        self._hit([use], [many])

    def hit_all(self, *uses: tuple[str, ...]) -> None:
        """Count a use of each (name, part, …) in one round trip, or of none when one is refused."""
        self._hit(uses, self._counted(uses))

    def _hit(self, uses: Sequence[tuple[str, ...]], counted: Sequence[Use]) -> None:
        try:
            refused, wait = self._counter.hit(counted, now=self._clock.timestamp())
        except Unavailable:
            if self._pass_uncounted(uses):
                return
            raise
        if wait > 0:
            row = self._rows(uses)[refused]
            raise IdpError(
                "rate_limited",
                429,
                message=row.message,
                detail=row.name,
                retry_after=math.ceil(wait),
            )

    def turn(self, *uses: tuple[str, ...], later: bool, again: bool) -> float:
        """Count a use of each, or of none: 0, or in how many seconds it is the caller's turn. See
        `Counter.turn`. Raises Unavailable where a row says so.
        """
        try:
            return self._counter.turn(
                self._counted(uses), now=self._clock.timestamp(), later=later, again=again
            )
        except Unavailable:
            if self._pass_uncounted(uses):
                return 0.0
            raise

    def give_back(self, *uses: tuple[str, ...]) -> None:
        """Take back a use of each: what was counted did not come about. Nothing while Redis is
        away: what is not given back comes back by itself.
        """
        with suppress(Unavailable):
            self._counter.give_back(self._counted(uses))

    def _rows(self, uses: Sequence[tuple[str, ...]]) -> list[Limit]:
        return [self._table[name] for name, *_ in uses]

    def _pass_uncounted(self, uses: Sequence[tuple[str, ...]]) -> bool:
        return all(row.on_redis_down == "allow" for row in self._rows(uses))

    def _counted(self, uses: Sequence[tuple[str, ...]]) -> list[Use]:
        return [
            (evenly if row.even else Use)(self._key_of(use), row.limit, row.window)
            for use, row in zip(uses, self._rows(uses), strict=True)
        ]

    def _key_of(self, use: tuple[str, ...]) -> str:
        # Lengths in front: ("ab", "c") and ("a", "bc") are different keys.
        return keyed_digest(self._key, "".join(f"{len(part)}:{part}" for part in use))
