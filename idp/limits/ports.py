"""What counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Use:
    """One use to count: under `key`, of `limit` within `window` seconds."""

    key: str
    limit: int
    window: float


class Counter(Protocol):
    """Counts uses by key, atomically over all processes."""

    def hit(self, uses: Sequence[Use], *, now: float) -> tuple[int, float]:
        """Count every use at `now` (epoch seconds), or none: which one is refused, and for how many
        seconds (0 when all are allowed). Raises Unavailable("redis").
        """
        ...
