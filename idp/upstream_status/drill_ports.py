"""What drills need of the outside: where they are kept, who people are, what is on record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from idp.audit.records import AuditRecord
from idp.people.person import Person
from idp.upstream_status.drill_choice import Drill, Ending


class DrillStore(Protocol):
    """Drills, durable. Every method raises Unavailable("sql")."""

    def add(self, drill: Drill) -> None:
        """Keep a new one, in the unit of work under way."""
        ...

    def since(self, moment: datetime, *, lock: bool = False) -> list[Drill]:
        """Those that were not over at that moment, or are not marked as ended, the oldest first.

        lock: until the end of the unit of work nobody else begins one.
        """
        ...

    def get(self, drill_id: str) -> Drill | None:
        """One, or None."""
        ...

    def newest(self, limit: int) -> list[Drill]:
        """The newest first, at most so many."""
        ...

    def end(
        self, drill_id: str, at: datetime, why: Ending, who: str | None, reason: str | None
    ) -> bool:
        """Mark it as ended; True for exactly one caller, in the unit of work under way."""
        ...

    def purge(self, before: datetime) -> int:
        """Remove what was over before that moment; how many."""
        ...


class KnowsPeople(Protocol):
    """What is needed of the directory. Raises Unavailable("sql")."""

    def get(self, person_id: str) -> Person | None:
        """The person, or None."""
        ...

    def at_browser(self, cookie: str | None) -> Sequence[tuple[Person, bool]]:
        """The persons for whom the browser with this cookie is known, each with whether that is old
        enough to count.
        """
        ...


class KnowsUpstreams(Protocol):
    """What is needed of the flag."""

    def up(self, realm: str) -> bool:
        """Whether the realm's upstream is up, from memory. Raises ValueError for no such realm."""
        ...


class DrillRecords(Protocol):
    """What the audit log tells of a drill. Raises Unavailable("sql")."""

    def of_drill(self, drill: Drill, until: datetime) -> Iterable[AuditRecord]:
        """Every record that carries the drill's id, and those of its links, its sessions' codes and
        tokens, up to that moment; in no order.
        """
        ...


class Messenger(Protocol):
    """Tells the other processes to look at what is in force."""

    def announce(self) -> None:
        """Tell every process. Raises Unavailable("redis")."""
        ...
