"""Whether two lots of times differ, or are the same within a bound: Mann-Whitney's U test, Holm's
correction, Hodges and Lehmann's shift with its interval.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist, median
from typing import TypeVar

K = TypeVar("K")


def mann_whitney(left: Sequence[float], right: Sequence[float]) -> float:
    """The two-sided p-value: normal approximation, ties corrected (Mann and Whitney 1947)."""
    first, second = len(left), len(right)
    ranked = sorted([(value, 0) for value in left] + [(value, 1) for value in right])
    ranks, ties, index = 0.0, 0.0, 0
    while index < len(ranked):
        end = index
        while end < len(ranked) and ranked[end][0] == ranked[index][0]:
            end += 1
        count = end - index
        ties += count**3 - count
        ranks += (index + 1 + end) / 2 * sum(1 for _, lot in ranked[index:end] if lot == 0)
        index = end
    total = first + second
    mean = first * second / 2
    spread = math.sqrt(first * second / 12 * (total + 1 - ties / (total * (total - 1))))
    if spread == 0:
        return 1.0
    z = (abs(ranks - first * (first + 1) / 2 - mean) - 0.5) / spread
    return math.erfc(max(0.0, z) / math.sqrt(2))


def holm(values: Mapping[K, float]) -> dict[K, float]:
    """p-values corrected for so many comparisons (Holm 1979)."""
    corrected: dict[K, float] = {}
    least = 0.0
    for rank, (name, value) in enumerate(sorted(values.items(), key=lambda item: item[1])):
        least = max(least, min(1.0, value * (len(values) - rank)))
        corrected[name] = least
    return corrected


def hodges_lehmann(
    left: Sequence[float], right: Sequence[float], confidence: float = 0.95
) -> tuple[float, float, float]:
    """By how much the right ones are more: the median of all differences (Hodges and Lehmann 1963),
    with its interval, which is the Mann-Whitney test turned round (Moses; normal approximation). No
    outlier moves it much. When the whole interval lies within a bound, both lots are the same
    within it (two one-sided tests, Schuirmann 1987). Raises ValueError for an empty lot.
    """
    if not left or not right:
        raise ValueError("an empty lot")
    gaps = sorted(two - one for one in left for two in right)
    first, second = len(left), len(right)
    deviation = math.sqrt(first * second * (first + second + 1) / 12)
    outside = len(gaps) / 2 - NormalDist().inv_cdf((1 + confidence) / 2) * deviation
    # With too few values no difference is left outside: the interval is all of them.
    index = max(0, math.floor(outside) - 1)
    return median(gaps), gaps[index], gaps[-1 - index]
