"""What anybody may cause, on record within bounds."""

from __future__ import annotations

import logging

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.audit.ports import AuditStream
from idp.audit.records import AuditRecord
from idp.kernel.errors import IdpError
from idp.limits.service import Limits

_log = logging.getLogger(__name__)


class Noted:
    """Puts on the audit stream what strangers can repeat at will: at most so many an address.

    What happened is answered as what it is, whatever becomes of its record.
    """

    def __init__(self, *, audit: Audit, stream: AuditStream, limits: Limits) -> None:
        self._audit = audit
        self._stream = stream
        self._limits = limits

    def note(
        self,
        event: AuditEvent,
        address_prefix: str,
        *,
        client_id: str | None = None,
        **details: str,
    ) -> None:
        """Record one; never raises for what is full or away."""
        self.push(self._audit.entry(event, client_id=client_id, **details), address_prefix)

    def push(self, record: AuditRecord, source: str) -> None:
        """Record one that is made already. source: whose allowance it uses up."""
        try:
            # Each event for itself: a flood of one must not hide another.
            self._limits.hit("audit.noted", str(record.event), source)
            self._stream.push(record)
        except IdpError as error:
            extra = {"event": str(record.event), "reason": error.code}
            _log.warning("not audited", extra=extra)
