"""What goes on beside the requests: periodic work, the worker's broker, reload notices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from idp.account.campaign_mails import CampaignPump
from idp.adapters.queue.broker import declare, make_broker
from idp.adapters.sql.audit import SqlAuditStore
from idp.adapters.sql.refresh_tokens import SqlRefreshTokens
from idp.adapters.sql.spent_links import SqlSpentLinks
from idp.audit.drain import drain
from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.clients.registry import Reload
from idp.jobs.periodic import Periodic
from idp.people.campaign import Campaigns
from idp.people.coverage import Coverage
from idp.people.joining import Joining
from idp.people.service import People
from idp.wiring.base import Base, Services
from idp.wiring.reach import drained


@dataclass(frozen=True)
class Regular:
    """The rooms that have something to do regularly."""

    people: People
    coverage: Coverage
    campaigns: Campaigns
    pump: CampaignPump
    joining: Joining


def periodic(base: Base, rooms: Regular) -> Periodic:
    """What each worker does regularly; two workers at once do no harm."""
    store, people = SqlAuditStore(base.database), rooms.people
    periodic = Periodic(clock=base.clock)
    kept_with_uses = drained(base)
    periodic.register("audit.drain", 1.0, lambda: drain(base.stream, kept_with_uses))
    periodic.register("campaigns.pump", 2.0, rooms.pump)
    kept = timedelta(seconds=base.settings.audit_retention)
    periodic.register("audit.purge", 3_600.0, lambda: store.purge(base.clock.now() - kept))
    periodic.register("people.purge", 3_600.0, lambda: people.purge(base.clock.now()))
    periodic.register("campaigns.purge", 3_600.0, rooms.campaigns.purge)
    periodic.register("coverage.take", 600.0, rooms.coverage.take)
    periodic.register("coverage.purge", 3_600.0, rooms.coverage.purge)
    periodic.register("merges.purge", 3_600.0, lambda: rooms.joining.purge(base.clock.now()))
    spent = SqlSpentLinks(base.database)
    # A link's record in Redis is gone after a day; a month leaves room for any fail-over. For a
    # month, too, it can be seen what became of a family of refresh tokens.
    month = timedelta(days=30)
    refresh = SqlRefreshTokens(base.database)
    periodic.register("refresh.purge", 3_600.0, lambda: refresh.purge(base.clock.now() - month))
    periodic.register("links.purge", 3_600.0, lambda: spent.purge(base.clock.now() - month))
    return periodic


def worker_broker(services: Services) -> Callable[[], Any]:
    """What `idp worker` runs: a new broker with every actor declared, each time it is called."""

    def make() -> Any:
        broker = make_broker(services.settings.redis_url)
        declare(broker, services.jobs)
        return broker

    return make


def tell_reload(audit: Audit, told: Reload) -> None:
    """Put a reload of clients.yaml on record."""
    if told.ok:
        audit.record(AuditEvent.CLIENTS_RELOADED, clients=told.clients, digest=told.digest)
    else:
        audit.record(
            AuditEvent.CLIENTS_RELOAD_FAILED, problems=len(told.problems), digest=told.digest
        )
