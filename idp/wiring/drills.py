"""Drills: what they stand on, and what makes them go on by themselves."""

from __future__ import annotations

from idp.adapters.redis.flags import RedisFlagMessenger
from idp.adapters.sql.drills import SqlDrillRecords, SqlDrillStore
from idp.clients.registry import ClientRegistry
from idp.contingency.drilling import DrillDesk
from idp.kernel.events import FlagChanged
from idp.limits.noted import Noted
from idp.login.drilling import Drilling
from idp.login.service import Logins
from idp.people.service import People
from idp.upstream_status.drills import Drills
from idp.upstream_status.service import UpstreamStatus
from idp.wiring.base import Base


def drills(base: Base, people: People, status: UpstreamStatus) -> Drills:
    """The drills of this process, which hear of each flip."""
    found = Drills(
        store=SqlDrillStore(base.database),
        records=SqlDrillRecords(base.database),
        people=people,
        upstreams=status,
        uow=base.database,
        audit=base.audit,
        clock=base.clock,
        random=base.random,
        key=base.key("drills"),
        messenger=RedisFlagMessenger(base.redis),
    )
    base.events.subscribe(FlagChanged, found.flag_changed)
    return found


def drilling(base: Base, found: Drills, logins: Logins, clients: ClientRegistry) -> Drilling:
    """What takes logins into them."""
    return Drilling(
        drills=found,
        transactions=logins.transactions,
        clients=clients,
        audit=base.audit,
        stream=base.stream,
    )


def drill_desk(base: Base, found: Drills, logins: Logins, noted: Noted) -> DrillDesk:
    """What people meet of them."""
    return DrillDesk(
        drills=found,
        dispatcher=logins,
        transactions=logins.transactions,
        audit=base.audit,
        stream=base.stream,
        noted=noted,
        clock=base.clock,
    )
