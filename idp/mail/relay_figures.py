"""How each relay fares, for all processes: what it took and what not by the hour, and whether it is
left alone.

A breaker is a process's own; what it found is told here, so that a page or a command can say it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

# How many hours are kept, the one under way included.
HOURS = 24
What = Literal["accepted", "deferred", "refused"]


@dataclass(frozen=True)
class RelayHour:
    """What one relay did with mails in an hour."""

    accepted: int = 0
    deferred: int = 0
    refused: int = 0


@dataclass(frozen=True)
class Trouble:
    """The last time that a relay failed as such (epoch seconds), and why. alone_until: some worker
    leaves it alone until then, 0 for none.
    """

    at: float
    reason: str
    alone_until: float = 0.0


@dataclass(frozen=True)
class RelayHealth:
    """hours: the oldest first, the last one under way; each named by its number since the epoch.
    trouble: the last one within an hour that is not over yet.
    """

    hours: Sequence[tuple[int, RelayHour]]
    trouble: Trouble | None


class RelayFigures(Protocol):
    """Where it is counted. Raises Unavailable("redis")."""

    def count(self, relay: str, what: What, at: float) -> None:
        """A mail came to that."""
        ...

    def failed(self, relay: str, trouble: Trouble) -> None:
        """The relay does not work, or not for us."""
        ...

    def works(self, relay: str) -> None:
        """It works again."""
        ...

    def health(self, relays: Sequence[str], now: float) -> Mapping[str, RelayHealth]:
        """Of each of these."""
        ...


class NoFigures:
    """Counts nothing."""

    def count(self, relay: str, what: What, at: float) -> None:
        """Nothing."""

    def failed(self, relay: str, trouble: Trouble) -> None:
        """Nothing."""

    def works(self, relay: str) -> None:
        """Nothing."""

    def health(self, relays: Sequence[str], now: float) -> Mapping[str, RelayHealth]:
        """Nobody knows."""
        return {one: RelayHealth((), None) for one in relays}
