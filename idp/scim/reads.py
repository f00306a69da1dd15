"""Who looked at how many people: on record, through the stream, for it is frequent."""

from __future__ import annotations

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.audit.ports import AuditStream
from idp.audit.records import CLIENT
from idp.clients.client import Client


class Reads:
    """Puts a look at people's data on record."""

    def __init__(self, *, audit: Audit, stream: AuditStream) -> None:
        self._audit = audit
        self._stream = stream

    def record(self, client: Client, rows: int) -> None:
        """rows: how many people; a poll that finds nobody is no look. Raises Unavailable."""
        if rows:
            entry = self._audit.entry(
                AuditEvent.PEOPLE_READ,
                client_id=client.client_id,
                actor=f"{CLIENT}{client.client_id}",
                rows=rows,
            )
            self._stream.push(entry)
