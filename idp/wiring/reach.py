"""Who could enter today, and asking the others: coverage and campaigns."""

from __future__ import annotations

from datetime import timedelta

from idp.account.campaign_mails import CAMPAIGN, RETRY, CampaignMails, CampaignPump
from idp.adapters.queue.broker import DramatiqQueue
from idp.adapters.sql.audit import SqlAuditStore
from idp.adapters.sql.campaign_mails import SqlCampaignMails
from idp.adapters.sql.campaigns import SqlCampaignStore
from idp.adapters.sql.coverage import SqlCoverageStore, SqlUseStore
from idp.clients.registry import ClientRegistry
from idp.jobs.registry import Jobs
from idp.limits.service import Limits
from idp.login.policies import policy_of
from idp.people.campaign import Campaigns
from idp.people.campaign_work import CampaignWork
from idp.people.coverage import Coverage
from idp.people.coverage_ports import Component
from idp.people.service import People
from idp.people.uses import UsesBesideRecords
from idp.upstream_status.service import UpstreamStatus
from idp.wiring.base import Base
from idp.wiring.contingency import MailTools


def coverage(base: Base, clients: ClientRegistry, realms: tuple[str, ...]) -> Coverage:
    """The figures; a component's rules are those that the dispatcher judges by."""

    def components() -> list[Component]:
        found = []
        for client in clients.all():
            if client.disabled or "authorization_code" not in client.grant_types:
                continue
            policy = policy_of(client)
            found.append(
                Component(
                    client_id=client.client_id,
                    name=client.client_name,
                    realms=client.realms,
                    contingency=policy.contingency,
                    require_known_browser=policy.require_known_browser,
                )
            )
        return found

    return Coverage(
        store=SqlCoverageStore(base.database),
        clock=base.clock,
        realms=realms,
        components=components,
        kept=timedelta(seconds=base.settings.coverage_retention),
    )


def campaigns(base: Base) -> Campaigns:
    """The campaigns, as operators see them."""
    return Campaigns(
        store=SqlCampaignStore(base.database),
        mails=SqlCampaignMails(base.database),
        uow=base.database,
        audit=base.audit,
        clock=base.clock,
        random=base.random,
        rest=timedelta(seconds=base.settings.campaign_rest),
    )


def campaign_work(base: Base) -> CampaignWork:
    """What the workers do of them."""
    return CampaignWork(
        store=SqlCampaignStore(base.database),
        mails=SqlCampaignMails(base.database),
        uow=base.database,
        audit=base.audit,
        clock=base.clock,
        rest=timedelta(seconds=base.settings.campaign_rest),
    )


def campaign_job(
    base: Base,
    jobs: Jobs,
    tools: MailTools,
    work: CampaignWork,
    people: People,
    status: UpstreamStatus,
) -> None:
    """Register the job of one mail."""
    handler = CampaignMails(
        work=work,
        people=people,
        status=status,
        templates=tools.templates,
        posting=tools.posting,
        clock=base.clock,
        issuer=base.settings.issuer,
    )
    jobs.register(CAMPAIGN, handler, RETRY, given_up=handler.given_up)


def campaign_pump(
    work: CampaignWork, status: UpstreamStatus, limits: Limits, queue: DramatiqQueue
) -> CampaignPump:
    """What gives the queue a campaign's next people."""
    return CampaignPump(work=work, status=status, limits=limits, queue=queue)


def drained(base: Base) -> UsesBesideRecords:
    """Where the audit stream's records go, and what they tell of uses."""
    return UsesBesideRecords(
        records=SqlAuditStore(base.database), uses=SqlUseStore(base.database), uow=base.database
    )
