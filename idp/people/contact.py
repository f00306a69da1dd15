"""A person's contact address and consent: asking for a change, proving it, withdrawing.

(none) --set--> pending --confirm--> in force
in force --set other--> in force + pending --confirm--> in force + cooling off
in force + cooling off --time--> replaced
in force + (pending | cooling off) --set the one in force--> in force
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.kernel.events import EventBus, PersonChanged
from idp.kernel.ids import new_id
from idp.kernel.ports import UnitOfWork
from idp.kernel.random import Random
from idp.people.eligibility import contact_address, shown_address
from idp.people.email_address import normalise_email, same_email
from idp.people.former import TYPED_BEFORE, typed_before
from idp.people.person import (
    PERSON,
    SCIM,
    Address,
    Confirmation,
    ContactChange,
    PendingVerification,
    Person,
)
from idp.people.ports import PersonStore
from idp.people.verifications import Verifications


class Contacts:
    """Changes of address and consent. cooloff: seconds."""

    def __init__(
        self,
        *,
        store: PersonStore,
        verifications: Verifications,
        uow: UnitOfWork,
        audit: Audit,
        clock: Clock,
        random: Random,
        events: EventBus,
        cooloff: int,
    ) -> None:
        self._events = events
        self._store = store
        self._verifications = verifications
        self._uow = uow
        self._audit = audit
        self._clock = clock
        self._random = random
        self._cooloff = timedelta(seconds=cooloff)

    def set(self, person_id: str, *, email: str, consent: bool) -> ContactChange:
        """Ask for this address and this consent; see `People.set_contact`."""
        wanted = normalise_email(email)
        with self._uow.transaction():
            before = self._locked(person_id)
            person = self._with_consent(before, consent)
            consent_changed = person is not before
            current = contact_address(person, self._clock.now())
            if current and same_email(current.email, wanted) and not current.undeliverable_at:
                return ContactChange(None, self._keep(person, current) or consent_changed)
            waiting = [found for found in person.addresses if _replaces(found, current)]
            if any(found.verified_at and same_email(found.email, wanted) for found in waiting):
                return ContactChange(None, consent_changed)  # proved already, it cools off
            return ContactChange(self._request(person, waiting, wanted), True)

    def _with_consent(self, person: Person, consent: bool) -> Person:
        """The person with this answer of theirs; the same object where it was theirs already."""
        # A first no is an answer as well: no later import turns it into a yes. Nor does the system
        # that said no for them before they did so themselves.
        theirs = consent or person.said.get("consent") != SCIM
        if person.consent == consent and person.consent_at is not None and theirs:
            return person
        now = self._clock.now()
        said = {**person.said, "consent": PERSON}
        person = replace(person, consent=consent, consent_at=now, said=said, updated_at=now)
        self._store.update(person)
        self._tell(person.id, "consent_at")
        event = AuditEvent.CONSENT_GIVEN if consent else AuditEvent.CONSENT_WITHDRAWN
        self._audit.record(event, person_id=person.id, realm=person.realm, source="person")
        return person

    def set_consent(self, person_id: str, consent: bool) -> None:
        """Give or withdraw consent alone."""
        with self._uow.transaction():
            self._with_consent(self._locked(person_id), consent)

    def set_profile(self, person_id: str, profile: Mapping[str, str]) -> bool:
        """Take the form's other fields; whether anything changed."""
        with self._uow.transaction():
            person = self._locked(person_id)
            if typed_before(person) and not any(profile.values()):
                return False  # they were shown an empty form, and left it so
            names = {*person.profile, *profile}
            changed = sorted(one for one in names if person.profile.get(one) != profile.get(one))
            if changed or TYPED_BEFORE in person.said:
                now = self._clock.now()
                said = {**person.said, "profile": PERSON}
                said.pop(TYPED_BEFORE, None)
                self._store.update(
                    replace(person, profile=dict(profile), said=said, updated_at=now)
                )
            if changed:
                self._tell(person.id, *changed)
                self._audit.record(
                    AuditEvent.PERSON_UPDATED,
                    person_id=person.id,
                    realm=person.realm,
                    source="person",
                    fields=" ".join(changed),
                )
        return bool(changed)

    def _keep(self, person: Person, current: Address) -> bool:
        """Drop what was to replace the address in force: the way out of a change not one's own."""
        others = [found for found in person.addresses if _replaces(found, current)]
        if any(one.verified_at for one in others):  # the one that was shown is shown no more
            self._changed(person, "email", "email_verified_at")
        for address in others:
            self._store.drop_address(address.id)
            self._audit.record(
                AuditEvent.ADDRESS_CHANGE_CANCELLED, person_id=person.id, address=address.id
            )
        return bool(others)

    def _request(self, person: Person, waiting: list[Address], email: str) -> str:
        known_since = self._clock.now()
        for replaced in waiting:
            self._store.drop_address(replaced.id)
            if person.doubted_at is not None and same_email(replaced.email, email):
                # It tells who they are, once they confirm it (`people.former`).
                known_since = replaced.created_at
        address = Address(new_id(self._random, "adr"), email, known_since)
        self._store.put_address(person.id, address)
        pending = self._verifications.begin(person.id, address.id)
        self._changed(person, *_shown_otherwise(person, waiting, address))
        self._audit.record(
            AuditEvent.ADDRESS_CHANGE_REQUESTED,
            person_id=person.id,
            realm=person.realm,
            address=address.id,
            verification=pending.id,
        )
        return pending.id

    def confirm(
        self,
        person_id: str,
        *,
        code: str | None,
        token: str | None,
        before: Callable[[Confirmation], None] | None = None,
    ) -> Confirmation:
        """Prove the pending address; see `People.confirm_address`."""
        with self._uow.transaction():
            person = self._locked(person_id)
            pending = self._verifications.pending(person_id)
            refusal = self._verifications.refusal(pending, code, token)
            if refusal is None and pending is not None:
                settled = self._settle(person, pending, "code" if code else "link")
                if before is not None:
                    before(settled)
                return settled
        # Outside, so that a wrong try is kept.
        raise IdpError(refusal or "verification_expired", 400)

    def _settle(self, person: Person, pending: PendingVerification, by: str) -> Confirmation:
        now = self._clock.now()
        previous = contact_address(person, now)
        address = next(found for found in person.addresses if found.id == pending.address_id)
        if previous is not None and same_email(previous.email, address.email):
            previous = None  # proved anew after mail to it had failed: nobody else to tell
        counts_from = now if previous is None else now + self._cooloff
        address = replace(address, verified_at=now, counts_from=counts_from, undeliverable_at=None)
        self._verifications.settle(pending)
        self._store.put_address(person.id, address)
        self._changed(person, "email", "email_verified_at")
        self._audit.record(
            AuditEvent.ADDRESS_VERIFIED,
            person_id=person.id,
            address=address.id,
            by=by,
            counts_from=counts_from.isoformat(),
        )
        if previous is not None:
            self._audit.record(
                AuditEvent.ADDRESS_CHANGED,
                person_id=person.id,
                address=address.id,
                previous=previous.id,
                counts_from=counts_from.isoformat(),
            )
        return Confirmation(person.id, address, previous)

    def _changed(self, person: Person, *fields: str) -> None:
        """Their address is the person's own word now. fields: what others see of that, if any."""
        said = {**person.said, "email": PERSON}
        moment = self._clock.now() if fields else person.updated_at
        self._store.update(replace(person, said=said, updated_at=moment))
        if fields:
            self._tell(person.id, *fields)

    def _tell(self, person_id: str, *fields: str) -> None:
        self._events.publish(PersonChanged(person_id, "changed", fields))

    def _locked(self, person_id: str) -> Person:
        person = self._store.get(person_id, lock=True)
        if person is None:
            raise IdpError("person_unknown", 404)
        return person


def _shown_otherwise(person: Person, gone: list[Address], address: Address) -> tuple[str, ...]:
    """What others see of the change: they may be shown another address, proved or not."""
    left = [one for one in person.addresses if one not in gone]
    before, after = (
        shown_address(person),
        shown_address(replace(person, addresses=(*left, address))),
    )
    if before == after:
        return ()
    return ("email", "email_verified_at") if before and before.verified_at else ("email",)


def _replaces(address: Address, current: Address | None) -> bool:
    """Whether an address is pending or cooling off, so that it would replace the current one."""
    if current is None or address.counts_from is None or current.counts_from is None:
        return current is None or address.id != current.id
    return address.counts_from > current.counts_from
