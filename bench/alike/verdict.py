"""What the figures say: the same, different, or too little to tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bench.alike.answers import first_difference
from bench.alike.kinds import CONTROL, ELIGIBLE, KINDS
from bench.statistics import hodges_lehmann, holm, mann_whitney

# Milliseconds. Times are the same when the whole interval of their shift lies within ±BOUND: across
# a network, whose delays vary by more than that, it takes a stranger thousands of requests for one
# person, and a person takes five in a quarter of an hour.
BOUND = 0.3
# Milliseconds by which the control's answers are held back. A run that does not notice that, at
# every step, would not notice a leak either, and proves nothing.
INJECTED = 0.5
# Of all comparisons together: a run tells people apart by mere chance once in a hundred times.
LEVEL = 0.01

Times = Mapping[str, Mapping[str, Sequence[float]]]
"""ms, by step and kind."""
Answers = Mapping[str, Mapping[str, set[str]]]
"""By step: each different answer, with the kinds that got it."""


class Verdict(StrEnum):
    """Of one kind at one step."""

    SAME = "same"
    DIFFERENT = "DIFFERENT"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True)
class Compared:
    """A kind against the eligible at a step. shift: by how many ms it is slower (Hodges-Lehmann),
    low and high: its 95 % interval. p: corrected for all comparisons.
    """

    step: str
    kind: str
    shift: float
    low: float
    high: float
    p: float

    @property
    def verdict(self) -> Verdict:
        """No p-value proves sameness, so that needs the interval; a difference that is sure is one
        however small, since who asks more often than this bench sees it.
        """
        if self.p < LEVEL:
            return Verdict.DIFFERENT
        return Verdict.SAME if self.low > -BOUND and self.high < BOUND else Verdict.UNCERTAIN

    @property
    def noticed(self) -> bool:
        """Of the control: whether its delay was seen, and as one."""
        return self.verdict is Verdict.DIFFERENT and self.low > 0

    def __str__(self) -> str:
        interval = f"{self.shift:+.3f} ms ({self.low:+.3f} to {self.high:+.3f})"
        return f"{self.step}, {self.kind}: {interval}, p = {self.p:.2g}"


def compare(times: Times) -> list[Compared]:
    """Every kind against the eligible, at every step; the control among them."""
    raw = {
        (step, kind): mann_whitney(kinds[ELIGIBLE], kinds[kind])
        for step, kinds in times.items()
        for kind in (*KINDS, CONTROL)
        if kind != ELIGIBLE and kind in kinds
    }
    corrected = holm({pair: one for pair, one in raw.items() if pair[1] != CONTROL})
    found = []
    for (step, kind), one in raw.items():
        # The control's is corrected at least as hard as anybody's: it must not be easier to see.
        p = corrected.get((step, kind), min(1.0, one * max(1, len(corrected))))
        shift, low, high = hodges_lehmann(times[step][ELIGIBLE], times[step][kind])
        found.append(Compared(step, kind, shift, low, high, p))
    return found


def judge(compared: Sequence[Compared], answers: Answers) -> list[str]:
    """What keeps the run from showing that nobody can be told apart; empty when it shows that."""
    found = [
        f"{step}: DIFFERENT ANSWERS, {len(texts)} of them{_difference(texts)}"
        for step, texts in answers.items()
        if len(texts) > 1
    ]
    unclear = []
    for one in compared:
        if one.kind == CONTROL:
            if not one.noticed:
                found.append(f"inconclusive: {one.step}: the injected {INJECTED} ms went unnoticed")
        elif one.verdict is Verdict.DIFFERENT:
            found.append(f"CAN BE TOLD APART by time: {one}")
        elif one.verdict is Verdict.UNCERTAIN:
            unclear.append(one)
    if unclear:
        worst = max(unclear, key=lambda one: max(one.high, -one.low))
        found.append(
            f"inconclusive: {len(unclear)} of {len(compared)} comparisons not within ±{BOUND} ms, "
            f"the widest {worst}; ask more people (--each), or a quieter machine"
        )
    return found if compared else [*found, "inconclusive: nothing was timed"]


def _difference(texts: Mapping[str, set[str]]) -> str:
    first, second = sorted(texts)[:2]
    shown = zip((first, second), first_difference(first, second), strict=True)
    return "".join(f"\n  {', '.join(sorted(texts[text]))}: {part!r}" for text, part in shown)
