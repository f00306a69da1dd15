"""Who is told what happens to the upstreams: everybody, by a page; components; and the admins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from idp.adapters.queue.broker import DramatiqQueue
from idp.adapters.redis.mail_tries import RedisMailTries
from idp.adapters.sql.audit import SqlAuditStore
from idp.adapters.sql.notices import SqlNoticeStore
from idp.adapters.sql.probes import SqlActs
from idp.adapters.sql.transitions import SqlTransitionStore
from idp.audit.events import AuditEvent
from idp.audit.records import AuditFilter
from idp.clients.registry import ClientRegistry
from idp.deliveries.flag_notices import NOTIFY, RETRY, FlagNotices, ModeChanged
from idp.jobs.registry import Jobs
from idp.kernel.errors import Unavailable
from idp.kernel.identity import Mode
from idp.mail.admins import NOTICE, AdminMails
from idp.mail.admins import RETRY as ADMIN_RETRY
from idp.mail.repeats import RepeatingRelay
from idp.people.coverage import Coverage
from idp.settings import Settings
from idp.signing.keyring import Keyring
from idp.upstream_status.board import StatusBoard
from idp.upstream_status.changes import Transition
from idp.upstream_status.judging import WORRIES
from idp.upstream_status.notice_words import Covered
from idp.upstream_status.observations import Act
from idp.upstream_status.public import Change
from idp.upstream_status.public_words import Words
from idp.upstream_status.seen import Seen, public_change
from idp.upstream_status.service import UpstreamStatus
from idp.upstream_status.state import Why
from idp.upstream_status.telling import PolicyChange, Sources, Telling, Ways
from idp.wiring.base import Base
from idp.wiring.contingency import MailTools, relays
from idp.wiring.surface import Switch


def status_board(base: Base, status: UpstreamStatus) -> StatusBoard:
    """What `/status` shows."""
    transitions = SqlTransitionStore(base.database)

    def reads(since: datetime, most: int) -> Sequence[Change]:
        return [public_change(one) for one in transitions.find(None, since, None, most)]

    return StatusBoard(sees=Seen(status, base.clock), reads=reads, clock=base.clock)


def status_words(settings: Settings) -> Words:
    """What it says."""
    return Words({one.realm: one.label for one in settings.upstreams})


def flag_notices(
    base: Base, keyring: Keyring, clients: ClientRegistry, queue: DramatiqQueue, jobs: Jobs
) -> FlagNotices:
    """What tells components, its job declared."""
    notices = FlagNotices(
        http=base.http,
        keyring=keyring,
        clients=clients,
        queue=queue,
        audit=base.audit,
        stream=base.stream,
        clock=base.clock,
        issuer=base.settings.issuer,
    )
    jobs.register(NOTIFY, notices.deliver, RETRY, given_up=notices.given_up)
    return notices


def admin_mails(base: Base, tools: MailTools, queue: DramatiqQueue, jobs: Jobs) -> AdminMails:
    """What tells the admins, its job declared. Its relays are those of all mails, with their caps,
    but not the hourly budget.
    """
    mails = AdminMails(
        recipients=base.settings.admin_emails,
        reads=SqlNoticeStore(base.database).content,
        queue=queue,
        relay=RepeatingRelay(relays(base), tries=RedisMailTries(base.redis), clock=base.clock),
        templates=tools.templates,
        audit=base.audit,
        stream=base.stream,
        clock=base.clock,
        issuer=base.settings.issuer,
        key=base.key("admin-mails"),
    )
    jobs.register(NOTICE, mails.deliver, ADMIN_RETRY)
    return mails


def upstream_news(
    base: Base, switch: Switch, coverage: Coverage, mails: AdminMails, notices: FlagNotices
) -> Telling:
    """What the worker looks after regularly."""
    return Telling(
        status=switch.status,
        sources=Sources(
            transitions=switch.transitions,
            windows=switch.windows.all,
            asked=switch.requests.open,
            policy=lambda realm: _policy_change(base, realm),
            covered=lambda realm: _covered(coverage, realm),
            worries=lambda: _worries(SqlActs(base.database)),
        ),
        store=SqlNoticeStore(base.database),
        ways=Ways(admins=mails.send, components=lambda one: notices.send(_mode_changed(one))),
        uow=base.database,
        audit=base.audit,
        clock=base.clock,
        second=switch.switchboard.second,
        shared=_places(base.settings),
    )


def _worries(acts: SqlActs) -> list[Act]:
    return [one for one in acts.done(None, 20) if one.reason in WORRIES]


def _places(settings: Settings) -> Mapping[str, str]:
    return {
        "console": f"{settings.console_url}/admin",
        "status_page": f"{settings.issuer}/status",
    }


def _mode_changed(one: Transition) -> ModeChanged:
    return ModeChanged(
        id=one.id,
        realm=one.realm,
        seq=one.seq,
        mode=Mode.SUNAT if one.up else Mode.CONTINGENCIA,
        since=one.at,
        announced=one.why is Why.WINDOW,
    )


def _policy_change(base: Base, realm: str) -> PolicyChange | None:
    """The newest, as it is on record."""
    wanted = AuditFilter(event=AuditEvent.FLAG_POLICY_CHANGED, realm=realm)
    found = SqlAuditStore(base.database).search(wanted, 1)
    if not found:
        return None
    one = found[0]
    details = one.details
    return PolicyChange(
        one.id, realm, details["policy"], one.at, details.get("reason", ""), one.actor
    )


def _covered(coverage: Coverage, realm: str) -> Covered | None:
    """As it was counted today, or the last time within a few days; counting now takes seconds."""
    try:
        days = coverage.history(90, realm=realm, last=7)
    except Unavailable:
        return None
    if not days:
        return None
    figures = days[-1].figures
    return Covered(figures.able, figures.people)
