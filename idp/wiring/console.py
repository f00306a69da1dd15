"""The console: its accounts and sessions, and what its pages show."""

from __future__ import annotations

from urllib.parse import urlsplit

from idp.adapters.redis.admin import RedisConsoleSessions, RedisSteps
from idp.adapters.sql.admin import SqlAccountStore, SqlProofStore
from idp.admin.coverage import CoverageBoard
from idp.admin.desk import AccountDesk
from idp.admin.enrolment import Enrolment
from idp.admin.entrance import Entrance
from idp.admin.known_browsers import KnownBrowsers
from idp.admin.now import Now
from idp.admin.own_account import OwnAccount
from idp.admin.passwords import Cost, Passwords
from idp.admin.recovery import RecoveryCodes
from idp.admin.sessions import Sessions
from idp.admin.steps import Steps
from idp.limits.noted import Noted
from idp.people.coverage import Coverage
from idp.wiring.base import Base
from idp.wiring.console_pages import (
    ConsoleRooms,
    audit_search,
    components,
    help_desk,
    keys_board,
    live_board,
    mail_board,
)
from idp.wiring.surface import Console, Switch


def console(
    base: Base,
    rooms: ConsoleRooms,
    noted: Noted,
    switched: Switch,
    coverage: Coverage,
    cost: Cost,
) -> Console:
    """Everything that `/admin` and `idp admin` use."""
    settings, limits = base.settings, rooms.limits
    host = urlsplit(settings.console_url).hostname or ""
    words = host.split(".")
    labels = {one.realm: one.label for one in settings.upstreams}
    accounts = SqlAccountStore(base.database)
    proofs = SqlProofStore(base.database, base.vault)
    passwords = Passwords(random=base.random, cost=cost, threads=settings.threads)
    recovery = RecoveryCodes(key=base.key("admin-recovery"), random=base.random)
    steps = Steps(store=RedisSteps(base.redis), clock=base.clock)
    sessions = Sessions(
        store=RedisConsoleSessions(base.redis),
        accounts=accounts,
        audit=base.audit,
        stream=base.stream,
        clock=base.clock,
        random=base.random,
        ttl=settings.admin_session_ttl,
        idle=settings.admin_session_idle,
    )
    return Console(
        sessions=sessions,
        entrance=Entrance(
            accounts=accounts,
            proofs=proofs,
            passwords=passwords,
            recovery=recovery,
            known=KnownBrowsers(key=base.key("admin-known"), random=base.random),
            sessions=sessions,
            steps=steps,
            limits=limits,
            uow=base.database,
            audit=base.audit,
            noted=noted,
            clock=base.clock,
        ),
        enrolment=Enrolment(
            accounts=accounts,
            proofs=proofs,
            passwords=passwords,
            recovery=recovery,
            steps=steps,
            uow=base.database,
            audit=base.audit,
            clock=base.clock,
            key=base.key("admin-app"),
            issuer=f"VUCE-{host}",
            words=words,
        ),
        own=OwnAccount(
            accounts=accounts,
            proofs=proofs,
            passwords=passwords,
            recovery=recovery,
            sessions=sessions,
            limits=limits,
            uow=base.database,
            audit=base.audit,
            noted=noted,
            words=words,
        ),
        desk=AccountDesk(
            accounts=accounts,
            proofs=proofs,
            sessions=sessions,
            uow=base.database,
            audit=base.audit,
            clock=base.clock,
            random=base.random,
            console_url=settings.console_url,
        ),
        now=Now(
            status=switched.status,
            labels=labels,
            clock=base.clock,
            requests=switched.requests,
        ),
        coverage=CoverageBoard(coverage=coverage, labels=labels, clock=base.clock),
        people=help_desk(base, rooms),
        audit=audit_search(base),
        components=components(base, rooms.clients),
        keys=keys_board(base, rooms.keyring),
        mail=mail_board(base, rooms.load),
        live=live_board(base, rooms.clients),
    )
