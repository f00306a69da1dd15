"""What counts."""

from __future__ import annotations

from typing import Protocol


class Counter(Protocol):
    """Counts uses by key, atomically over all processes."""

    def hit(self, key: str, *, limit: int, window: float, now: float) -> float:
        """Count one use at `now` (epoch seconds); 0 when allowed, else seconds until one is.

        A refused use is not counted. Raises Unavailable("redis").
        """
        ...
