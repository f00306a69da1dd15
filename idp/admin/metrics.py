"""The figures that `/metrics` tells: read from what all processes share, at the moment of a scrape.

A server is several processes, and the worker and the console are others: a counter in the memory of
the one that happens to be asked would be a lie. Only what is the same in all of them is told from
memory: the flags, components and keys.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

from idp.kernel.clock import Clock
from idp.kernel.errors import Unavailable
from idp.kernel.events import LoginCompleted

# Seconds: several scrapers, or an eager one, cost what one does.
FRESH = 5.0
LOGINS = "logins"
# Of a login that no component asked for. No client_id holds a slash.
OWN_ACCOUNT = "/cuenta"
_log = logging.getLogger(__name__)
Row = tuple[tuple[str, ...], float]


@dataclass(frozen=True)
class Family:
    """One metric. rows: label values, in the order of `labels`, and the number. counter: it only
    ever grows, but for a Redis that lost everything; its name ends in `_total` as it is told.
    """

    name: str
    help: str
    rows: Sequence[Row]
    labels: tuple[str, ...] = ()
    counter: bool = False


@dataclass(frozen=True)
class Source:
    """Where some figures come from. needs: what it asks, `redis` or `sql`; None for nothing."""

    needs: str | None
    read: Callable[[], Iterable[Family]]


class Tallies(Protocol):
    """Counts for all processes, by labels. Every method raises Unavailable("redis")."""

    def add(self, kind: str, labels: tuple[str, ...]) -> None:
        """One more."""
        ...

    def all(self, kind: str) -> dict[tuple[str, ...], int]:
        """How many, by labels."""
        ...


class LoginTally:
    """Counts every session that begins, by component, mode and realm."""

    def __init__(self, tallies: Tallies) -> None:
        self._tallies = tallies

    def completed(self, event: LoginCompleted) -> None:
        """One more. A count that Redis did not take is missing, and nothing else."""
        labels = (event.client_id or OWN_ACCOUNT, event.mode.value, event.realm)
        try:
            self._tallies.add(LOGINS, labels)
        except Unavailable:
            _log.warning("a login is not in the figures")


class Metrics:
    """Everything, at most FRESH seconds old."""

    def __init__(self, *, sources: Sequence[Source], clock: Clock) -> None:
        self._sources = sources
        self._clock = clock
        self._lock = Lock()
        self._seen: tuple[float, list[Family]] | None = None

    def now(self) -> list[Family]:
        """The figures; those of what does not answer are missing, and `dependency_up` says so."""
        with self._lock:
            now = self._clock.timestamp()
            if self._seen is None or not 0 <= now - self._seen[0] < FRESH:
                self._seen = (now, self._read())
            return self._seen[1]

    def _read(self) -> list[Family]:
        found: list[Family] = []
        answers: dict[str, bool] = {}
        for source in self._sources:
            if source.needs is not None and answers.get(source.needs) is False:
                continue  # one time-out for each that is away, not one for each figure
            try:
                found += source.read()
            except Unavailable as error:
                answers[error.dependency] = False
            else:
                if source.needs is not None:
                    answers.setdefault(source.needs, True)
        up = [((name,), float(one)) for name, one in sorted(answers.items())]
        what = "Whether what the provider stands on answered this scrape."
        return [*found, Family("idp_dependency_up", what, up, ("dependency",))]
