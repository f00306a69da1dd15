"""The year as the prober sees it: its verdicts, by the very code that runs.

While all is well and has been for a while, a good probe changes nothing; those are skipped to the
next one that fails, which is drawn as likely as it is. Everything else is observed one by one.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache

from bench.year.world import (
    EXCHANGE,
    WELL,
    YEAR,
    Condition,
    World,
    arrivals,
    within,
)
from idp.upstream_status.hysteresis import Thresholds, Verdict, observe, people_fail
from idp.upstream_status.observations import Live
from idp.upstream_status.probing import LEAST_GAP

EPOCH = datetime(2026, 1, 5, tzinfo=UTC)
TIMEOUT = 15.0
_LOOK = 5.0


@dataclass(frozen=True)
class Tuning:
    """What is tried. slow: seconds. deadline: of an assisted proposal."""

    thresholds: Thresholds
    interval: float
    slow: float
    dwell: float
    deadline: float


@dataclass(frozen=True)
class Change:
    """A verdict that changed. at: seconds since the year began."""

    at: float
    verdict: Verdict


def moment(at: float) -> datetime:
    """A second of the year, as the code under test has it."""
    return EPOCH + timedelta(seconds=at)


def verdicts(
    world: World, tuning: Tuning, seed: int, until: float = YEAR
) -> tuple[list[Change], int]:
    """Every change of a year, or of its part until then, and how many probes it took."""
    rng = random.Random(seed)
    usual = probe_fails(WELL, tuning.slow)
    seen, now, probes, changes = Verdict(), 0.0, 0, [Change(0.0, Verdict(since=EPOCH))]
    while now < until:
        episode = world.at(now)
        if episode is None and _clean(seen, tuning.thresholds):
            skipped = _until_failure(rng, usual)
            left = int((min(until, world.next_begin(now)) - now) // tuning.interval)
            passed = max(1, min(skipped, left))
            probes += passed - 1
            now += (passed - 1) * tuning.interval
            seen = well_for(seen, now, passed - 1)
            chance = 1.0 if passed == skipped else 0.0
        else:
            chance = usual
        now = _next(world, tuning, seen, now, rng)
        episode = world.at(now)
        if episode is not None:
            chance = probe_fails(episode.condition, tuning.slow)
        failed = rng.random() < chance
        probes += 1
        after = observe(
            seen, moment(now), "probe: failed" if failed else "", _live(world, now, rng),
            tuning.thresholds,
        )  # fmt: skip
        if after.healthy is not seen.healthy:
            changes.append(Change(now, after))
        seen = after
    return changes, probes


def well_for(seen: Verdict, now: float, probes: int) -> Verdict:
    """So many more good probes, the last of them now, after a window of good ones."""
    return replace(seen, at=moment(now), run=seen.run + probes) if probes else seen


@cache
def probe_fails(condition: Condition, slow: float) -> float:
    """The chance that a probe fails: each of its steps is tried twice when it fails in passing."""
    form = _step_fails(condition.form_fails, condition.form_median, slow)
    token = _step_fails(condition.token_fails, condition.token_median, slow)
    return 1 - (1 - form) * (1 - token)


def _step_fails(fails: float, median: float, slow: float) -> float:
    in_time = within(min(slow, TIMEOUT), median)
    return fails * fails + (1 - fails * fails) * (1 - in_time)


def _clean(seen: Verdict, thresholds: Thresholds) -> bool:
    return seen.healthy and len(seen.recent) == thresholds.window and all(seen.recent)


def _until_failure(rng: random.Random, chance: float) -> int:
    """How many probes until one fails, that one included."""
    return 1 + int(math.log(1 - rng.random()) / math.log(1 - chance))


def _next(world: World, tuning: Tuning, seen: Verdict, now: float, rng: random.Random) -> float:
    """When the next probe is: after the interval, or at once where people fail."""
    due = now + tuning.interval * rng.uniform(0.85, 1.15)
    if not seen.healthy or not tuning.thresholds.live_failures:
        return due
    look = now + LEAST_GAP
    while look < due:
        if world.at(look) is not None and people_fail(_live(world, look, rng), tuning.thresholds):
            return look
        look += _LOOK
    return due


def _live(world: World, now: float, rng: random.Random) -> Live:
    """People's exchanges of the last minute."""
    episode = world.at(now)
    if episode is None:
        return Live(ok=1)
    troubled = min(60.0, now - episode.begin)
    condition = episode.condition
    came = arrivals(now)
    reached = (1 - condition.form_fails) * within(30.0, condition.form_median)
    fails = 1 - (1 - condition.token_fails) * within(EXCHANGE, condition.token_median)
    # Whoever waits for a time-out has not failed yet.
    late = EXCHANGE if condition.token_median > EXCHANGE else 0.0
    failed = _poisson(rng, max(0.0, troubled - late) * came * reached * fails)
    ok = _poisson(rng, came * (troubled * reached * (1 - fails) + (60 - troubled)))
    return Live(ok=ok, failed=failed)


def _poisson(rng: random.Random, mean: float) -> int:
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count
