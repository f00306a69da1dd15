"""The public status of this process: asked for without I/O, by everybody at once.

What is in force is in memory already; the history is read beside the requests, so that a database
that hangs holds nobody up, and what was read last stays.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event, Lock, Thread
from typing import Protocol

from idp.kernel.clock import Clock
from idp.kernel.errors import Unavailable
from idp.upstream_status.public import (
    Change,
    Known,
    Maintenance,
    PublicStatus,
    incidents,
    since_when,
)

_log = logging.getLogger(__name__)

DAYS = 90
# An incident that began before what is shown; one that lasts longer is cut.
_BEFORE = timedelta(days=30)
_MOST = 5_000
# Seconds: how old the history may be before it is read again beside what goes on; from when on that
# is waited for; and how long.
_EVERY, _OLD, _PATIENCE = 5.0, 30.0, 1.0


class Sees(Protocol):
    """What is in force, from memory."""

    def known(self) -> tuple[Known, ...]:
        """How each upstream stands."""
        ...

    def maintenance(self) -> tuple[Maintenance, ...]:
        """What was announced and is not over."""
        ...


Reads = Callable[[datetime, int], Sequence[Change]]
"""The changes from a moment on, at most so many, the newest. Raises Unavailable("sql")."""


@dataclass(frozen=True)
class _History:
    changes: tuple[Change, ...]
    read_at: datetime | None


def _beside(work: Callable[[], None]) -> None:
    Thread(target=work, name="status-reader", daemon=True).start()


class StatusBoard:
    """The same object as long as nothing changed, so that what is made of it can be kept.

    start: runs work beside the requests.
    """

    def __init__(
        self,
        *,
        sees: Sees,
        reads: Reads,
        clock: Clock,
        start: Callable[[Callable[[], None]], None] = _beside,
    ) -> None:
        self._sees = sees
        self._reads = reads
        self._clock = clock
        self._start = start
        self._reading = Lock()
        self._done = Event()
        self._history = _History((), None)
        self._answered = True
        self._hangs = False
        self._tried = float("-inf")
        self._kept: tuple[object, PublicStatus] | None = None

    def now(self) -> PublicStatus:
        """How everything stands now; never raises, and hardly ever waits."""
        self._read_again()
        known, maintenance = self._sees.known(), self._sees.maintenance()
        history, answered = self._history, self._answered and not self._hangs
        moment = self._clock.now()
        minute = moment.replace(second=0, microsecond=0)
        state = (known, maintenance, history.changes, answered, minute)
        kept = self._kept
        if kept is not None and kept[0] == state:
            return kept[1]
        happened = incidents(history.changes, known, moment - timedelta(days=DAYS), moment)
        made = PublicStatus(
            at=minute,
            known=tuple(since_when(one, happened) for one in known),
            maintenance=maintenance,
            incidents=happened,
            current=answered and all(one.up is not None for one in known),
            read_at=history.read_at,
        )
        self._kept = (state, made)
        return made

    def _read_again(self) -> None:
        now = self._clock.timestamp()
        if abs(now - self._tried) >= _EVERY and self._reading.acquire(blocking=False):
            self._tried = now
            self._done.clear()
            self._start(self._take)
        # One second once: whoever comes while the database still hangs does not wait for it.
        if self._age(now) >= _OLD and not self._hangs and not self._done.wait(_PATIENCE):
            self._hangs = True

    def _age(self, now: float) -> float:
        read_at = self._history.read_at
        return float("inf") if read_at is None else abs(now - read_at.timestamp())

    def _take(self) -> None:
        try:
            now = self._clock.now()
            changes = tuple(self._reads(now - timedelta(days=DAYS) - _BEFORE, _MOST))
            self._history, self._answered = _History(changes, now), True
        except Unavailable:
            self._answered = False
        except Exception:  # a page that everybody looks at must not go for one bad row
            self._answered = False
            _log.exception("the history of the upstreams could not be read")
        finally:
            self._hangs = False
            self._done.set()
            self._reading.release()
