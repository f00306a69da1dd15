"""What is done regularly beside the queue: draining streams, purging what is old."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from idp.kernel.clock import Clock

_log = logging.getLogger(__name__)
# Seconds: what failed must not wait for a day because its turn comes once a day.
_AGAIN = 300.0


class Left(Enum):
    """What a task returns that stopped in the middle, to let the others have their turn."""

    MORE = "more"


@dataclass
class _Task:
    name: str
    every: float
    run: Callable[[], object]
    due: float


class Periodic:
    """A list of (name, every so many seconds, callable), run by whoever calls `tick`.

    Every worker process runs all of them, so each must bear company (a drain acknowledges what it
    took, a purge deletes what is gone already).
    """

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._tasks: list[_Task] = []

    def register(self, name: str, every: float, run: Callable[[], object]) -> None:
        """Add a task; its first run is due at once."""
        self._tasks.append(_Task(name, every, run, due=self._clock.timestamp()))

    def tick(self) -> list[str]:
        """Run what is due; the names that ran.

        A failure is logged and waits for its next turn, five minutes at most. What says that there
        is more has its next turn at the next tick.
        """
        ran = []
        for task in self._tasks:
            now = self._clock.timestamp()
            if now < task.due:
                continue
            task.due = now + task.every
            try:
                if task.run() is Left.MORE:
                    task.due = now
            except Exception:
                task.due = now + min(task.every, _AGAIN)
                _log.exception("periodic task failed", extra={"task": task.name})
            ran.append(task.name)
        return ran
