"""The components as this process has them: what is in force, since when, and what keeps a newer
file out of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.audit.records import AuditFilter
from idp.clients.client import Client
from idp.clients.problem import Problem
from idp.clients.registry import ClientRegistry, InForce
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError

_LOOKED_BACK = timedelta(days=31)


@dataclass(frozen=True)
class Off:
    """Why a component takes nobody, and who said so; None where the log does not tell."""

    client: Client
    reason: str | None
    who: str | None
    since: datetime | None


@dataclass(frozen=True)
class ComponentsShown:
    """problems: of the file as it is now, which is not in force while there are any."""

    clients: Sequence[Client]
    in_force: InForce
    problems: Sequence[Problem]


class Components:
    """labels: what people call each realm."""

    def __init__(
        self, *, clients: ClientRegistry, audit: Audit, clock: Clock, labels: Mapping[str, str]
    ) -> None:
        self._clients = clients
        self._audit = audit
        self._clock = clock
        self.labels = labels

    def now(self) -> ComponentsShown:
        """All of them, in the order of the file."""
        clients = self._clients
        return ComponentsShown(clients.all(), clients.in_force, clients.problems)

    def one(self, client_id: str) -> Off:
        """One, and why it is disabled if it is. Raises IdpError("not_found", 404), Unavailable."""
        client = self._clients.get(client_id)
        if client is None:
            raise IdpError("not_found", 404)
        # The log is kept in the order of time alone: it is not read to its beginning for this.
        wanted = AuditFilter(
            event=AuditEvent.CLIENT_DISABLED,
            client_id=client_id,
            since=self._clock.now() - _LOOKED_BACK,
        )
        found = self._audit.search(wanted, 1) if client.disabled else []
        if not found:
            return Off(client, None, None, None)
        return Off(client, found[0].details.get("reason"), found[0].actor, found[0].at)
