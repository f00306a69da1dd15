"""What operators said, what evidence says, and what follows from both at a given moment: pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# A window that ended longer ago holds nothing down any more.
WINDOWS_KEPT = timedelta(days=30)


class FlagState(StrEnum):
    """What the operators want: decide by evidence, or by their word."""

    AUTO = "auto"
    FORCED_UP = "forced_up"
    FORCED_DOWN = "forced_down"


class Policy(StrEnum):
    """What the prober may do while the flag is automatic: advise the admins, ask them and act when
    they do not answer in time, or act.
    """

    MANUAL = "manual"
    ASSISTED = "assisted"
    AUTOMATIC = "automatic"


class Why(StrEnum):
    """What decides. held: what had forced it down is over, and the upstream still fails."""

    DEFAULT = "default"
    FORCED_UP = "forced_up"
    FORCED_DOWN = "forced_down"
    WINDOW = "window"
    HELD = "held"
    JUDGED = "judged"


@dataclass(frozen=True)
class Flag:
    """The flag of one upstream, as it is stored. Moments are aware, UTC.

    since: when it came into this state. until: when a forced state ends by itself (not included),
    None: when somebody says so. who: the operator. changed_at: when somebody last said so.
    """

    realm: str
    state: FlagState
    reason: str
    who: str
    since: datetime
    until: datetime | None
    changed_at: datetime


@dataclass(frozen=True)
class Health:
    """What the prober makes of an upstream. healthy, since, reason: its verdict, which single
    probes do not change. probe_ok: the last probe, at probed_at. failing_since: the first probe of
    those that failed in a row up to now; None after one that did not.
    """

    realm: str
    healthy: bool
    since: datetime
    reason: str
    probed_at: datetime
    probe_ok: bool
    failing_since: datetime | None

    @property
    def fails_since(self) -> datetime | None:
        """Since when it fails, by the last probes or by the verdict; None where neither says so."""
        found = [self.failing_since] if self.failing_since and not self.probe_ok else []
        if not self.healthy:
            found.append(self.since)
        return min(found, default=None)


@dataclass(frozen=True)
class Judgement:
    """What was decided by evidence, in force while the flag is automatic."""

    realm: str
    up: bool
    since: datetime
    reason: str


@dataclass(frozen=True)
class Window:
    """Maintenance that was announced: down from starts_at until ends_at (not included)."""

    id: str
    realm: str
    starts_at: datetime
    ends_at: datetime
    reason: str
    who: str
    cancelled_at: datetime | None = None

    def open(self, now: datetime) -> bool:
        """Whether it is on."""
        return self.cancelled_at is None and self.starts_at <= now < self.ends_at

    def ahead(self, now: datetime) -> bool:
        """Whether it is still to come."""
        return self.cancelled_at is None and now < self.starts_at


@dataclass(frozen=True)
class Facts:
    """Everything that decides about one upstream. back_at: the first transition to up after the
    last to down, which decides nothing; None where that is not on record yet, or never happened.
    """

    flag: Flag | None = None
    judgement: Judgement | None = None
    health: Health | None = None
    windows: tuple[Window, ...] = ()
    policy: Policy | None = None
    back_at: datetime | None = None


@dataclass(frozen=True)
class Effective:
    """What is in force. since: of this cause; None when it was never otherwise. until: when it is
    to end by itself, if so.
    """

    up: bool
    why: Why
    since: datetime | None
    until: datetime | None = None
    reason: str = ""
    who: str | None = None


def in_force(flag: Flag, now: datetime) -> bool:
    """Whether the flag's forced state still holds; an automatic one holds nothing."""
    return flag.state is not FlagState.AUTO and (flag.until is None or now < flag.until)


def effective(facts: Facts, now: datetime) -> Effective:
    """What is in force at that moment. From the strongest: an operator's word, an announced window,
    an end that found the upstream failing, evidence. With none of them it is up.
    """
    flag = facts.flag
    if flag is not None and in_force(flag, now):
        up = flag.state is FlagState.FORCED_UP
        why = Why.FORCED_UP if up else Why.FORCED_DOWN
        return Effective(up, why, flag.since, flag.until, flag.reason, flag.who)
    window = next((one for one in facts.windows if one.open(now)), None)
    if window is not None:
        since, until = window.starts_at, window.ends_at
        return Effective(False, Why.WINDOW, since, until, window.reason, window.who)
    held = _held(facts, now)
    if held is not None:
        return held
    judged = facts.judgement
    if judged is not None and not judged.up:
        return Effective(False, Why.JUDGED, judged.since, reason=judged.reason)
    return _up(facts, now)


def _held(facts: Facts, now: datetime) -> Effective | None:
    """It stays down when it failed already as that end came, until the first sign of life: what
    fails anew later is the evidence's business.
    """
    failing = facts.health.fails_since if facts.health else None
    if failing is None:
        return None
    for end, reason, who in _ends(facts, now):
        if failing <= end:
            return Effective(False, Why.HELD, end, reason=reason, who=who)
    return None


def _ends(facts: Facts, now: datetime) -> list[tuple[datetime, str, str]]:
    """The ends of what forced it down that nobody spoke after, the latest first."""
    flag, found = facts.flag, []
    if flag is not None and flag.state is FlagState.FORCED_DOWN and flag.until is not None:
        found.append((flag.until, flag.reason, flag.who))
    spoken = flag.changed_at if flag is not None else None
    for window in facts.windows:
        over = window.cancelled_at is None and window.ends_at <= now
        if over and (spoken is None or spoken <= window.ends_at):
            found.append((window.ends_at, window.reason, window.who))
    return sorted(found, reverse=True)


def _up(facts: Facts, now: datetime) -> Effective:
    flag, judged, health = facts.flag, facts.judgement, facts.health
    began = [end for end, _, _ in _ends(facts, now)]
    if began and health is not None and health.healthy:
        began.append(health.since)
    if flag is not None:
        began.append(min(flag.until, now) if flag.until else flag.since)
    if judged is not None:
        began.append(judged.since)
    why = Why.JUDGED if judged is not None and began and judged.since == max(began) else Why.DEFAULT
    if why is Why.JUDGED and judged is not None:
        return Effective(True, why, judged.since, reason=judged.reason)
    reason = flag.reason if flag is not None and flag.state is FlagState.AUTO else ""
    who = flag.who if reason and flag is not None else None
    return Effective(True, why, max(began, default=None), reason=reason, who=who)
