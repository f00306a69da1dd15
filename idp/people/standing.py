"""Where a person stands before the day: `eligibility`, and whether waiting is all that is left.

Pure. `adapters.sql.standings` says the same in SQL for everybody at once; a test holds the two
together.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from idp.people.eligibility import Eligibility, contact_address, eligibility
from idp.people.person import Address, Person


class Standing(StrEnum):
    """The verdicts of `eligibility`, by their names, and one beside them.

    COOLING_OFF: no link could be sent now, yet an address is proved already that counts from a
    later moment: nobody has to do anything.
    """

    ELIGIBLE = Eligibility.ELIGIBLE.value
    NEW = Eligibility.NEW.value
    INACTIVE = Eligibility.INACTIVE.value
    NO_ADDRESS = Eligibility.NO_ADDRESS.value
    UNVERIFIED = Eligibility.UNVERIFIED.value
    COOLING_OFF = "cooling_off"
    NO_CONSENT = Eligibility.NO_CONSENT.value
    UNDELIVERABLE = Eligibility.UNDELIVERABLE.value


_HELD_UP = (Eligibility.UNVERIFIED, Eligibility.UNDELIVERABLE)


def standing(person: Person, now: datetime) -> Standing:
    """Whether this person could enter now, or the first reason why not."""
    verdict = eligibility(person, now)
    if verdict in _HELD_UP and any(_cools_off(one, now) for one in person.addresses):
        return Standing.COOLING_OFF
    return Standing(verdict.value)


def mailbox(person: Person, now: datetime) -> Address | None:
    """Where mail to this person would go: the address in force, else the newest one."""
    return contact_address(person, now) or (person.addresses[-1] if person.addresses else None)


def _cools_off(address: Address, now: datetime) -> bool:
    proved = address.verified_at is not None and address.undeliverable_at is None
    return proved and address.counts_from is not None and address.counts_from > now
