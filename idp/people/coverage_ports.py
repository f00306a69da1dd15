"""What `people.coverage` is given: what is counted, and what it is kept in.

Every method raises Unavailable("sql") when the database does not answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from idp.people.standing import Standing


@dataclass(frozen=True)
class Cell:
    """So many people who have all of this in common.

    known: has a browser that is known and counts. shared: another one of those who are counted has
    the same mailbox. client_id: of a component that they used, "" where that does not matter; who
    used several is in a cell of each.
    """

    realm: str
    standing: Standing
    known: bool
    shared: bool
    count: int
    client_id: str = ""


@dataclass(frozen=True)
class Component:
    """What coverage must know of a component. realms: who may log in there. contingency: whether
    an e-mailed link does, and require_known_browser: whether only from a known browser.
    """

    client_id: str
    name: str
    realms: tuple[str, ...]
    contingency: bool = True
    require_known_browser: bool = False


@dataclass(frozen=True)
class Use:
    """That a person used a component, and on which day (in Lima) last."""

    person_id: str
    client_id: str
    last_on: date


@dataclass(frozen=True)
class DayRow:
    """A day's figures of a realm, at a component or ("") at all of them, over so many days.

    told: the counts of `people.coverage.Figures` beside the two here, by their names.
    """

    day: date
    realm: str
    client_id: str
    days: int
    people: int
    able: int
    told: Mapping[str, int]


class CoverageStore(Protocol):
    """Counts people, and keeps the figures of each day."""

    def count(
        self, since: datetime, since_day: date, now: datetime
    ) -> tuple[Sequence[Cell], Sequence[Cell]]:
        """Everybody seen since that moment, as they stand now: all of them, and by the components
        that they used since that day. Both are of one moment of the database.
        """
        ...

    def has_day(self, day: date) -> bool:
        """Whether that day's figures are kept."""
        ...

    def keep_day(self, rows: Sequence[DayRow]) -> bool:
        """Keep a day's figures; False when somebody kept them before, which then stay."""
        ...

    def days(self, since: date, days: int, realm: str | None, client_id: str) -> Sequence[DayRow]:
        """The rows of every day since then, the oldest first; of one realm or of all."""
        ...

    def purge(self, days_before: date, uses_before: date) -> int:
        """Remove the figures of the days before one, and the uses of before another; how many."""
        ...


class UseStore(Protocol):
    """Which component a person used, and when last."""

    def used(self, uses: Iterable[Use]) -> None:
        """Note uses, in the unit of work under way; an older day changes nothing, and whoever is
        no more is left out.
        """
        ...

    def of_person(self, person_id: str) -> list[Use]:
        """The uses of one person, in the order of the components."""
        ...

    def drop(self, person_id: str, client_id: str) -> None:
        """As if they had never used it."""
        ...
