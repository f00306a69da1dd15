"""What each policy makes of the verdicts of a year, by the very code that judges."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from dataclasses import dataclass, field

from bench.year.detector import Change, Tuning, moment
from bench.year.world import DAY, YEAR, Episode, World, arrivals
from idp.upstream_status.judging import Do, Situation, decide
from idp.upstream_status.state import Policy

# A flip that comes so soon after the one before it took people to and fro.
FLAP = 900.0


@dataclass(frozen=True)
class Flip:
    """at: seconds since the year began."""

    at: float
    up: bool


@dataclass
class Outcome:
    """A policy's year. Times in seconds, `down` (wrongly) and `dead` (up, wrongly) in minutes.

    calm, brief, partial: false flips, without any trouble, in one that was over within two minutes,
    in one that most people got through. people: sent to an upstream that most do not get past.
    """

    detected: list[float] = field(default_factory=list)
    recovered: list[float] = field(default_factory=list)
    worthwhile: int = 0
    calm: int = 0
    brief: int = 0
    partial: int = 0
    flaps: int = 0
    down: float = 0.0
    dead: float = 0.0
    people: float = 0.0


class Administrators:
    """How soon they act: within minutes in office hours, and otherwise when somebody wakes up."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)

    def delay(self, at: float) -> float:
        """Seconds."""
        office = int(at // DAY) % 7 < 5 and 7 <= at % DAY / 3_600 < 20
        median, spread = (300.0, 0.8) if office else (1_800.0, 1.0)
        return median * math.exp(self._rng.gauss(0, spread))


def flips(policy: Policy, changes: Iterable[Change], tuning: Tuning, seed: int) -> list[Flip]:
    """What is in force through the year: decided at each change, and when a wait is over."""
    people = Administrators(seed)
    found: list[Flip] = []
    up, judged_at = True, None
    pending: tuple[float, bool] | None = None
    rows = list(changes)
    for number, change in enumerate(rows):
        until = rows[number + 1].at if number + 1 < len(rows) else YEAR
        now = change.at
        while now < until:
            at = Situation(
                policy=policy,
                up=up,
                forced=policy is Policy.MANUAL and not up,
                verdict=change.verdict,
                judged_up=up,
                judged_at=moment(judged_at) if judged_at is not None else None,
                proposed=pending[1] if pending and policy is Policy.ASSISTED else None,
            )
            do = decide(moment(now), at, tuning.thresholds, tuning.dwell)
            if do.do is Do.WITHDRAW:
                pending = None
                continue
            if do.do is Do.FLIP:
                up, judged_at = do.up, now
                found.append(Flip(now, up))
            if do.do in (Do.ASK, Do.ADVISE) and pending is None:
                wait = people.delay(now)
                pending = (now + (min(wait, tuning.deadline) if do.do is Do.ASK else wait), do.up)
            if do.do is Do.NOTHING and pending is not None and policy is Policy.MANUAL:
                pending = None
            if pending is not None and pending[0] < until:
                # Granted, or done without an answer.
                now, up = pending
                judged_at, pending = now, None
                found.append(Flip(now, up))
                continue
            rested = judged_at + tuning.dwell if judged_at is not None else 0.0
            waits = pending is None and up is not change.verdict.healthy and rested > now
            now = rested if waits else until
    return found


def outcome(world: World, found: list[Flip]) -> Outcome:
    """Compare what was in force with what was so."""
    result = Outcome()
    for episode in world.episodes:
        if episode.counts:
            _episode(result, episode, found)
    for number, flip in enumerate(found):
        if flip.up:
            continue
        at = world.at(flip.at)
        result.calm += at is None
        result.brief += at is not None and at.condition.dead and not at.counts
        result.partial += at is not None and not at.condition.dead
        result.flaps += bool(number and flip.at - found[number - 1].at < FLAP)
    for begin, end, up in _stretches(found):
        bad = [one for one in world.episodes if one.counts and one.begin < end and one.end > begin]
        overlap = sum(min(end, one.end) - max(begin, one.begin) for one in bad)
        if up:
            result.dead += overlap / 60
            result.people += sum(_came(max(begin, one.begin), min(end, one.end)) for one in bad)
        else:
            result.down += (end - begin - overlap) / 60
    return result


def _episode(result: Outcome, episode: Episode, found: list[Flip]) -> None:
    result.worthwhile += 1
    was_up = next((one.up for one in reversed(found) if one.at <= episode.begin), True)
    first = next((one for one in found if episode.begin < one.at < episode.end), None)
    if was_up and first is not None and not first.up:
        result.detected.append(first.at - episode.begin)
    at_end = next((one.up for one in reversed(found) if one.at < episode.end), True)
    if not at_end:
        back = next((one for one in found if one.at >= episode.end and one.up), None)
        if back is not None:
            result.recovered.append(back.at - episode.end)


def _stretches(found: list[Flip]) -> Iterable[tuple[float, float, bool]]:
    begin, up = 0.0, True
    for flip in found:
        yield begin, flip.at, up
        begin, up = flip.at, flip.up
    yield begin, YEAR, up


def _came(begin: float, end: float) -> float:
    """People who came between; by the minute."""
    whole, at = 0.0, begin
    while at < end:
        step = min(60.0, end - at)
        whole += arrivals(at) * step
        at += step
    return whole
