"""`python -m bench.year [--seed N] [--years N]`: what each policy and threshold makes of a year."""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

from bench.year.detector import Change, Tuning, verdicts
from bench.year.policies import Outcome, flips, outcome
from bench.year.world import World
from idp.settings import Settings
from idp.upstream_status.hysteresis import Thresholds
from idp.upstream_status.state import Policy

HEAD = (
    f"{'':<34}{'seen':>8}{'detected (s)':>20}{'back (s)':>20}{'false flips':>19}{'flaps':>6}"
    f"{'down':>7}{'dead':>7}{'people':>8}\n"
    f"{'':<34}{'':>8}{'p50  p95   max':>20}{'p50  p95   max':>20}{'calm brief partial':>19}{'':>6}"
    f"{'min':>7}{'min':>7}{'':>8}"
)


def defaults() -> Tuning:
    """What the settings say where nobody sets them."""
    value = {name: one.default for name, one in Settings.__dataclass_fields__.items()}
    return Tuning(
        thresholds=Thresholds(
            failures=value["probe_failures"],
            window=value["probe_window"],
            window_failures=value["probe_window_failures"],
            successes=value["probe_recoveries"],
            quiet=value["probe_quiet"],
            live_failures=value["probe_live_failures"],
            forget=10 * value["probe_interval"],
        ),
        interval=value["probe_interval"],
        slow=value["probe_slow"],
        dwell=value["probe_dwell"],
        deadline=value["probe_deadline"],
    )


def grid(usual: Tuning) -> list[tuple[str, Tuning]]:
    """One thing changed at a time."""

    def rule(**changes: float) -> Tuning:
        return replace(usual, thresholds=replace(usual.thresholds, **changes))

    def pace(seconds: float) -> Tuning:
        return replace(rule(forget=10 * seconds), interval=seconds)

    return [
        ("every 10 s", pace(10)),
        ("every 30 s", pace(30)),
        ("every 60 s", pace(60)),
        ("2 failures in a row", rule(failures=2)),
        ("3 failures in a row", rule(failures=3)),
        ("4 failures in a row", rule(failures=4)),
        ("6 failures in a row", rule(failures=6)),
        ("without the window", rule(window_failures=usual.thresholds.window + 1)),
        ("without people's exchanges", rule(live_failures=0)),
        ("healthy after 60 s", rule(quiet=60)),
        ("healthy after 300 s", rule(quiet=300)),
        ("slow after 5 s", replace(usual, slow=5.0)),
        ("no rest between flips", replace(usual, dwell=0.0)),
        ("15 minutes' rest", replace(usual, dwell=900.0)),
    ]


def main() -> int:
    """Print two tables: the policies by the defaults, and the automatic one by other thresholds."""
    parser = argparse.ArgumentParser(prog="bench.year")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--quick", action="store_true", help="the defaults alone")
    args = parser.parse_args()
    began = time.perf_counter()
    world, usual = World(args.seed), defaults()
    counting = [one for one in world.episodes if one.counts]
    hours = sum(one.end - one.begin for one in counting) / 3_600
    print(
        f"A year of seed {args.seed}: {len(world.episodes)} troubles, in {len(counting)} of which "
        f"({hours:.0f} h) most people do not get in for two minutes or more\n\n{HEAD}"
    )
    changes, probes = verdicts(world, usual, args.seed)
    for policy in Policy:
        print(row(f"{policy}, by the defaults", judged(world, policy, changes, usual, args.seed)))
    for name, tuning in [] if args.quick else grid(usual):
        found, _ = verdicts(world, tuning, args.seed)
        print(row(f"automatic, {name}", judged(world, Policy.AUTOMATIC, found, tuning, args.seed)))
    print(f"\n{probes:,} probes a year by the defaults; {time.perf_counter() - began:.0f} s")
    return 0


def judged(
    world: World, policy: Policy, changes: list[Change], tuning: Tuning, seed: int
) -> Outcome:
    """A policy's year."""
    return outcome(world, flips(policy, changes, tuning, seed))


def row(name: str, found: Outcome) -> str:
    """One line of the table."""
    seen = f"{len(found.detected)}/{found.worthwhile}"
    return (
        f"{name:<34}{seen:>8}{_spread(found.detected):>20}{_spread(found.recovered):>20}"
        f"{found.calm:>5}{found.brief:>6}{found.partial:>8}{found.flaps:>6}{found.down:>7.0f}{found.dead:>7.0f}"
        f"{found.people:>8.0f}"
    )


def _spread(values: list[float]) -> str:
    if not values:
        return "-"
    ordered = sorted(values)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return f"{ordered[len(ordered) // 2]:.0f}  {p95:.0f}  {ordered[-1]:.0f}"


if __name__ == "__main__":
    raise SystemExit(main())
