"""Figures of many days in one line of text."""

from __future__ import annotations

from collections.abc import Sequence

_BARS = "▁▂▃▄▅▆▇█"


def sparkline(shares: Sequence[float | None]) -> str:
    """A bar for each share from 0 to 1; a space where there is none."""
    return "".join(" " if one is None else _BARS[_height(one)] for one in shares)


def _height(share: float) -> int:
    return min(int(min(max(share, 0.0), 1.0) * len(_BARS)), len(_BARS) - 1)
