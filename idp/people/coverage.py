"""How many people could enter today if SUNAT failed, and why not the rest.

Counted are those who were seen in the last 30 or 90 days: who logged in since then, and who never
did, by when they were registered. Each is counted under one reason, the first that stands in the
way, in the order of `eligibility`. At a component its own rules count too: where it takes no login
by mail, nobody could enter it; where it takes a known browser alone, only who has one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.kernel.times import LIMA
from idp.people.coverage_ports import Cell, Component, CoverageStore, DayRow
from idp.people.standing import Standing

WINDOWS = (30, 90)
# Somewhat longer than the longest window: beyond it nobody asks which component a person used.
USES_KEPT = timedelta(days=120)


class Why(StrEnum):
    """Why a person could not enter: the standings, and what a component asks for beside them."""

    COMPONENT = "component_refuses"
    NEW = Standing.NEW.value
    INACTIVE = Standing.INACTIVE.value
    NO_ADDRESS = Standing.NO_ADDRESS.value
    UNVERIFIED = Standing.UNVERIFIED.value
    COOLING_OFF = Standing.COOLING_OFF.value
    NO_CONSENT = Standing.NO_CONSENT.value
    UNDELIVERABLE = Standing.UNDELIVERABLE.value
    UNKNOWN_BROWSER = "unknown_browser"


@dataclass(frozen=True)
class Figures:
    """people: how many were counted. able: who could enter now. why_not: the others, each under
    one reason; all reasons are there. known_browser: who has one that counts. shared_mailbox: whose
    mailbox is another counted person's too.
    """

    people: int = 0
    able: int = 0
    why_not: Mapping[Why, int] = field(
        default_factory=lambda: MappingProxyType(dict.fromkeys(Why, 0))
    )
    known_browser: int = 0
    shared_mailbox: int = 0

    @property
    def share(self) -> float | None:
        """Of all, who could enter: from 0 to 1; None where there is nobody."""
        return self.able / self.people if self.people else None


@dataclass(frozen=True)
class ComponentFigures:
    """Of those who used a component: all of them, and by realm."""

    component: Component
    total: Figures
    realms: Mapping[str, Figures]


@dataclass(frozen=True)
class CoverageReport:
    """The figures of a moment, over people seen in so many days.

    realms: by each realm that there is. components: in the order of clients.yaml.
    """

    at: datetime
    days: int
    total: Figures
    realms: Mapping[str, Figures]
    components: tuple[ComponentFigures, ...]


@dataclass(frozen=True)
class CoverageDay:
    """A day's figures, as they were taken at its beginning."""

    day: date
    figures: Figures


class Coverage:
    """Counts now, keeps a day's figures, and tells how they went. Every method may raise
    Unavailable("sql").

    components: those that people log in to, as they are now. kept: for how long a day's figures
    are.
    """

    def __init__(
        self,
        *,
        store: CoverageStore,
        clock: Clock,
        realms: Sequence[str],
        components: Callable[[], Sequence[Component]],
        kept: timedelta,
    ) -> None:
        self._store = store
        self._clock = clock
        self.realms = tuple(realms)
        self._components = components
        self._kept = kept

    def now(
        self, days: int = 90, *, realm: str | None = None, client_id: str | None = None
    ) -> CoverageReport:
        """The figures as they are now: some seconds for a million people.

        realm: only its people. client_id: of the components only this one; the total is of
        everybody all the same. Raises IdpError client_unknown, realm_unknown, days_unknown (404).
        """
        realms, components = self._chosen(days, realm, client_id)
        now = self._clock.now()
        since = now - timedelta(days=days)
        everybody, users = self._store.count(since, since.astimezone(LIMA).date(), now)
        everybody = [cell for cell in everybody if cell.realm in realms]
        return CoverageReport(
            at=now,
            days=days,
            total=figures(everybody),
            realms=_by_realm(everybody, realms, None),
            components=tuple(_of_component(one, users, realms) for one in components),
        )

    def narrowed(
        self, report: CoverageReport, *, realm: str | None = None, client_id: str | None = None
    ) -> CoverageReport:
        """What `now` would have told of these, out of a report of all. Raises as `now` does."""
        realms, components = self._chosen(report.days, realm, client_id)
        chosen = {one.client_id for one in components}
        of_chosen = [one for one in report.components if one.component.client_id in chosen]
        if realm is None:
            return replace(report, components=tuple(of_chosen))
        return replace(
            report,
            total=report.realms.get(realm, Figures()),
            realms=_only(report.realms, realms),
            components=tuple(
                replace(
                    one,
                    total=one.realms.get(realm, Figures()),
                    realms=_only(one.realms, realms),
                )
                for one in of_chosen
            ),
        )

    def history(
        self,
        days: int = 90,
        *,
        realm: str | None = None,
        client_id: str | None = None,
        last: int = 90,
    ) -> tuple[CoverageDay, ...]:
        """The figures of the last so many days, the oldest first, each as it was taken then; a day
        without any is left out. What was before the first one cannot be told any more: what a
        person had on a day is not kept. Raises as `now` does.
        """  # fmt: skip
        self._chosen(days, realm, client_id)
        since = self._today() - timedelta(days=last - 1)
        found: dict[date, list[DayRow]] = {}
        for row in self._store.days(since, days, realm, client_id or ""):
            found.setdefault(row.day, []).append(row)
        return tuple(CoverageDay(day, _sum(rows)) for day, rows in found.items())

    def take(self) -> bool:
        """Keep today's figures (in Lima), once: whoever comes first. Whether it was now."""
        today = self._today()
        if self._store.has_day(today):
            return False
        rows = [row for days in WINDOWS for row in _rows(today, self.now(days))]
        return self._store.keep_day(rows)

    @property
    def uses_kept(self) -> int:
        """For how long it is known which component a person used, in seconds."""
        return int(USES_KEPT.total_seconds())

    def purge(self) -> int:
        """Remove figures and uses that are too old; how many rows."""
        today = self._today()
        return self._store.purge(today - self._kept, today - USES_KEPT)

    def _today(self) -> date:
        return self._clock.now().astimezone(LIMA).date()

    def _chosen(
        self, days: int, realm: str | None, client_id: str | None
    ) -> tuple[tuple[str, ...], list[Component]]:
        if days not in WINDOWS:
            raise IdpError("days_unknown", 404, detail=f"there are {WINDOWS}")
        if realm is not None and realm not in self.realms:
            raise IdpError("realm_unknown", 404, detail=f"there are {', '.join(self.realms)}")
        components = [one for one in self._components() if client_id in (None, one.client_id)]
        if client_id is not None and not components:
            raise IdpError("client_unknown", 404, detail="nobody logs in to such a component")
        return self.realms if realm is None else (realm,), components


