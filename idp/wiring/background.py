"""What goes on beside the requests: periodic work, the worker's broker, reload notices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from idp.account.campaign_mails import CampaignPump
from idp.adapters.queue.broker import declare, make_broker
from idp.audit.drain import drain
from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.clients.registry import Reload
from idp.jobs.periodic import Periodic
from idp.oidc.failback import Failback
from idp.people.coverage import Coverage
from idp.privacy.retention import Retention
from idp.upstream_status.drills import Drills
from idp.upstream_status.telling import Telling
from idp.wiring.base import Base, Services
from idp.wiring.reach import drained
from idp.wiring.surface import Switch


@dataclass(frozen=True)
class Regular:
    """The rooms that have something to do regularly."""

    retention: Retention
    coverage: Coverage
    pump: CampaignPump
    switch: Switch
    telling: Telling
    failback: Failback
    drills: Drills


def periodic(base: Base, rooms: Regular) -> Periodic:
    """What each worker does regularly; two workers at once do no harm."""
    periodic = Periodic(clock=base.clock)
    kept_with_uses = drained(base)
    periodic.register("audit.drain", 1.0, lambda: drain(base.stream, kept_with_uses))
    periodic.register("upstreams.settle", 1.0, rooms.switch.steward.step)
    periodic.register("incidents.report", 300.0, rooms.switch.incidents.step)
    periodic.register("upstreams.tell", 1.0, rooms.telling.step)
    periodic.register("campaigns.pump", 2.0, rooms.pump)
    periodic.register("sessions.failback", 2.0, rooms.failback.step)
    periodic.register("coverage.take", 600.0, rooms.coverage.take)
    periodic.register("drills.tick", 2.0, rooms.drills.tick)
    periodic.register("data.purge", 86_400.0, rooms.retention.step)
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
