"""Who may enter in contingency: pure, and the only place that says so.

The manual excludes new users, those without an (up-to-date) e-mail address, and those who did not
accept notifications.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from idp.people.person import Address, Person


class Eligibility(StrEnum):
    """Whether a link may be sent to a person, or why not."""

    ELIGIBLE = "eligible"
    NEW = "new"
    INACTIVE = "inactive"
    NO_ADDRESS = "no_address"
    UNVERIFIED = "unverified"
    NO_CONSENT = "no_consent"
    UNDELIVERABLE = "undeliverable"


def contact_address(person: Person, now: datetime) -> Address | None:
    """The address in force: of the verified ones that count already, the one that began last.

    A change that cools off does not count yet, so the address before it is still the answer.
    """
    in_force = [
        (address.counts_from, address)
        for address in person.addresses
        if address.verified_at is not None
        and address.counts_from is not None
        and address.counts_from <= now
    ]
    return max(in_force, key=lambda pair: pair[0])[1] if in_force else None


def shown_address(person: Person) -> Address | None:
    """The address that the person proved last, though it may cool off still; where none is proved,
    the one that was written down last. Unlike the one in force it never changes by itself.
    """
    proved = [one for one in person.addresses if one.verified_at and one.counts_from]
    if proved:
        return max(proved, key=lambda one: (one.counts_from, one.id))
    return person.addresses[-1] if person.addresses else None


def reached_still(person: Person) -> bool:
    """Whether a link that they were mailed before may still let them in: a system of VUCE's may
    have said meanwhile that they are no user of it, or that the mailbox is not theirs.
    """
    proved = any(one.verified_at and one.counts_from for one in person.addresses)
    return person.active and person.withdrawn_at is None and proved


def eligibility(person: Person | None, now: datetime) -> Eligibility:
    """Whether this person may get a link at that moment; a stranger (None) is new."""
    if person is None or (person.first_login_at is None and not person.imported_active):
        return Eligibility.NEW
    if not person.active or person.withdrawn_at is not None:
        return Eligibility.INACTIVE
    if not person.addresses:
        return Eligibility.NO_ADDRESS
    address = contact_address(person, now)
    if address is None:
        return Eligibility.UNVERIFIED
    if not person.consent:
        return Eligibility.NO_CONSENT
    if address.undeliverable_at is not None:
        return Eligibility.UNDELIVERABLE
    return Eligibility.ELIGIBLE
