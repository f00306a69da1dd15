"""Coverage as the console shows it: the figures of a choice, out of one count for everybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.people.coverage import (
    WINDOWS,
    Coverage,
    CoverageDay,
    CoverageReport,
    Figures,
)
from idp.people.coverage_ports import Component

# Seconds. A count takes some of a million people, and whoever looks reloads the page.
KEPT = 60.0


@dataclass(frozen=True)
class Choice:
    """Which figures are wanted. realm, client_id: "" for all."""

    days: int = WINDOWS[-1]
    realm: str = ""
    client_id: str = ""


@dataclass(frozen=True)
class Line:
    """One row of a table: a realm, or a component."""

    key: str
    name: str
    figures: Figures
    component: Component | None = None


@dataclass(frozen=True)
class Board:
    """The page's figures, counted at a moment. name: of the chosen component. realms, components:
    with the same choice but for their own part. options: every component's id and name. history:
    the oldest day first.
    """

    at: datetime
    choice: Choice
    name: str
    figures: Figures
    realms: tuple[Line, ...]
    components: tuple[Line, ...]
    options: tuple[tuple[str, str], ...]
    history: tuple[CoverageDay, ...]


class CoverageBoard:
    """Counts at most once a minute for each window. labels: what people call each realm."""

    def __init__(self, *, coverage: Coverage, labels: Mapping[str, str], clock: Clock) -> None:
        self._coverage = coverage
        self._labels = labels
        self._clock = clock
        self._counting = Lock()
        self._reports: dict[int, CoverageReport] = {}

    @property
    def realms(self) -> list[tuple[str, str]]:
        """Each realm with its label."""
        return [(realm, self._labels.get(realm, realm)) for realm in self._coverage.realms]

    def of(self, choice: Choice, *, kept: float = KEPT) -> Board:
        """The figures of a choice, counted so many seconds ago at most. Raises
        IdpError("not_found", 404), Unavailable("sql").
        """
        if choice.days not in WINDOWS or (choice.realm and choice.realm not in dict(self.realms)):
            raise IdpError("not_found", 404)
        report = self._report(choice.days, kept)
        chosen = next(
            (one for one in report.components if one.component.client_id == choice.client_id), None
        )
        if choice.client_id and chosen is None:
            raise IdpError("not_found", 404)
        by_realm, total = report.realms, report.total
        if chosen is not None:
            by_realm, total = chosen.realms, chosen.total
        return Board(
            at=report.at,
            choice=choice,
            name=chosen.component.name if chosen else "",
            figures=by_realm.get(choice.realm, Figures()) if choice.realm else total,
            realms=tuple(
                Line(realm, label, by_realm[realm])
                for realm, label in self.realms
                if realm in by_realm
            ),
            components=_components(report, choice.realm),
            options=tuple(
                (one.component.client_id, one.component.name) for one in report.components
            ),
            history=self._coverage.history(
                choice.days, realm=choice.realm or None, client_id=choice.client_id or None
            ),
        )

    def report(
        self, days: int, *, realm: str | None = None, client_id: str | None = None
    ) -> CoverageReport:
        """What `Coverage.now` tells, out of the same count as the pages. Raises as that does."""
        report = self._report(days, KEPT)
        return self._coverage.narrowed(report, realm=realm, client_id=client_id)

    def _report(self, days: int, seconds: float) -> CoverageReport:
        kept = self._reports.get(days)
        if kept is not None and self._recent(kept, seconds):
            return kept
        # While somebody counts, the others are shown the last figures; without any they wait.
        if not self._counting.acquire(blocking=kept is None):
            assert kept is not None
            return kept
        try:
            kept = self._reports.get(days)
            if kept is None or not self._recent(kept, seconds):
                kept = self._reports[days] = self._coverage.now(days)
            return kept
        finally:
            self._counting.release()

    def _recent(self, report: CoverageReport, seconds: float) -> bool:
        return 0 <= (self._clock.now() - report.at).total_seconds() < seconds


def _components(report: CoverageReport, realm: str) -> tuple[Line, ...]:
    found = []
    for one in report.components:
        figures = one.realms.get(realm) if realm else one.total
        if figures is not None:
            component = one.component
            found.append(Line(component.client_id, component.name, figures, component))
    return tuple(found)
