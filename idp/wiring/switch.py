"""The switch: the state of each upstream, and everything that changes it."""

from __future__ import annotations

from idp.adapters.redis.flags import RedisFlagMessenger
from idp.adapters.sql.flag_requests import SqlRequestStore
from idp.adapters.sql.incidents import SqlHappened, SqlReportStore
from idp.adapters.sql.transitions import SqlTransitionStore
from idp.adapters.sql.upstream_status import SqlFlagStore
from idp.adapters.sql.windows import SqlWindowStore
from idp.signing.audit_keys import AuditKeyFolder
from idp.upstream_status.incidents import Incidents
from idp.upstream_status.local_file import LocalOverrides
from idp.upstream_status.requests import Requests
from idp.upstream_status.service import UpstreamStatus
from idp.upstream_status.state import Policy
from idp.upstream_status.steward import Steward
from idp.upstream_status.switchboard import Switchboard
from idp.upstream_status.watcher import FlagWatcher
from idp.upstream_status.windows import Windows
from idp.wiring.base import Base
from idp.wiring.surface import Switch


def switch(base: Base, realms: tuple[str, ...]) -> Switch:
    """The flag, and what tells this process of a change within a second."""
    settings, database = base.settings, base.database
    messenger = RedisFlagMessenger(base.redis)
    transitions = SqlTransitionStore(database)
    overrides = LocalOverrides(settings.flag_override_file)
    status = UpstreamStatus(
        store=SqlFlagStore(database),
        transitions=transitions,
        uow=database,
        audit=base.audit,
        clock=base.clock,
        realms=realms,
        messenger=messenger,
        events=base.events,
        overrides=overrides,
        policy=Policy(settings.flag_policy),
    )
    requests = Requests(
        store=SqlRequestStore(database),
        status=status,
        uow=database,
        audit=base.audit,
        clock=base.clock,
        random=base.random,
    )
    return Switch(
        status=status,
        watcher=FlagWatcher(status=status, messenger=messenger),
        switchboard=Switchboard(
            status=status,
            requests=requests,
            uow=database,
            clock=base.clock,
            second=settings.flip_approval == "second",
        ),
        requests=requests,
        windows=Windows(
            store=SqlWindowStore(database),
            status=status,
            uow=database,
            audit=base.audit,
            clock=base.clock,
            random=base.random,
            second=settings.flip_approval == "second",
        ),
        steward=Steward(status=status, requests=requests),
        transitions=transitions,
        incidents=Incidents(
            transitions=transitions,
            flags=SqlFlagStore(database),
            records=SqlHappened(database),
            reports=SqlReportStore(database),
            realms=realms,
            uow=database,
            audit=base.audit,
            clock=base.clock,
            issuer=settings.issuer,
            signer=AuditKeyFolder(settings.audit_keys, clock=base.clock),
        ),
        overrides=overrides,
    )
