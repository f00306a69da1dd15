"""Systems that are told when a person changed."""

from __future__ import annotations

from idp.adapters.queue.broker import DramatiqQueue
from idp.adapters.sql.people import SqlPersonStore
from idp.clients.registry import ClientRegistry
from idp.deliveries.person_notices import NOTIFY, RETRY, PersonNotices
from idp.jobs.registry import Jobs
from idp.kernel.events import PersonChanged
from idp.signing.keyring import Keyring
from idp.wiring.base import Base


def person_notices(
    base: Base, keyring: Keyring, clients: ClientRegistry, queue: DramatiqQueue, jobs: Jobs
) -> None:
    """They hear of every change, and the worker tells."""
    notices = PersonNotices(
        http=base.http,
        keyring=keyring,
        clients=clients,
        persons=SqlPersonStore(base.database, base.vault),
        queue=queue,
        audit=base.audit,
        stream=base.stream,
        clock=base.clock,
        random=base.random,
        issuer=base.settings.issuer,
    )
    base.events.subscribe(PersonChanged, notices.person_changed)
    jobs.register(NOTIFY, notices.deliver, RETRY, given_up=notices.given_up)
