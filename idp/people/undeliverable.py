"""The mark of an address to which mail fails for good: set by a relay or a report, taken back by an
operator (or by its owner, who proves the address anew: `people.contact`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.kernel.events import EventBus, PersonChanged
from idp.kernel.ports import UnitOfWork
from idp.people.eligibility import shown_address
from idp.people.person import Address, Person
from idp.people.ports import PersonStore


class Undeliverable:
    """Marks and clears; each with its audit row."""

    def __init__(
        self,
        *,
        store: PersonStore,
        uow: UnitOfWork,
        audit: Audit,
        clock: Clock,
        events: EventBus,
    ) -> None:
        self._store = store
        self._events = events
        self._uow = uow
        self._audit = audit
        self._clock = clock

    def mark(self, person_id: str, address_id: str, code: str) -> None:
        """A relay refused mail to this address for good."""
        with self._uow.transaction():
            person = self._locked(person_id)
            for address in person.addresses:
                if address.id == address_id and address.undeliverable_at is None:
                    marked = replace(address, undeliverable_at=self._clock.now())
                    self._store.put_address(person_id, marked)
                    self._seen_by_others(person, [address])
                    self._audit.record(
                        AuditEvent.ADDRESS_UNDELIVERABLE,
                        person_id=person_id,
                        address=address_id,
                        code=code,
                    )

    def clear(self, person_id: str, actor: str, reason: str) -> tuple[str, ...]:
        """The mark was an error: take it from every address of this person; their ids."""
        with self._uow.transaction():
            person = self._locked(person_id)
            marked = [one for one in person.addresses if one.undeliverable_at is not None]
            for address in marked:
                self._store.put_address(person_id, replace(address, undeliverable_at=None))
                self._audit.record(
                    AuditEvent.ADDRESS_DELIVERABLE,
                    person_id=person_id,
                    actor=actor,
                    address=address.id,
                    reason=reason,
                )
            self._seen_by_others(person, marked)
        return tuple(address.id for address in marked)

    def _seen_by_others(self, person: Person, changed: Sequence[Address]) -> None:
        """Systems that read people are to see it, where they see that address at all."""
        if shown_address(person) in changed:
            self._store.update(replace(person, updated_at=self._clock.now()))
            self._events.publish(PersonChanged(person.id, "changed", ("email",)))

    def _locked(self, person_id: str) -> Person:
        person = self._store.get(person_id, lock=True)
        if person is None:
            raise IdpError("person_unknown", 404)
        return person
