"""Time, injected: nothing outside this package reads the machine's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """A source of the current time."""

    def now(self) -> datetime:
        """The current moment, timezone-aware, in UTC."""
        ...

    def timestamp(self) -> float:
        """The current moment as seconds since the Unix epoch."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The current moment, timezone-aware, in UTC."""
        return datetime.now(UTC)

    def timestamp(self) -> float:
        """The current moment as seconds since the Unix epoch."""
        return datetime.now(UTC).timestamp()


class FixedClock:
    """A clock that stands still until it is moved: for tests."""

    def __init__(self, now: datetime) -> None:
        self._now = now.astimezone(UTC)

    def now(self) -> datetime:
        """The moment that was set."""
        return self._now

    def timestamp(self) -> float:
        """The moment that was set, as seconds since the Unix epoch."""
        return self._now.timestamp()

    def advance(self, seconds: float) -> None:
        """Move forward (or back, when negative) by so many seconds."""
        self._now += timedelta(seconds=seconds)
