"""What counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Use:
    """One use to count: under `key`, of `limit` within `window` seconds.

    `limit` may come at once, and come back evenly; so within a window right after a pause there may
    be nearly twice as many. Where that must not be, see `evenly`.
    """

    key: str
    limit: float
    window: float


def evenly(key: str, limit: int, window: float) -> Use:
    """A use of which no window, wherever it begins, ever holds more than `limit`: a sixtieth may
    come at once (at least two, so that what is urgent has something in reserve), and the rest at
    the rate that is left.
    """
    at_once = min(limit, max(2, limit // 60))
    return Use(key, at_once, window * at_once / (limit - at_once + 1))


class Counter(Protocol):
    """Counts uses by key, atomically over all processes. Raises Unavailable("redis")."""

    def hit(self, uses: Sequence[Use], *, now: float) -> tuple[int, float]:
        """Count every use at `now` (epoch seconds), or none: which one is refused, and for how many
        seconds (0 when all are allowed).
        """
        ...

    def turn(self, uses: Sequence[Use], *, now: float, later: bool, again: bool) -> float:
        """Count every use, or none: 0, or in how many seconds to come again. That moment is the
        caller's own: who is put off stands in a line, one place for each use that comes back, and
        who comes for the first time (not `again`) stands behind those in it. A line is ten
        minutes long at most; beyond, nobody has a place.

        later: what can wait. It is allowed only while half of what may come at once is left, and
        its line is four times as slow.
        """
        ...

    def give_back(self, uses: Sequence[Use]) -> None:
        """Take back one use of each, as if it had not been."""
        ...
