"""One mail to one address of a person, and what is put on record of it."""

from __future__ import annotations

from typing import Protocol
from urllib.parse import urlsplit

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.jobs.registry import RetryLater
from idp.kernel.clock import Clock
from idp.mail.message import OutgoingMessage, RenderedMail
from idp.mail.message_id import message_id
from idp.mail.ports import Relay, RelayDeferred, RelayRefused
from idp.people.person import Address, Person


class MarksUndeliverable(Protocol):
    """What is needed of the directory."""

    def mark_undeliverable(self, person_id: str, address_id: str, *, code: str) -> None:
        """A relay refused this address for good."""
        ...


class Posting:
    """For handlers of the queue: a repeat is the same mail, by its Message-ID."""

    def __init__(
        self,
        *,
        relay: Relay,
        people: MarksUndeliverable,
        audit: Audit,
        clock: Clock,
        issuer: str,
        id_key: bytes,
    ) -> None:
        self._relay = relay
        self._people = people
        self._audit = audit
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
    ) -> None:
        """Send it once. kind: of the mail, subject_id: what it is about; both name it.

        details: of the audit rows. Raises RetryLater when the relay puts it off.
        """
        message = OutgoingMessage(
            to=address.email,
            content=content,
            message_id=message_id(
                self._id_key, f"{kind}:{subject_id}", person.id, address.id, self._host
            ),
            date=self._clock.now(),
        )
        told = {"person_id": person.id, "kind": kind, **details}
        try:
            self._relay.send(message)
        except RelayDeferred as error:
            self._audit.record(AuditEvent.MAIL_DEFERRED, **told, code=error.reason)
            raise RetryLater(error.reason, after=error.after) from None
        except RelayRefused as error:
            if error.recipient:
                self._people.mark_undeliverable(person.id, address.id, code=error.reason)
            self._audit.record(
                AuditEvent.MAIL_REFUSED, **told, code=error.reason, address=address.id
            )
            return
        self._audit.record(AuditEvent.MAIL_ACCEPTED, **told)
