"""One mail to one address of a person, and what is put on record of it."""

from __future__ import annotations

import logging
from typing import Protocol
from urllib.parse import urlsplit

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.audit.ports import AuditStream
from idp.jobs.registry import RetryLater
from idp.kernel.clock import Clock
from idp.kernel.errors import Unavailable
from idp.mail.message import OutgoingMessage, RenderedMail
from idp.mail.message_id import message_id
from idp.mail.ports import Relay, RelayDeferred, RelayRefused
from idp.people.person import Address, Person

_log = logging.getLogger(__name__)


class PutOff(RetryLater):
    """The relay put it off. scope: as in `mail.ports.RelayDeferred`."""

    def __init__(self, error: RelayDeferred) -> None:
        super().__init__(error.reason, after=error.after)
        self.scope = error.scope


class MarksUndeliverable(Protocol):
    """What is needed of the directory."""

    def mark_undeliverable(self, person_id: str, address_id: str, *, code: str) -> None:
        """A relay refused this address for good."""
        ...


class Posting:
    """For handlers of the queue: a repeat is the same mail, by its Message-ID.

    Its audit rows travel by the stream: once a relay has the mail, nothing may make the job fail,
    or the person gets it again and again.
    """

    def __init__(
        self,
        *,
        relay: Relay,
        people: MarksUndeliverable,
        audit: Audit,
        stream: AuditStream,
        clock: Clock,
        issuer: str,
        id_key: bytes,
    ) -> None:
        self._relay = relay
        self._people = people
        self._audit = audit
        self._stream = stream
        self._clock = clock
        self._id_key = id_key
        self._host = urlsplit(issuer).hostname or "localhost"

    def post(
        self,
        kind: str,
        subject_id: str,
        person: Person,
        address: Address,
        content: RenderedMail,
        **details: str | None,
    ) -> bool:
        """Send it once; False when a relay refused it for good. kind: of the mail, subject_id: what
        it is about; both name it.

        details: of the audit rows. Raises PutOff when the relay puts it off.
        """
        message = OutgoingMessage(
            to=address.email,
            content=content,
            message_id=message_id(
                self._id_key, f"{kind}:{subject_id}", person.id, address.id, self._host
            ),
            date=self._clock.now(),
            # Nobody stands before a page that waits for it, as with a login link.
            urgent=False,
        )
        told = {"person_id": person.id, "kind": kind, **details}
        try:
            receipt = self._relay.send(message)
        except RelayDeferred as error:
            self._tell_if_possible(AuditEvent.MAIL_DEFERRED, **told, **error.told)
            raise PutOff(error) from None
        except RelayRefused as error:
            if error.recipient:
                self._people.mark_undeliverable(person.id, address.id, code=error.reason)
            self._tell(AuditEvent.MAIL_REFUSED, **told, **error.told, address=address.id)
            return False
        self._tell_if_possible(AuditEvent.MAIL_ACCEPTED, **told, **receipt.told)
        return True

    def _tell_if_possible(self, event: AuditEvent, **told: str | None) -> None:
        try:
            self._tell(event, **told)
        except Unavailable:
            _log.warning("not audited", extra={"event": str(event)})

    def _tell(self, event: AuditEvent, **told: str | None) -> None:
        self._stream.push(self._audit.entry(event, **told))
