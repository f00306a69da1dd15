"""Whether a user may have passed to another human, and what then counts no more.

A company gives a usuario SOL, and an entity an Extranet user, to whoever does the work now; SUNAT
says nothing of it but the new name. The mailbox of whoever had the user before must not open it.
A name that was only written otherwise costs its person one confirmation of their address.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.kernel.clock import Clock
from idp.kernel.identity import EXTRANET
from idp.people.former import TYPED_BEFORE
from idp.people.person import PERSON, Address, Person, UpstreamFacts
from idp.people.ports import BrowserStore, PersonStore, VerificationStore

_WORD = re.compile(r"[^\W_]+")


class Doubt(StrEnum):
    """Why somebody may be another human, or act for others, than before."""

    NAME = "name"
    ENTITY = "entity"
    SEPARATED = "separated"


def doubt(person: Person, facts: UpstreamFacts) -> Doubt | None:
    """What of an upstream's word speaks for another human, or for another entity's mailbox.

    Of a usuario SOL only given and family names count: `name` is the company's.
    """
    before = f"{person.given_name} {person.family_name}"
    after = f"{facts.given_name} {facts.family_name}"
    if facts.realm == EXTRANET and not (before.strip() and after.strip()):
        before, after = person.name, facts.name
    if not _same_name(before, after):
        return Doubt.NAME
    moved = bool(person.ruc and facts.ruc and person.ruc != facts.ruc)
    return Doubt.ENTITY if facts.realm == EXTRANET and moved else None


def doubted(person: Person, now: datetime) -> Person:
    """The person once nothing counts that was confirmed before that moment.

    Addresses stay, to be confirmed anew; a yes to notifications is asked for again, a no stays.
    What was typed in the form stays too, noted as of before (`people.former`).
    """
    consent_at = None if person.consent else person.consent_at
    typed = person.said.get("profile") == PERSON
    return replace(
        person,
        said={**person.said, TYPED_BEFORE: PERSON} if typed else person.said,
        doubted_at=now,
        updated_at=now,
        consent=False,
        consent_at=consent_at,
        addresses=tuple(unverified(one) for one in person.addresses),
    )


def unverified(address: Address) -> Address:
    """An address as if nobody had confirmed it."""
    return replace(address, verified_at=None, counts_from=None, confirmed_at=None)


def _same_name(before: str, after: str) -> bool:
    """Whether two names may be of one human: one holds every word of the other, in any order.

    Nothing told is nothing to doubt. Case, accents and commas do not count.
    """
    one, other = _words(before), _words(after)
    return not one or not other or one <= other or other <= one


def _words(name: str) -> set[str]:
    plain = unicodedata.normalize("NFD", name.casefold())
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return set(_WORD.findall(letters))


class Doubts:
    """Lets nothing count of a person that was confirmed before now."""

    def __init__(
        self,
        *,
        store: PersonStore,
        verifications: VerificationStore,
        browsers: BrowserStore,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._store = store
        self._verifications = verifications
        self._browsers = browsers
        self._audit = audit
        self._clock = clock

    def begin(self, person: Person, why: Doubt, *, actor: str | None = None) -> Person:
        """Write it, and forget their browsers; the person as they are then.

        person: locked by the unit of work under way, and as they are to be written.
        """
        after = doubted(person, self._clock.now())
        for address in after.addresses:
            self._store.put_address(person.id, address)
        pending = self._verifications.of_person(person.id)
        if pending is not None:
            self._verifications.drop(pending.id)
        known = self._browsers.of_person(person.id)
        for browser in known:
            self._browsers.drop(person.id, browser.id)
        self._store.update(after)
        self._audit.record(
            AuditEvent.CONTACT_DOUBTED,
            person_id=person.id,
            realm=person.realm,
            actor=actor,
            reason=why.value,
            addresses=sum(one.verified_at is not None for one in person.addresses),
            browsers=len(known),
        )
        return after
