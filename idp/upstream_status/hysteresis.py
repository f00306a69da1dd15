"""From single probes to a verdict that does not jump: pure.

SUNAT fails now and then on its best days (about 8 % of requests), so that one failure says
nothing; and on its worst days something gets through. It takes several failures to call it
unhealthy, and several successes with some quiet behind them to believe in it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from idp.upstream_status.observations import Live

# People's failures may halve the wait, never replace our own look: what makes an exchange fail is
# in part what a browser sent, so that one failed probe, which happens daily, must not be enough.
CONFIRMED = 2


@dataclass(frozen=True)
class Thresholds:
    """When a verdict changes.

    failures: failed probes in a row that make it unhealthy. window, window_failures: or so many
    of the last so many. successes, quiet: good probes in a row, over so many seconds, that make it
    healthy. live_failures: failed exchanges within a minute, more than succeeded, that make
    CONFIRMED failed probes enough (0: never). forget: seconds without a probe after which earlier
    ones say nothing.
    """

    failures: int
    window: int
    window_failures: int
    successes: int
    quiet: float
    live_failures: int
    forget: float


@dataclass(frozen=True)
class Verdict:
    """What is thought of an upstream. since: when that began, None before the first probe.

    run, run_since: how many probes in a row went like the last, and since when. recent: the last
    ones of the window, whether each went well, the newest last. at: of the last probe.
    """

    healthy: bool = True
    since: datetime | None = None
    reason: str = ""
    at: datetime | None = None
    ok: bool = True
    run: int = 0
    run_since: datetime | None = None
    recent: tuple[bool, ...] = ()

    @property
    def failing_since(self) -> datetime | None:
        """Since when every probe failed; None when the last did not."""
        return None if self.ok else self.run_since


def observe(
    before: Verdict, at: datetime, reason: str, live: Live, thresholds: Thresholds
) -> Verdict:
    """The verdict after one more probe. reason: why it failed, empty when it did not.

    A probe of before the last one, as another machine's clock may have it, tells nothing new.
    """
    if before.at is not None and at <= before.at:
        if before.at - at <= timedelta(seconds=thresholds.forget):
            return before
        # A clock that was set back: what it said about later than now is worth nothing.
        before = replace(before, at=None, run=0, recent=())
    seen = _counted(before, at, not reason, thresholds)
    if seen.healthy and failing(seen, live, thresholds):
        return replace(seen, healthy=False, since=at, reason=reason)
    if not seen.healthy and recovered(seen, thresholds):
        # What failed before it was down must not bring it down again with one failure more.
        return replace(seen, healthy=True, since=at, reason="", recent=())
    if not seen.healthy and reason:
        return replace(seen, reason=reason)
    return seen if seen.since is not None else replace(seen, since=at)


def resumed(
    told: Verdict, probes: Sequence[tuple[datetime, bool]], thresholds: Thresholds
) -> Verdict:
    """The verdict of another process, or of before a restart, with the probes that led to it.

    told: healthy, since and reason as they were kept, and since when all fails. probes: when and
    whether well, the oldest first. It never changes the verdict by itself: only a new probe does.
    """
    # What failed before it recovered is settled.
    settled = told.since if told.healthy else None
    seen = told
    for at, ok in probes:
        if settled is None or at > settled:
            seen = _counted(seen, at, ok, thresholds)
    if told.run_since is not None and not seen.ok and seen.run == len(probes):
        # The history that is read is shorter than what failed.
        return replace(seen, run_since=told.run_since)
    return seen


def failing(seen: Verdict, live: Live, thresholds: Thresholds) -> bool:
    """Whether so many probes failed that it counts as unhealthy; the last one must have."""
    if seen.ok:
        return False
    needed = thresholds.failures
    if people_fail(live, thresholds):
        needed = min(needed, CONFIRMED)
    return seen.run >= needed or seen.recent.count(False) >= thresholds.window_failures


def recovered(seen: Verdict, thresholds: Thresholds) -> bool:
    """Whether it went well for long enough."""
    if not seen.ok or seen.at is None or seen.run_since is None:
        return False
    quiet = (seen.at - seen.run_since).total_seconds()
    return seen.run >= thresholds.successes and quiet >= thresholds.quiet


def people_fail(live: Live, thresholds: Thresholds) -> bool:
    """Whether people's own exchanges fail, so many and more than succeed."""
    return 0 < thresholds.live_failures <= live.failed and live.failed > live.ok


def _counted(before: Verdict, at: datetime, ok: bool, thresholds: Thresholds) -> Verdict:
    gap = before.at is None or at - before.at > timedelta(seconds=thresholds.forget)
    same = not gap and before.run > 0 and before.ok == ok
    recent = () if gap else before.recent
    return replace(
        before,
        at=at,
        ok=ok,
        run=before.run + 1 if same else 1,
        run_since=before.run_since if same else at,
        recent=(*recent, ok)[-thresholds.window :],
    )
