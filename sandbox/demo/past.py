"""What the demo's people did before it began, for a page of coverage that shows something.

Known browsers, the components that people used, and the figures of two weeks: made by the
provider's own services under a clock that goes from then to now, in the demo's database alone.
What is there already stays, so that a demo that starts again only adds the days since.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from idp.adapters.sql.coverage import SqlUseStore
from idp.kernel.clock import FixedClock
from idp.kernel.identity import SOL, Identifier
from idp.kernel.times import LIMA
from idp.people.coverage_ports import Use
from idp.people.person import Person
from idp.settings import load
from idp.wiring import Services, build_services
from sandbox.demo.parts import COMPONENTS
from sandbox.people import SandboxPerson, person

DAYS = 14
_GOODS, _ORIGIN, _PERMITS = (one.client_id for one in COMPONENTS)


@dataclass(frozen=True)
class Habit:
    """Of one person: components used, and the browser first used for it so many `days` ago."""

    key: str
    components: tuple[str, ...]
    browser: str = ""
    days: int = 0


HABITS = (
    Habit("IMPORTA1", (_GOODS, _ORIGIN)),
    Habit("EXPORTA1", (_ORIGIN,), "Firefox/Windows", 10),
    Habit("PERSONA1", (_GOODS,)),
    Habit("SINCORRE", (_GOODS, _ORIGIN), "Chrome/Windows", 12),
    Habit("SINCONSE", (_GOODS,)),
    Habit("SINVERIF", (_ORIGIN,)),
    Habit("ANTIGUO1", (_GOODS, _ORIGIN)),
    Habit("EXT0001", (_PERMITS, _GOODS), "Edge/Windows", 6),
    Habit("EXT0002", (_PERMITS,)),
    Habit("EXT0003", (_PERMITS,), "Chrome/Linux", 3),
)


def live_through(services: Services, clock: FixedClock, now: datetime) -> None:
    """Go through the days before `now`, and do on each what was done then. clock: the services'."""
    if services.settings.production:
        raise SystemExit("demo: no past is made up in production")
    seen = {one.key: _found(services, person(one.key)) for one in HABITS}
    clock.advance((now - clock.now()).total_seconds())
    new = [one for one in HABITS if one.browser and not services.people.browsers(seen[one.key].id)]
    SqlUseStore(services.database).used(
        Use(seen[one.key].id, component, _day(now, person(one.key).seen))
        for one in HABITS
        for component in one.components
    )
    for days in range(DAYS, -1, -1):
        clock.advance((now - timedelta(days=days) - clock.now()).total_seconds())
        for one in new:
            if one.days == days:
                services.people.remember_browser(seen[one.key].id, agent=one.browser)
        services.coverage.take()


def _day(now: datetime, days: int) -> date:
    return (now - timedelta(days=days)).astimezone(LIMA).date()


def _found(services: Services, one: SandboxPerson) -> Person:
    value = f"{one.ruc}:{one.usuario}" if one.realm == SOL else one.usuario
    found = services.people.find(Identifier(one.realm, value))
    if found is None:
        raise SystemExit(f"demo: {one.key} was not imported")
    return found


def main() -> int:
    """Make the past of the demo whose settings are in the environment."""
    now = datetime.now(UTC)
    clock = FixedClock(now)
    services = build_services(load(os.environ), clock=clock)
    try:
        live_through(services, clock, now)
    finally:
        services.stop()
    return 0
