"""Refusals of the token endpoint on record: what anybody may cause, so within bounds."""

from __future__ import annotations

import logging

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.audit.ports import AuditStream
from idp.kernel.errors import IdpError
from idp.limits.service import Limits

_log = logging.getLogger(__name__)


class Refusals:
    """Puts refusals on the audit stream, at most so many per address (`oidc.refusal`).

    A refusal is answered as a refusal, whatever becomes of its entry.
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
        try:
            self._limits.hit("oidc.refusal", address_prefix)
            self._stream.push(self._audit.entry(event, client_id=client_id, **details))
        except IdpError as error:
            _log.warning("a refusal is not audited", extra={"event": event, "reason": error.code})
