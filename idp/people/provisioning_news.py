"""What a system's word leaves behind: the audit log, and the news for others.

Each method joins the unit of work under way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.audit.records import CLIENT
from idp.kernel.events import EventBus, PersonChanged
from idp.people.eligibility import contact_address
from idp.people.merging import Voice
from idp.people.person import Address, Person
from idp.people.provisioned import Provisioned

_SOURCE = "scim"


@dataclass(frozen=True)
class By:
    """Which system speaks, and whose word gives way to it."""

    client_id: str
    voice: Voice

    @property
    def actor(self) -> str:
        """As the audit log names it."""
        return f"{CLIENT}{self.client_id}"


class TellsOld(Protocol):
    """Tells the owners of addresses that these count no more."""

    def __call__(
        self, person: Person, address: Address | None, counted: tuple[Address, ...]
    ) -> None:
        """address: the one in their place, if any. Raises Unavailable, and then nothing is kept."""
        ...


class News:
    """Puts a change on record, and tells the other systems and the owners of addresses."""

    def __init__(self, *, audit: Audit, events: EventBus, tell_old: TellsOld) -> None:
        self._audit = audit
        self._events = events
        self._tell_old = tell_old

    def made(self, found: Provisioned, by: By, *, returned: bool) -> None:
        """The person is known now. returned: and was before, and withdrawn."""
        event = AuditEvent.PERSON_RETURNED if returned else AuditEvent.PERSON_CREATED
        self._record(event, found, by)
        self._publish(found.person, "created", ("usuario", *found.fields), by)

    def changed(self, found: Provisioned, by: By, *, renamed: bool) -> None:
        """The person is another. renamed: the system calls them otherwise, which is its own
        business.
        """
        more = ("external_id",) if renamed else ()
        self._record(AuditEvent.PERSON_UPDATED, found, by, *more)
        fields = [one for one in found.fields if one != "active"]
        if len(fields) < len(found.fields):
            kind = "activated" if found.person.active else "deactivated"
            self._publish(found.person, kind, (), by)
        if fields:
            self._publish(found.person, "changed", tuple(fields), by)

    def withdrawn(self, person: Person, by: By) -> None:
        """There is no such person for that system."""
        self._audited(AuditEvent.PERSON_WITHDRAWN, person, by, source=_SOURCE)
        self._publish(person, "deleted", (), by)

    def replaced(self, found: Provisioned, now: datetime) -> None:
        """Addresses count no more: who reads mail there is told. Raises Unavailable."""
        counted = _counted(found.person, found.dropped, now)
        if counted:
            self._tell_old(found.person, found.address, counted)

    def _record(self, event: AuditEvent, found: Provisioned, by: By, *more: str) -> None:
        person, names = found.person, " ".join((*found.fields, *more)) or None
        self._audited(event, person, by, source=_SOURCE, fields=names)
        if "consent_at" in found.fields:
            consent = AuditEvent.CONSENT_GIVEN if person.consent else AuditEvent.CONSENT_WITHDRAWN
            self._audited(consent, person, by, source=_SOURCE)
        for address in found.dropped:
            self._audited(
                AuditEvent.ADDRESS_REPLACED,
                person,
                by,
                address=found.address.id if found.address else None,
                previous=address.id,
                proved=str(address.verified_at is not None).lower(),
            )

    def _audited(self, event: AuditEvent, person: Person, by: By, **details: str | None) -> None:
        self._audit.record(
            event,
            person_id=person.id,
            realm=person.realm,
            client_id=by.client_id,
            actor=by.actor,
            **details,
        )

    def _publish(self, person: Person, kind: str, fields: tuple[str, ...], by: By) -> None:
        self._events.publish(PersonChanged(person.id, kind, fields, by.client_id))


def _counted(before: Person, dropped: Iterable[Address], now: datetime) -> tuple[Address, ...]:
    """Of those, the address in force and what was to count after it: not what their owner replaced
    long ago, who was told then and may read another's mail by now.
    """
    current = contact_address(before, now)
    since = current.counts_from if current else None
    return tuple(
        one
        for one in dropped
        if one.verified_at is not None
        and one.counts_from is not None
        and one.undeliverable_at is None
        and (since is None or one.counts_from >= since)
    )
