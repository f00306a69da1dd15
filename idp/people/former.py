"""What whoever had a user before left behind, and whoever has it now is not shown.

After a doubt (`people.doubt`) somebody else may log in. Nothing is removed for it: operators see
all of it, and so does its own person, once they confirm an address that was known before: the
mailbox is still theirs, and so they are who they were. What SUNAT says is always shown.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from idp.people.person import PERSON, Person

# In `Person.said`: what the form holds was typed before the doubt. It goes when they type anew.
TYPED_BEFORE = "profile_before_doubt"


def begun_anew(person: Person) -> datetime | None:
    """From when on things are shown to whoever logs in; None where it is everything.

    A doubt leaves no address confirmed (`doubt.doubted`): one that is, and was known before it, was
    confirmed since, by its owner or by a file that is trusted with it.
    """
    at = person.doubted_at
    if at is None or any(one.verified_at and one.created_at < at for one in person.addresses):
        return None
    return at


def typed_before(person: Person) -> bool:
    """Whether the form's fields are of somebody who may be another."""
    by_them = person.said.get("profile") == PERSON and TYPED_BEFORE in person.said
    return by_them and begun_anew(person) is not None


def as_shown(person: Person, asked_for: str | None = None) -> Person:
    """The person as whoever logs in may see them. asked_for: the address that they confirm now."""
    at = begun_anew(person)
    if at is None:
        return person
    addresses = tuple(
        one
        for one in person.addresses
        if one.verified_at or one.created_at >= at or one.id == asked_for
    )
    said = {name: value for name, value in person.said.items() if name != TYPED_BEFORE}
    if not typed_before(person):
        return replace(person, addresses=addresses, said=said)
    said.pop("profile")
    return replace(person, addresses=addresses, said=said, profile={})
