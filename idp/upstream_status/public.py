"""What everybody may know of the upstreams: pure.

No word that an operator typed, no name, no evidence, and no hour at which anybody hopes to be back:
what is not in these records cannot be shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from idp.kernel.times import LIMA


@dataclass(frozen=True)
class Known:
    """How an upstream stands. up: None while this process does not know yet. since: None where it
    was never otherwise. announced: it is down for maintenance that SUNAT announced.
    """

    realm: str
    up: bool | None
    since: datetime | None = None
    announced: bool = False


@dataclass(frozen=True)
class Change:
    """One change of what is in force. seq: counts the changes of a realm."""

    realm: str
    seq: int
    at: datetime
    up: bool
    announced: bool = False


@dataclass(frozen=True)
class Maintenance:
    """A time of maintenance that SUNAT announced; the end is SUNAT's word."""

    realm: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Incident:
    """A time in which people of a realm came in by mail. ended_at: None while it lasts. announced:
    whether it began as announced maintenance. began, ended: `seq` of the changes, None where that
    is not written yet.
    """

    realm: str
    started_at: datetime
    ended_at: datetime | None
    announced: bool
    began: int | None = None
    ended: int | None = None

    def lasted(self, now: datetime) -> timedelta:
        """How long, up to now at most."""
        return max(timedelta(0), (self.ended_at or now) - self.started_at)


@dataclass(frozen=True)
class PublicStatus:
    """The whole page. at: to the minute. incidents: the newest first. current: False where the
    database does not answer: then it is what was known at `read_at` (None: nothing yet).
    """

    at: datetime
    known: tuple[Known, ...]
    maintenance: tuple[Maintenance, ...]
    incidents: tuple[Incident, ...]
    current: bool
    read_at: datetime | None


def incidents(
    changes: Iterable[Change], known: Sequence[Known], since: datetime, now: datetime
) -> tuple[Incident, ...]:
    """The incidents that lasted at any time from `since` on, the newest first.

    changes: in any order, of longer ago as well. What is in force now is known sooner than it is
    written as a change, so `known` has the last word.
    """
    found: list[Incident] = []
    ordered = sorted(changes, key=lambda one: one.seq)
    for one in known:
        found.extend(_of_realm([change for change in ordered if change.realm == one.realm], one))
    kept = [one for one in found if one.started_at <= now and (one.ended_at or now) >= since]
    return tuple(sorted(kept, key=lambda one: (one.started_at, one.realm), reverse=True))


def _of_realm(changes: Sequence[Change], known: Known) -> list[Incident]:
    found: list[Incident] = []
    began: Change | None = None
    for change in changes:
        if not change.up:
            began = began or change
        elif began is not None:
            found.append(
                Incident(known.realm, began.at, change.at, began.announced, began.seq, change.seq)
            )
            began = None
    if began is not None:
        # Unknown counts as going on: nobody has said that it ended.
        ended = known.since if known.up else None
        found.append(Incident(known.realm, began.at, ended, began.announced, began.seq))
    elif known.up is False and known.since is not None:
        found.append(Incident(known.realm, known.since, None, known.announced))
    return found


def since_when(known: Known, incidents: Iterable[Incident]) -> Known:
    """With the moment from which on people have noticed it: for them contingency is one and the
    same, whoever decides on it, and so is SUNAT's login.
    """
    if known.up is None:
        return known
    own = [one for one in incidents if one.realm == known.realm]
    if known.up:
        ended = [one.ended_at for one in own if one.ended_at is not None]
        return replace(known, since=max(ended, default=None))
    started = [one.started_at for one in own if one.ended_at is None]
    return replace(known, since=max(started, default=known.since))


def hours_by_day(
    incidents: Iterable[Incident], realm: str, days: Sequence[date], now: datetime
) -> tuple[float, ...]:
    """How many hours of each day in Lima people of a realm came in by mail."""
    spans = [(one.started_at, one.ended_at or now) for one in incidents if one.realm == realm]
    found = []
    for day in days:
        begins = datetime(day.year, day.month, day.day, tzinfo=LIMA)
        ends = begins + timedelta(days=1)
        inside = (max(timedelta(0), min(end, ends) - max(start, begins)) for start, end in spans)
        found.append(round(sum(inside, timedelta(0)) / timedelta(hours=1), 2))
    return tuple(found)


def last_days(count: int, now: datetime) -> tuple[date, ...]:
    """So many days in Lima, today included, the oldest first."""
    today = now.astimezone(LIMA).date()
    return tuple(today - timedelta(days=back) for back in reversed(range(count)))
