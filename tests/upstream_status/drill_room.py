"""Drills over a real database, and people who are known somewhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from idp.adapters.sql.audit import SqlAuditStore
from idp.adapters.sql.database import Database
from idp.adapters.sql.drills import SqlDrillRecords, SqlDrillStore
from idp.audit.log import Audit
from idp.audit.records import AuditFilter, AuditRecord
from idp.kernel.clock import FixedClock
from idp.kernel.random import SystemRandom
from idp.people.person import Person
from idp.upstream_status.drill_choice import Drill
from idp.upstream_status.drills import Drills

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


@dataclass
class Upstreams:
    """The flags; those in `down` are flagged down."""

    down: set[str] = field(default_factory=set)

    def up(self, realm: str) -> bool:
        if realm not in ("sol", "extranet"):
            raise ValueError("no such upstream")
        return realm not in self.down


@dataclass
class Directory:
    """People by id, and by the cookie of a browser that is known for them."""

    people: dict[str, Person] = field(default_factory=dict)
    at: dict[str, list[tuple[Person, bool]]] = field(default_factory=dict)

    def get(self, person_id: str) -> Person | None:
        return self.people.get(person_id)

    def at_browser(self, cookie: str | None) -> list[tuple[Person, bool]]:
        return self.at.get(cookie or "", [])


@dataclass
class Room:
    """One process's drills; `another()` is those of another process on the same database."""

    database: Database
    clock: FixedClock
    upstreams: Upstreams = field(default_factory=Upstreams)
    directory: Directory = field(default_factory=Directory)
    drills: Drills = field(init=False)

    def __post_init__(self) -> None:
        self.drills = self.another()

    def another(self) -> Drills:
        self.audit = Audit(
            store=SqlAuditStore(self.database), clock=self.clock, random=SystemRandom()
        )
        return Drills(
            store=SqlDrillStore(self.database),
            records=SqlDrillRecords(self.database),
            people=self.directory,
            upstreams=self.upstreams,
            uow=self.database,
            audit=self.audit,
            clock=self.clock,
            random=SystemRandom(),
            key=b"d" * 32,
        )

    def begin(self, **changes: Any) -> Drill:
        wanted: dict[str, Any] = {
            "realm": "sol", "clients": ["origen"], "percent": 5, "lasts": timedelta(hours=1),
            "who": "ana", "reason": "prueba", **changes,
        }  # fmt: skip
        return self.drills.begin(**wanted)

    def told(self, names: Iterable[str]) -> list[AuditRecord]:
        found = reversed(self.audit.search(AuditFilter(), 500))
        return [one for one in found if one.event in names]


def drill(**changes: Any) -> Drill:
    """A drill of half of the people, changed."""
    wanted: dict[str, Any] = {
        "id": "drl_a", "realm": "sol", "clients": (), "percent": 50, "testers": frozenset(),
        "everyone": False, "reason": "prueba", "who": "ana", "begins_at": NOW,
        "ends_at": NOW + timedelta(hours=1), **changes,
    }  # fmt: skip
    return Drill(**wanted)
