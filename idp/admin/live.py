"""How many links and sessions there are now, by component, out of what the audit log tells.

What lives in Redis has no index that could count it, and a page must not look at every key. So
these are upper bounds: what ends by itself leaves no record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Protocol

from idp.clients.client import Client
from idp.kernel.clock import Clock
from idp.kernel.identity import Mode

# Seconds. A count reads some hours of the log, and whoever looks reloads the page.
KEPT = 60.0


@dataclass(frozen=True)
class LiveCounts:
    """asked, sent, used: links within a link's longest life. live: sent and neither used nor over.
    sunat, contingency: sessions that began there and may still be open.
    """

    asked: int = 0
    sent: int = 0
    used: int = 0
    live: int = 0
    sunat: int = 0
    contingency: int = 0


@dataclass(frozen=True)
class Spans:
    """Seconds: a session's longest life by mode, a link's from its mail on, and its longest."""

    sunat: int
    contingency: int
    link: int
    link_longest: int


class LiveStore(Protocol):
    """Counts records of the audit log. Both raise Unavailable("sql")."""

    def sessions(self, since: Mapping[Mode, datetime]) -> Mapping[tuple[str, Mode], int]:
        """Sessions that began since then and whose end is not on record, by component ("" for our
        own pages) and mode.
        """
        ...

    def links(self, since: datetime, live_since: datetime) -> Mapping[str, LiveCounts]:
        """Links asked for, sent, used since then; live: sent since the other moment, not used."""
        ...


@dataclass(frozen=True)
class LiveShown:
    """Counted at a moment. rows: client_id and name ("" for our own pages), those without anything
    left out.
    """

    at: datetime
    total: LiveCounts
    rows: tuple[tuple[str, str, LiveCounts], ...]
    spans: Spans


class LiveBoard:
    """Counts at most once a minute. clients: every component."""

    def __init__(
        self,
        *,
        store: LiveStore,
        clients: Callable[[], Iterable[Client]],
        spans: Spans,
        clock: Clock,
    ) -> None:
        self._store = store
        self._clients = clients
        self._spans = spans
        self._clock = clock
        self._counting = Lock()
        self._last: LiveShown | None = None

    def now(self) -> LiveShown:
        """The figures, at most a minute old; while somebody counts the others are shown the last
        ones. Raises Unavailable("sql").
        """
        kept = self._last
        if kept is not None and self._recent(kept):
            return kept
        if not self._counting.acquire(blocking=kept is None):
            assert kept is not None
            return kept
        try:
            kept = self._last
            if kept is None or not self._recent(kept):
                kept = self._last = self._count()
            return kept
        finally:
            self._counting.release()

    def _recent(self, kept: LiveShown) -> bool:
        return 0 <= (self._clock.now() - kept.at).total_seconds() < KEPT

    def _count(self) -> LiveShown:
        now, spans = self._clock.now(), self._spans
        sessions = self._store.sessions(
            {
                Mode.SUNAT: now - timedelta(seconds=spans.sunat),
                Mode.CONTINGENCIA: now - timedelta(seconds=spans.contingency),
            }
        )
        links = self._store.links(
            now - timedelta(seconds=spans.link_longest), now - timedelta(seconds=spans.link)
        )
        names = {one.client_id: one.client_name for one in self._clients()}
        there = {*links, *(client_id for client_id, _ in sessions)}
        order = [*names, *sorted(there - set(names))]
        rows = tuple(
            (one, names.get(one, one), _joined(links.get(one, LiveCounts()), sessions, one))
            for one in order
            if one in there
        )
        return LiveShown(now, _sum([counts for _, _, counts in rows]), rows, spans)


def _joined(
    links: LiveCounts, sessions: Mapping[tuple[str, Mode], int], client_id: str
) -> LiveCounts:
    return LiveCounts(
        links.asked,
        links.sent,
        links.used,
        links.live,
        sunat=sessions.get((client_id, Mode.SUNAT), 0),
        contingency=sessions.get((client_id, Mode.CONTINGENCIA), 0),
    )


def _sum(found: list[LiveCounts]) -> LiveCounts:
    total = {name: sum(vars(one)[name] for one in found) for name in vars(LiveCounts())}
    return LiveCounts(**total)
