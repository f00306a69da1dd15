"""Mails to the admins: a queue of their own, and no part of the budget that login links live of.

They are a handful a day, and must come through when a hundred thousand people ask for links.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.audit.ports import AuditStream
from idp.jobs.ports import JobQueue
from idp.jobs.registry import KEPT_WITHIN, RetryLater, RetryPolicy
from idp.kernel.clock import Clock
from idp.kernel.errors import Unavailable
from idp.kernel.ids import keyed_digest
from idp.mail.message import OutgoingMessage
from idp.mail.ports import Relay, RelayDeferred, RelayRefused
from idp.mail.templates import MailTemplates

_log = logging.getLogger(__name__)

NOTICE = "admins.notice"
RETRY = RetryPolicy(first=5.0, longest=300.0)
# A notice of yesterday is on the console; the mail would only alarm.
MAX_AGE = 86_400
_TEMPLATE = "aviso-a-operadores"

Reads = Callable[[str], Mapping[str, object] | None]
"""What a notice says (`subject`, `lead`, `facts`, `todo`), by its key; None while it is not kept.
Raises Unavailable("sql")."""


class AdminMails:
    """Puts a mail for each admin into the queue, and sends it in the worker.

    At-least-once: a repeat is the same mail, by its Message-ID. recipients: their addresses; the
    queue names each by a keyed digest.
    """

    def __init__(
        self,
        *,
        recipients: Sequence[str],
        reads: Reads,
        queue: JobQueue,
        relay: Relay,
        templates: MailTemplates,
        audit: Audit,
        stream: AuditStream,
        clock: Clock,
        issuer: str,
        key: bytes,
    ) -> None:
        self._recipients = {keyed_digest(key, one)[:16]: one for one in recipients}
        self._reads = reads
        self._queue = queue
        self._relay = relay
        self._templates = templates
        self._audit = audit
        self._stream = stream
        self._clock = clock
        self._key = key
        self._host = urlsplit(issuer).hostname or "localhost"

    def send(self, notice: str) -> int:
        """A mail to each admin about this notice; how many. Raises Unavailable("redis")."""
        for mark in self._recipients:
            payload = {"notice": notice, "to": mark, "since": str(self._clock.timestamp())}
            self._queue.enqueue(NOTICE, payload, max_age=MAX_AGE)
        return len(self._recipients)

    def deliver(self, payload: Mapping[str, str]) -> None:
        """The queue's handler. Raises RetryLater, Unavailable."""
        to = self._recipients.get(payload["to"])
        if to is None:
            return  # no admin any more
        told = self._reads(payload["notice"])
        if told is None:
            if self._clock.timestamp() - float(payload["since"]) < KEPT_WITHIN:
                raise RetryLater("the notice is not kept yet")
            return  # it was not kept at all; whoever tells it again writes again
        about = keyed_digest(self._key, f"{payload['notice']}:{payload['to']}")[:40]
        message = OutgoingMessage(
            to=to,
            content=self._templates.render(_TEMPLATE, "es", told),
            # One part before the host: no bounce of it is taken for a person's.
            message_id=f"{about}@{self._host}",
            date=self._clock.now(),
        )
        details = {"kind": _TEMPLATE, "notice": payload["notice"]}
        try:
            receipt = self._relay.send(message)
        except RelayDeferred as error:
            self._tell(AuditEvent.MAIL_DEFERRED, {**details, **error.told})
            raise RetryLater(error.reason, after=error.after) from None
        except RelayRefused as error:
            self._tell(AuditEvent.MAIL_REFUSED, {**details, **error.told})
            _log.error("an admin's mail was refused", extra={"reason": error.reason})
            return
        self._tell(AuditEvent.MAIL_ACCEPTED, {**details, **receipt.told})

    def _tell(self, event: AuditEvent, details: Mapping[str, str]) -> None:
        """Once a relay has the mail, nothing may make the job fail, or it comes again."""
        try:
            self._stream.push(self._audit.entry(event, **dict(details)))
        except Unavailable:
            _log.warning("not audited", extra={"event": str(event)})
