"""The worker's side of `/cuenta`: the mail with the code, and the notice to the old address.

At-least-once: code and link are derived from the verification's id, so a repeat is the same mail.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from idp.account.service import CHANGED, VERIFY
from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.jobs.registry import Handler, RetryLater, RetryPolicy
from idp.kernel.clock import Clock
from idp.kernel.ids import digest
from idp.kernel.times import lima_date
from idp.mail.message import OutgoingMessage, RenderedMail
from idp.mail.ports import Relay, RelayDeferred, RelayRefused
from idp.mail.templates import MailTemplates
from idp.people.masking import mask_email
from idp.people.person import Address, Person
from idp.people.service import People


class AccountMails:
    """Renders and sends. issuer: links are built from it, from nothing else."""

    def __init__(
        self,
        *,
        people: People,
        templates: MailTemplates,
        relay: Relay,
        audit: Audit,
        clock: Clock,
        issuer: str,
    ) -> None:
        self._people = people
        self._templates = templates
        self._relay = relay
        self._audit = audit
        self._clock = clock
        self._issuer = issuer

    def handlers(self) -> dict[str, tuple[Handler, RetryPolicy]]:
        """The rows for the table of jobs: each is tried for as long as it makes sense."""
        return {
            VERIFY: (self.verify_address, RetryPolicy(tries=90, first=5.0, longest=60.0)),
            CHANGED: (self.address_changed, RetryPolicy(tries=200, first=5.0, longest=3_600.0)),
        }

    def verify_address(self, payload: Mapping[str, str]) -> None:
        """Send the code of a verification that is still open. Raises RetryLater, Unavailable."""
        found = self._people.verification(payload["verification"])
        if found is None:
            return
        content = self._templates.render(
            "verificar",
            "es",
            {
                "name": found.person.name,
                "link": f"{self._issuer}/cuenta/verificar/{found.token}",
                "code": found.code,
                "until_lima": lima_date(found.expires_at),
            },
        )
        self._send("verificar", found.id, found.person, found.address, content)

    def address_changed(self, payload: Mapping[str, str]) -> None:
        """Tell the old address that another takes its place. Raises RetryLater, Unavailable."""
        person = self._people.get(payload["person"])
        addresses = {one.id: one for one in person.addresses} if person else {}
        new, old = addresses.get(payload["address"]), addresses.get(payload["previous"])
        if person is None or new is None or old is None or new.counts_from is None:
            return
        content = self._templates.render(
            "cambio-de-correo",
            "es",
            {
                "name": person.name,
                "new_email_masked": mask_email(new.email),
                "when_lima": lima_date(new.counts_from),
            },
        )
        self._send("cambio-de-correo", new.id, person, old, content)

    def _send(
        self,
        kind: str,
        subject_id: str,
        person: Person,
        address: Address,
        content: RenderedMail,
    ) -> None:
        host = urlsplit(self._issuer).hostname or "localhost"
        verification = subject_id if kind == "verificar" else None
        message = OutgoingMessage(
            to=address.email,
            content=content,
            message_id=f"{digest(f'{kind}:{subject_id}')[:32]}@{host}",
            date=self._clock.now(),
        )
        try:
            self._relay.send(message)
        except RelayDeferred as error:
            self._audit.record(
                AuditEvent.MAIL_DEFERRED,
                person_id=person.id,
                kind=kind,
                verification=verification,
                code=error.reason,
            )
            raise RetryLater(error.reason) from None
        except RelayRefused as error:
            if error.recipient:
                self._people.mark_undeliverable(person.id, address.id, code=error.reason)
            self._audit.record(
                AuditEvent.MAIL_REFUSED,
                person_id=person.id,
                kind=kind,
                verification=verification,
                code=error.reason,
                address=address.id,
            )
            return
        self._audit.record(
            AuditEvent.MAIL_ACCEPTED,
            person_id=person.id,
            kind=kind,
            verification=verification,
        )
