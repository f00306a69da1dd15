"""What a person is to be told before the day: pure, and the only place that says so.

Whoever could not use the contingency, and can mend that, is told what is missing; everybody else is
asked once in a while whether their address is still theirs. Each is told once for each time that it
came about, and once more after a while if it stays so: more often would teach people to press past
it, never again would leave it as it is for good.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from idp.people.eligibility import Eligibility, contact_address, eligibility
from idp.people.person import Address, Person


class Kind(StrEnum):
    """What may be told; but for the last, why no link could be sent (as Eligibility names it)."""

    NO_ADDRESS = "no_address"
    UNVERIFIED = "unverified"
    NO_CONSENT = "no_consent"
    UNDELIVERABLE = "undeliverable"
    STILL_YOURS = "still_yours"


class Answer(StrEnum):
    """What a person may answer: to a telling `fix` or `later`; to the question the other ones."""

    FIX = "fix"
    LATER = "later"
    YES = "yes"
    NO = "no"


@dataclass(frozen=True)
class Concern:
    """What is to be told. since: when it came about. address: which it is about, where one is."""

    kind: Kind
    since: datetime
    address: Address | None = None


@dataclass(frozen=True)
class Told:
    """That a person was told of this kind, the last time. answer: what they said then, if any."""

    person_id: str
    kind: Kind
    told_at: datetime
    answered_at: datetime | None = None
    answer: Answer | None = None


def missing(person: Person, now: datetime) -> Concern | None:
    """What keeps this person out of the contingency and is theirs to mend; None: nothing is.

    An address that cools off needs nothing but time.
    """
    found = eligibility(person, now)
    if _cooling(person, now) and found in (Eligibility.UNVERIFIED, Eligibility.UNDELIVERABLE):
        found = Eligibility.ELIGIBLE if person.consent else Eligibility.NO_CONSENT
    address = contact_address(person, now)
    match found:
        case Eligibility.NO_ADDRESS:
            return Concern(Kind.NO_ADDRESS, person.created_at)
        case Eligibility.UNVERIFIED:
            newest = person.addresses[-1]
            return Concern(Kind.UNVERIFIED, _since(person, newest.created_at), newest)
        case Eligibility.NO_CONSENT:
            since = person.consent_at or _since(person, person.created_at)
            return Concern(Kind.NO_CONSENT, since, address)
        case Eligibility.UNDELIVERABLE if address is not None:
            return Concern(Kind.UNDELIVERABLE, address.undeliverable_at or now, address)
    return None


def unsure(person: Person, now: datetime, after: timedelta) -> Concern | None:
    """Whether it is time to ask if the address in force is still theirs.

    after: since they last showed it, by its code or by a yes. Nobody is asked who is changing it.
    """
    address = contact_address(person, now)
    if address is None or address.verified_at is None:
        return None
    if eligibility(person, now) is not Eligibility.ELIGIBLE:
        return None
    if _cooling(person, now):
        return None
    due = max(address.verified_at, address.confirmed_at or address.verified_at) + after
    return Concern(Kind.STILL_YOURS, due, address) if due <= now else None


def is_due(concern: Concern, told: Told | None, now: datetime, again: timedelta) -> bool:
    """Whether it is to be told now. told: the last telling of its kind. again: after so long."""
    return told is None or told.told_at < concern.since or told.told_at + again <= now


def _since(person: Person, begun: datetime) -> datetime:
    """Since when it is so: what counted before may count no more (`people.doubt`)."""
    return max(begun, person.doubted_at or begun)


def _cooling(person: Person, now: datetime) -> bool:
    """Whether an address of theirs counts soon, and takes mail as far as anybody knows."""
    return any(
        one.counts_from is not None and one.counts_from > now and one.undeliverable_at is None
        for one in person.addresses
    )
