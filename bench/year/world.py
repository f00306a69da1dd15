"""A made-up year of an upstream: what fails when, how slow it is, how many people come.

Built on what integrators report of SUNAT: 8 % of requests fail on ordinary days, logins take up to
a minute under load, outages are often partial and last minutes to days. How many of each there
are in a year nobody publishes: these are guesses, and `FAULTS` is where to change them.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

DAY = 86_400.0
YEAR = 365 * DAY
TRANSIENT = 0.08
MEDIAN, SPREAD = 0.8, 0.6
# Who waits longer for a page has gone; an exchange is given up by the provider itself.
PATIENCE, EXCHANGE = 30.0, 15.0
# Shorter than this nobody is helped by a flip: the mail alone takes as long.
WORTHWHILE = 120.0


@dataclass(frozen=True)
class Fault:
    """A kind of trouble. a_year: how many. least, most: seconds, drawn evenly by their logarithm.
    fails: share of requests, from and to; median: seconds of an answer, from and to. whole: shares
    of those that reach both steps; the others reach one.
    """

    name: str
    a_year: int
    least: float
    most: float
    fails: tuple[float, float] = (TRANSIENT, TRANSIENT)
    median: tuple[float, float] = (MEDIAN, MEDIAN)
    whole: float = 1.0


FAULTS = (
    Fault("blip", 250, 15, 110, fails=(1.0, 1.0)),
    Fault("short outage", 40, 180, 1_200, fails=(0.95, 1.0), whole=0.4),
    Fault("outage", 15, 1_200, 4 * 3_600, fails=(0.95, 1.0), whole=0.5),
    Fault("long outage", 3, 8 * 3_600, 3 * DAY, fails=(0.9, 1.0), whole=0.5),
    Fault("partial", 60, 600, 7_200, fails=(0.2, 0.8), whole=0.7),
    Fault("slow peak", 80, 900, 5_400, median=(3, 40), whole=0.8),
)


@dataclass(frozen=True)
class Condition:
    """How each step does: share of requests that fail, and median seconds of an answer."""

    form_fails: float = TRANSIENT
    token_fails: float = TRANSIENT
    form_median: float = MEDIAN
    token_median: float = MEDIAN

    @property
    def gets_in(self) -> float:
        """The chance of a person who tries twice."""
        form = (1 - self.form_fails) * within(PATIENCE, self.form_median)
        token = (1 - self.token_fails) * within(EXCHANGE, self.token_median)
        return 1 - (1 - form * token) ** 2

    @property
    def dead(self) -> bool:
        """Whether most people do not get in."""
        return self.gets_in < 0.5


WELL = Condition()


@dataclass(frozen=True)
class Episode:
    """A stretch of trouble, in seconds since the year began."""

    begin: float
    end: float
    kind: str
    condition: Condition

    @property
    def counts(self) -> bool:
        """Whether people should be sent elsewhere meanwhile."""
        return self.condition.dead and self.end - self.begin >= WORTHWHILE


class World:
    """One year. Episodes never overlap: trouble upon trouble is trouble. Drawn unless given."""

    def __init__(self, seed: int, episodes: Iterable[Episode] | None = None) -> None:
        rng = random.Random(seed)
        if episodes is None:
            episodes = [_episode(fault, rng) for fault in FAULTS for _ in range(fault.a_year)]
        drawn = sorted(episodes, key=lambda one: one.begin)
        kept: list[Episode] = []
        for one in drawn:
            if not kept or one.begin > kept[-1].end + 1_800:
                kept.append(one)
        self.episodes = tuple(kept)
        self._begins = [one.begin for one in kept]

    def at(self, moment: float) -> Episode | None:
        """The trouble at that moment, if any."""
        found = bisect_right(self._begins, moment) - 1
        return self.episodes[found] if found >= 0 and moment < self.episodes[found].end else None

    def next_begin(self, moment: float) -> float:
        """When the next trouble begins, after that moment."""
        found = bisect_right(self._begins, moment)
        return self._begins[found] if found < len(self._begins) else YEAR


def arrivals(moment: float) -> float:
    """Logins a second: offices work from eight to six."""
    day, hour = int(moment // DAY) % 7, moment % DAY / 3_600
    if day >= 5 or not 7 <= hour < 20:
        return 0.5 / 60
    return (20 if 8 <= hour < 18 else 5) / 60


@cache
def within(limit: float, median: float) -> float:
    """The share of answers that come in time: their logarithm is normally spread."""
    return 0.5 * (1 + math.erf(math.log(limit / median) / SPREAD / math.sqrt(2)))


def _episode(fault: Fault, rng: random.Random) -> Episode:
    lasts = math.exp(rng.uniform(math.log(fault.least), math.log(fault.most)))
    begin = rng.uniform(0, YEAR - lasts)
    fails = rng.uniform(*fault.fails)
    median = math.exp(rng.uniform(*map(math.log, fault.median)))
    both = rng.random() < fault.whole
    form = both or rng.random() < 0.5
    token = both or not form
    condition = Condition(
        form_fails=fails if form else TRANSIENT,
        token_fails=fails if token else TRANSIENT,
        form_median=median if form else MEDIAN,
        token_median=median if token else MEDIAN,
    )
    return Episode(begin, begin + lasts, fault.name, condition)
