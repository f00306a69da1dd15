"""Whether two lots of times differ: the Mann-Whitney U test, Holm's correction, a bootstrap."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from statistics import median


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


def holm(values: Mapping[str, float]) -> dict[str, float]:
    """p-values corrected for so many comparisons (Holm 1979)."""
    corrected, least = {}, 0.0
    for rank, (name, value) in enumerate(sorted(values.items(), key=lambda item: item[1])):
        least = max(least, min(1.0, value * (len(values) - rank)))
        corrected[name] = least
    return corrected


def difference(
    left: Sequence[float], right: Sequence[float], rounds: int = 1_000
) -> tuple[float, float, float]:
    """The difference of the medians with its 95 % bootstrap interval."""
    draw = random.Random(1)
    found = sorted(
        median(draw.choices(right, k=len(right))) - median(draw.choices(left, k=len(left)))
        for _ in range(rounds)
    )
    return (
        median(right) - median(left),
        found[int(rounds * 0.025)],
        found[int(rounds * 0.975)],
    )
