"""A person's contact address and consent: asking for a change, proving it, withdrawing.

    (none) --set--> pending --confirm--> in force
    in force --set other--> in force + pending --confirm--> in force + cooling off
    in force + cooling off --time--> replaced
    in force + (pending | cooling off) --set the one in force--> in force

Code and token of a verification are HMACs of its id: a retried mail repeats them, and who reads
the database learns none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from email_validator import EmailNotValidError, validate_email

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.kernel.events import EventBus, PersonChanged
from idp.kernel.ids import keyed_digest, keyed_token, new_id, same
from idp.kernel.ports import UnitOfWork
from idp.kernel.random import Random
from idp.people.eligibility import contact_address
from idp.people.person import (
    PERSON,
    SCIM,
    Address,
    Confirmation,
    ContactChange,
    PendingVerification,
    Person,
    Verification,
)
from idp.people.ports import PersonStore, VerificationStore

MAX_TRIES = 5
_MAX_EMAIL = 254


class InvalidEmail(ValueError):
    """The text is not an e-mail address that mail could be sent to."""


def normalise_email(typed: str) -> str:
    """The address as it is stored: domain in lower case, Unicode in NFC. Asks no DNS.

    Raises InvalidEmail.
    """
    try:
        found = validate_email(typed.strip(), check_deliverability=False)
    except EmailNotValidError as error:
        # The library's sentence may repeat what was typed: it goes no further.
        raise InvalidEmail("not an e-mail address") from error
    if len(found.normalized) > _MAX_EMAIL or found.ascii_email is None:
        raise InvalidEmail("not an e-mail address")
    return found.normalized


def same_email(left: str, right: str) -> bool:
    """Whether two normalised addresses are one: no mail system in use tells them apart by case."""
    return left.casefold() == right.casefold()


def verification_code(key: bytes, verification_id: str) -> str:
    """The six digits of a verification; the bias of 2^256 mod 10^6 is nil."""
    return f"{int(keyed_digest(key, f'code:{verification_id}'), 16) % 1_000_000:06d}"


def verification_token(key: bytes, verification_id: str) -> str:
    """The token of a verification's link, 43 characters."""
    return keyed_token(key, f"token:{verification_id}")


class Contacts:
    """Changes of address and consent. cooloff and ttl are seconds."""

    def __init__(
        self,
        *,
        store: PersonStore,
        verifications: VerificationStore,
        uow: UnitOfWork,
        audit: Audit,
        clock: Clock,
        random: Random,
        events: EventBus,
        code_key: bytes,
        cooloff: int,
        ttl: int,
    ) -> None:
        self._events = events
        self._store = store
        self._verifications = verifications
        self._uow = uow
        self._audit = audit
        self._clock = clock
        self._random = random
        self._key = code_key
        self._cooloff = timedelta(seconds=cooloff)
        self._ttl = timedelta(seconds=ttl)

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
            names = {*person.profile, *profile}
            changed = sorted(one for one in names if person.profile.get(one) != profile.get(one))
            if changed:
                now = self._clock.now()
                said = {**person.said, "profile": PERSON}
                self._store.update(
                    replace(person, profile=dict(profile), said=said, updated_at=now)
                )
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
        now = self._clock.now()
        for replaced in waiting:
            self._store.drop_address(replaced.id)
        address = Address(new_id(self._random, "adr"), email, now)
        pending = PendingVerification(
            id=new_id(self._random, "ver"),
            person_id=person.id,
            address_id=address.id,
            created_at=now,
            expires_at=now + self._ttl,
        )
        self._store.put_address(person.id, address)
        self._verifications.put(pending)
        shown = not any(one.verified_at for one in person.addresses)
        self._changed(person, *(("email",) if shown else ()))
        self._audit.record(
            AuditEvent.ADDRESS_CHANGE_REQUESTED,
            person_id=person.id,
            realm=person.realm,
            address=address.id,
            verification=pending.id,
        )
        return pending.id

    def verification(self, pending: PendingVerification | None) -> Verification | None:
        """With person, address and secrets; None when it is settled, expired or tried too often."""
        if pending is None or pending.expires_at <= self._clock.now():
            return None
        if pending.tries >= MAX_TRIES:
            return None
        person = self._store.get(pending.person_id)
        if person is None:
            return None
        for address in person.addresses:
            if address.id == pending.address_id:
                return Verification(
                    id=pending.id,
                    person=person,
                    address=address,
                    code=verification_code(self._key, pending.id),
                    token=verification_token(self._key, pending.id),
                    expires_at=pending.expires_at,
                )
        return None

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
            pending = self._verifications.of_person(person_id)
            refusal = self._refusal(pending, code, token)
            if refusal is None and pending is not None:
                settled = self._settle(person, pending, "code" if code else "link")
                if before is not None:
                    before(settled)
                return settled
        # Outside, so that a wrong try is kept.
        raise IdpError(refusal or "verification_expired", 400)

    def _refusal(
        self, pending: PendingVerification | None, code: str | None, token: str | None
    ) -> str | None:
        """Why this does not prove the address, counted and audited; None when it does."""
        if pending is None:
            return "verification_expired"
        if pending.expires_at <= self._clock.now() or pending.tries >= MAX_TRIES:
            self._note(pending, "expired")
            return "verification_expired"
        typed = "".join((code or "").split())
        if typed and same(typed, verification_code(self._key, pending.id)):
            return None
        if not typed and token and same(token, verification_token(self._key, pending.id)):
            return None
        if typed:  # a token cannot be guessed: a wrong one is an older mail's, and costs no try
            pending = replace(pending, tries=pending.tries + 1)
            self._verifications.put(pending)
        self._note(pending, "wrong")
        return "verification_failed"

    def _note(self, pending: PendingVerification, reason: str) -> None:
        self._audit.record(
            AuditEvent.ADDRESS_VERIFICATION_FAILED,
            person_id=pending.person_id,
            verification=pending.id,
            reason=reason,
            tries=pending.tries,
        )

    def _settle(self, person: Person, pending: PendingVerification, by: str) -> Confirmation:
        now = self._clock.now()
        previous = contact_address(person, now)
        address = next(found for found in person.addresses if found.id == pending.address_id)
        if previous is not None and same_email(previous.email, address.email):
            previous = None  # proved anew after mail to it had failed: nobody else to tell
        counts_from = now if previous is None else now + self._cooloff
        address = replace(address, verified_at=now, counts_from=counts_from, undeliverable_at=None)
        self._verifications.drop(pending.id)
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


def _replaces(address: Address, current: Address | None) -> bool:
    """Whether an address is pending or cooling off, so that it would replace the current one."""
    if current is None or address.counts_from is None or current.counts_from is None:
        return current is None or address.id != current.id
    return address.counts_from > current.counts_from