def figures(cells: Iterable[Cell], component: Component | None = None) -> Figures:
    """What cells come to; by the rules of a component where there is one."""
    able = people = known = shared = 0
    why_not: Counter[Why] = Counter()
    for cell in cells:
        people += cell.count
        known += cell.count if cell.known else 0
        shared += cell.count if cell.shared else 0
        why = _why(cell, component)
        if why is None:
            able += cell.count
        else:
            why_not[why] += cell.count
    counts = MappingProxyType({why: why_not[why] for why in Why})
    return Figures(people, able, counts, known, shared)


def _why(cell: Cell, component: Component | None) -> Why | None:
    if component is not None and not component.contingency:
        return Why.COMPONENT
    if cell.standing is not Standing.ELIGIBLE:
        return Why(cell.standing.value)
    if component is not None and component.require_known_browser and not cell.known:
        return Why.UNKNOWN_BROWSER
    return None


def _only(found: Mapping[str, Figures], realms: Sequence[str]) -> Mapping[str, Figures]:
    return MappingProxyType({one: found[one] for one in realms if one in found})


def _by_realm(
    cells: Sequence[Cell], realms: Sequence[str], component: Component | None
) -> Mapping[str, Figures]:
    found = {
        realm: figures([cell for cell in cells if cell.realm == realm], component)
        for realm in realms
    }
    return MappingProxyType(found)


def _of_component(
    component: Component, users: Sequence[Cell], realms: Sequence[str]
) -> ComponentFigures:
    own = [realm for realm in realms if realm in component.realms]
    cells = [one for one in users if one.client_id == component.client_id and one.realm in own]
    return ComponentFigures(component, figures(cells, component), _by_realm(cells, own, component))


def _rows(day: date, report: CoverageReport) -> Iterable[DayRow]:
    for realm, found in report.realms.items():
        yield _row(day, realm, "", report.days, found)
    for one in report.components:
        for realm, found in one.realms.items():
            yield _row(day, realm, one.component.client_id, report.days, found)


def _row(day: date, realm: str, client_id: str, days: int, found: Figures) -> DayRow:
    told = {why.value: count for why, count in found.why_not.items()}
    told |= {"known_browser": found.known_browser, "shared_mailbox": found.shared_mailbox}
    return DayRow(day, realm, client_id, days, found.people, found.able, told)


def _sum(rows: Sequence[DayRow]) -> Figures:
    def total(name: str) -> int:
        return sum(row.told.get(name, 0) for row in rows)

    return Figures(
        people=sum(row.people for row in rows),
        able=sum(row.able for row in rows),
        why_not=MappingProxyType({why: total(why.value) for why in Why}),
        known_browser=total("known_browser"),
        shared_mailbox=total("shared_mailbox"),
    )
