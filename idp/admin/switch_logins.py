"""Logins per minute by mode and component, counted out of the way of any login."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock

from idp.admin.switch_ports import LoginCount, LoginCounts
from idp.clients.client import Client
from idp.kernel.clock import Clock
from idp.kernel.identity import Mode

# Seconds. What is counted is at most so old; whoever looks asks again every few seconds.
KEPT = 5.0
# A stretch is counted whole so often, and in between its last buckets alone: the log is drained
# within seconds, and late only after an outage.
_WHOLE = 60.0
_LAST = 3


@dataclass(frozen=True)
class Span:
    """How far back a page looks, and in which steps; in seconds."""

    name: str
    seconds: int
    step: int


HOUR, DAY = Span("hora", 3_600, 60), Span("dia", 86_400, 900)
SPANS = {one.name: one for one in (HOUR, DAY)}


@dataclass(frozen=True)
class LoginRow:
    """A component's logins of a span. client_id: "" for our own pages."""

    client_id: str
    name: str
    sunat: int
    contingency: int


@dataclass(frozen=True)
class LoginsShown:
    """The logins of a span, which ends now. times: the beginning of each bucket, every one."""

    span: Span
    times: tuple[datetime, ...]
    sunat: tuple[int, ...]
    contingency: tuple[int, ...]
    rows: tuple[LoginRow, ...]


@dataclass(frozen=True)
class _Kept:
    at: datetime
    whole_at: datetime
    counts: Sequence[LoginCount]


class LoginBoard:
    """Counts for everybody who looks. clients: every component."""

    def __init__(
        self, *, counts: LoginCounts, clients: Callable[[], Iterable[Client]], clock: Clock
    ) -> None:
        self._counts = counts
        self._clients = clients
        self._clock = clock
        self._counting = Lock()
        self._kept: dict[str, _Kept] = {}

    def of(self, span: Span, realm: str | None = None) -> LoginsShown:
        """The logins of a span; of one realm, or of all. Raises Unavailable("sql")."""
        now = self._clock.now()
        times = tuple(steps(span, now))
        counts = [
            one
            for one in self._current(span, now).counts
            if one.at >= times[0] and realm in (None, one.realm)
        ]
        return LoginsShown(
            span=span,
            times=times,
            sunat=_line(counts, Mode.SUNAT, times),
            contingency=_line(counts, Mode.CONTINGENCIA, times),
            rows=self._rows(counts),
        )

    def _rows(self, counts: Sequence[LoginCount]) -> tuple[LoginRow, ...]:
        names = {one.client_id: one.client_name for one in self._clients()}
        there = {one.client_id for one in counts}
        order = [*names, *sorted(there - set(names))]
        return tuple(
            LoginRow(
                client_id,
                names.get(client_id, client_id),
                _sum(counts, Mode.SUNAT, client_id),
                _sum(counts, Mode.CONTINGENCIA, client_id),
            )
            for client_id in order
            if client_id in there
        )

    def _current(self, span: Span, now: datetime) -> _Kept:
        kept = self._kept.get(span.name)
        if kept is not None and _younger(kept.at, now, KEPT):
            return kept
        # While somebody counts, the others are shown the last figures; without any they wait.
        if not self._counting.acquire(blocking=kept is None):
            assert kept is not None
            return kept
        try:
            kept = self._kept.get(span.name)
            if kept is None or not _younger(kept.at, now, KEPT):
                kept = self._kept[span.name] = self._counted(span, now, kept)
            return kept
        finally:
            self._counting.release()

    def _counted(self, span: Span, now: datetime, kept: _Kept | None) -> _Kept:
        times = steps(span, now)
        if kept is None or not _younger(kept.whole_at, now, _WHOLE):
            return _Kept(now, now, self._counts.buckets(times[0], now, span.step))
        since = times[-_LAST]
        settled = [one for one in kept.counts if times[0] <= one.at < since]
        return _Kept(now, kept.whole_at, [*settled, *self._counts.buckets(since, now, span.step)])


def steps(span: Span, now: datetime) -> list[datetime]:
    """The beginning of each bucket of a span that ends now, the oldest first."""
    last = int(now.timestamp()) // span.step * span.step
    first = last - span.seconds + span.step
    return [datetime.fromtimestamp(one, UTC) for one in range(first, last + 1, span.step)]


def _younger(at: datetime, now: datetime, seconds: float) -> bool:
    return timedelta(0) <= now - at < timedelta(seconds=seconds)


def _line(counts: Sequence[LoginCount], mode: Mode, times: Sequence[datetime]) -> tuple[int, ...]:
    found = dict.fromkeys(times, 0)
    for one in counts:
        if one.mode is mode and one.at in found:
            found[one.at] += one.count
    return tuple(found.values())


def _sum(counts: Sequence[LoginCount], mode: Mode, client_id: str) -> int:
    return sum(one.count for one in counts if one.mode is mode and one.client_id == client_id)
