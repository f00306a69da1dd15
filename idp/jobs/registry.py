"""The table of handlers: one row per kind of work, with how it is retried."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

Handler = Callable[[Mapping[str, str]], None]
# Work about a change goes into the queue before the change is kept, so that none goes without it.
# What is not kept so many seconds later was given up.
KEPT_WITHIN = 300.0


class RetryLater(Exception):
    """The handler could not do it now, as foreseen: try again, without an error in the log.

    after: seconds; None leaves it to the job's backoff. The text must hold no personal data.
    """

    def __init__(self, reason: str, *, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


@dataclass(frozen=True)
class RetryPolicy:
    """Exponential backoff with jitter, in seconds. tries: retries after the first; None for as many
    as the work's own max_age leaves room for.
    """

    tries: int | None = None
    first: float = 5.0
    longest: float = 60.0


@dataclass(frozen=True)
class Job:
    """One row: what to call for work of this name, and when the queue gives a piece of it up."""

    name: str
    handler: Handler
    retry: RetryPolicy
    given_up: Handler | None = None


class Jobs:
    """The handlers by name. Wiring fills it; the queue's adapter declares an actor for each row."""

    def __init__(self) -> None:
        self._rows: dict[str, Job] = {}

    def register(
        self,
        name: str,
        handler: Handler,
        retry: RetryPolicy | None = None,
        *,
        given_up: Handler | None = None,
    ) -> None:
        """Add a row. Raises ValueError when the name is taken.

        given_up: called once for work that is too old or has no tries left; what it raises is
        logged.
        """
        if name in self._rows:
            raise ValueError(f"job {name} is registered twice")
        self._rows[name] = Job(name, handler, retry or RetryPolicy(), given_up)

    def __iter__(self) -> Iterator[Job]:
        return iter(self._rows.values())
