"""Pending verifications of an address: begun, told in a mail, and proved by its code or its link.

Code and token of a verification are HMACs of its id: a retried mail repeats them, and who reads
the database learns none.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.kernel.clock import Clock
from idp.kernel.ids import keyed_digest, keyed_token, new_id, same
from idp.kernel.random import Random
from idp.people.person import PendingVerification, Verification
from idp.people.ports import PersonStore, VerificationStore

MAX_TRIES = 5


def verification_code(key: bytes, verification_id: str) -> str:
    """The six digits of a verification; the bias of 2^256 mod 10^6 is nil."""
    return f"{int(keyed_digest(key, f'code:{verification_id}'), 16) % 1_000_000:06d}"


def verification_token(key: bytes, verification_id: str) -> str:
    """The token of a verification's link, 43 characters."""
    return keyed_token(key, f"token:{verification_id}")


class Verifications:
    """At most one for a person. ttl: seconds. Each method joins the unit of work under way."""

    def __init__(
        self,
        *,
        store: PersonStore,
        verifications: VerificationStore,
        audit: Audit,
        clock: Clock,
        random: Random,
        code_key: bytes,
        ttl: int,
    ) -> None:
        self._store = store
        self._verifications = verifications
        self._audit = audit
        self._clock = clock
        self._random = random
        self._key = code_key
        self._ttl = timedelta(seconds=ttl)

    def begin(self, person_id: str, address_id: str) -> PendingVerification:
        """One of this address, in the place of any other of the person."""
        now = self._clock.now()
        pending = PendingVerification(
            id=new_id(self._random, "ver"),
            person_id=person_id,
            address_id=address_id,
            created_at=now,
            expires_at=now + self._ttl,
        )
        self._verifications.put(pending)
        return pending

    def get(self, verification_id: str) -> Verification | None:
        """What the mail of a verification says; see `told`."""
        return self.told(self._verifications.get(verification_id))

    def of_person(self, person_id: str) -> Verification | None:
        """The same of the person's."""
        return self.told(self.pending(person_id))

    def pending(self, person_id: str) -> PendingVerification | None:
        """The person's, in whatever state."""
        return self._verifications.of_person(person_id)

    def settle(self, pending: PendingVerification) -> None:
        """It was proved: no second time."""
        self._verifications.drop(pending.id)

    def told(self, pending: PendingVerification | None) -> Verification | None:
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

    def refusal(
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
