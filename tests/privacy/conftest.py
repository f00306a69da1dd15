"""The room over each kind of database, with the sessions, links and components of the world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from privacy_room import Room

from idp.adapters.sql.audit import SqlAuditStore
from idp.adapters.sql.database import Database
from idp.audit.log import Audit
from idp.clients.subjects import Subjects
from idp.kernel.clock import FixedClock
from idp.kernel.events import EventBus
from idp.kernel.ids import derive_key
from idp.kernel.random import SystemRandom
from idp.settings import Settings
from idp.wiring.base import Base
from idp.wiring.held import Keepers
from idp.wiring.identity import joining, people
from idp.wiring.personal import Ageing, personal
from idp.wiring.reach import campaigns, coverage
from tests.support.vault import vault_in
from tests.support.world import World


@pytest.fixture
def room_of(database: Database, tmp_path: Path, world: World) -> Callable[..., Room]:
    """Makes the room. Changes are of its settings."""

    def make(**changes: Any) -> Room:
        clock, random = FixedClock(world.clock.now()), SystemRandom()
        settings: Settings = replace(world.settings, **changes)
        vault = vault_in(tmp_path)
        audit = Audit(store=SqlAuditStore(database), clock=clock, random=random, seals=vault)
        services = world.services
        base = Base(
            settings, clock, random, EventBus(), services.redis, database, services.http, audit,
            services.audit_stream, vault,
        )  # fmt: skip
        keepers = Keepers(
            services.logins, services.links, services.clients,
            Subjects(derive_key(settings.secret_key, "subjects")),
            services.provider.emergencies,
        )  # fmt: skip
        persons, joined = people(base), joining(base, services.queue)
        ageing = Ageing(
            joined, campaigns(base), coverage(base, services.clients, ("sol", "extranet"))
        )
        return Room(base, persons, personal(base, persons, keepers, ageing), joined)

    return make


@pytest.fixture
def room(room_of: Callable[..., Room]) -> Room:
    return room_of()
