"""What becomes of two persons who are joined, and of both when that is undone: pure.

Joining never opens more than the operator vouches for: whose address is in force keeps it, a no to
notifications is never turned into a yes. Undoing trusts nothing that happened in between, since it
may have been either of the two.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from idp.kernel.identity import SOL
from idp.people.doubt import doubted
from idp.people.eligibility import contact_address
from idp.people.person import Address, Person
from idp.people.snapshots import Snapshot

KEPT, MOVED, NONE = "kept", "moved", "none"
# What the last login at the upstream says, all of it or nothing.
_TOLD = (
    *("identifier", "usuario", "ruc", "tipo_usuario"),
    *("name", "given_name", "family_name", "extras"),
)
# What VUCE's own system says of the user in use.
_COUNTED = ("active", "withdrawn_at")
_OWN = ("standard", "profile")


@dataclass(frozen=True)
class Joined:
    """person: the kept one, as they become. contact: whose addresses they have now: their own
    (KEPT), the absorbed one's (MOVED), or neither had any (NONE).
    """

    person: Person
    contact: str


@dataclass(frozen=True)
class Parted:
    """Both as they become. restored: whether their contact is as it was before; if not, it changed
    in between, and both have to confirm theirs anew.
    """

    kept: Person
    absorbed: Person
    restored: bool


def join(kept: Person, absorbed: Person, now: datetime) -> Joined:
    """The kept person once the absorbed one's identifiers lead to them."""
    changes: dict[str, Any] = {}
    said = dict(kept.said)
    if _was_here_later(absorbed, kept):
        changes.update({name: getattr(absorbed, name) for name in (*_TOLD, *_COUNTED)})
        _take_said(said, absorbed, "name", "ruc", "active")
    for name in _OWN:
        # What somebody left empty on the form is their word as well.
        if not getattr(kept, name) and kept.said.get(name) != "person":
            changes[name] = getattr(absorbed, name)
            _take_said(said, absorbed, name)
    sayer = absorbed if _consent_of_absorbed(kept, absorbed) else kept
    _take_said(said, sayer, "consent")
    contact, addresses = _contact(kept, absorbed)
    if contact == MOVED:
        _take_said(said, absorbed, "email")
    person = replace(
        kept,
        **changes,
        said=said,
        updated_at=now,
        first_login_at=_least(kept.first_login_at, absorbed.first_login_at),
        last_login_at=_most(kept.last_login_at, absorbed.last_login_at),
        imported_active=kept.imported_active or absorbed.imported_active,
        consent=sayer.consent,
        consent_at=sayer.consent_at,
        doubted_at=_most(kept.doubted_at, absorbed.doubted_at),
        addresses=addresses,
    )
    return Joined(person, contact)


def part(
    now_kept: Person, before: Snapshot, back: Sequence[str], left: Sequence[str], now: datetime
) -> Parted:
    """Both persons once it is undone.

    now_kept: the kept one as they stand. back: the identifiers that return to the absorbed one;
    left: those that stay with the kept one; neither is empty.
    """
    after, kept, absorbed = before.after, before.kept, before.absorbed
    changes: dict[str, Any] = {}
    said = dict(now_kept.said)
    if now_kept.identifier in back:
        changes.update({name: getattr(kept, name) for name in _TOLD})
        _take_said(said, kept, "name", "ruc")
    for name in ("first_login_at", "last_login_at", "imported_active", *_COUNTED, *_OWN):
        if getattr(now_kept, name) == getattr(after, name):
            changes[name] = getattr(kept, name)
    for name in (*_OWN, "active"):
        if name in changes:
            _take_said(said, kept, name)
    changes["consent"], changes["consent_at"] = _consent_after(now_kept, before)
    if changes["consent_at"] == kept.consent_at:
        _take_said(said, kept, "consent")
    person = named(replace(now_kept, **changes, said=said, updated_at=now), left)
    absorbed = named(replace(absorbed, updated_at=now), back)
    moved = {one.id for one in absorbed.addresses}
    if _contact_changed(after, now_kept, now):
        own = tuple(one for one in now_kept.addresses if one.id not in moved)
        return Parted(
            doubted(replace(person, addresses=own), now), doubted(absorbed, now), restored=False
        )
    marks = {one.id: one.undeliverable_at for one in now_kept.addresses}
    _take_said(said, kept, "email")
    return Parted(
        # Links that were asked for until now may be in the other's mailbox.
        replace(person, said=said, addresses=_marked(kept.addresses, marks), doubted_at=now),
        replace(absorbed, addresses=_marked(absorbed.addresses, marks)),
        restored=True,
    )


def named(person: Person, identifiers: Collection[str]) -> Person:
    """The person, whose present identifier is one of these: their own, if it is among them."""
    if person.identifier in identifiers:
        return person
    value = min(identifiers)
    usuario = value.partition(":")[2] if person.realm == SOL else value
    return replace(person, identifier=value, usuario=usuario)


def _was_here_later(absorbed: Person, kept: Person) -> bool:
    """Whether the absorbed one's login at the upstream is the newest word on who they are."""
    if absorbed.first_login_at is None or absorbed.last_login_at is None:
        return False
    if kept.first_login_at is None or kept.last_login_at is None:
        return True
    return absorbed.last_login_at > kept.last_login_at


def _consent_of_absorbed(kept: Person, absorbed: Person) -> bool:
    """Whose answer counts: the kept one's, unless they gave none, or the other's is a later no."""
    if kept.consent_at is None:
        return True
    later = absorbed.consent_at is not None and absorbed.consent_at > kept.consent_at
    return later and not absorbed.consent


def _consent_after(now_kept: Person, before: Snapshot) -> tuple[bool, datetime | None]:
    """A yes that was given in between may be the other's: it is asked for again."""
    answer = (now_kept.consent, now_kept.consent_at)
    if answer == (before.after.consent, before.after.consent_at):
        return before.kept.consent, before.kept.consent_at
    return False, None if now_kept.consent else now_kept.consent_at


def _contact(kept: Person, absorbed: Person) -> tuple[str, tuple[Address, ...]]:
    """One side's addresses whole, with their state: the kept one's, unless only the other's were
    ever confirmed, or there are no others.
    """
    if not absorbed.addresses or _confirmed(kept):
        return (KEPT if kept.addresses else NONE), kept.addresses
    if not kept.addresses or _confirmed(absorbed):
        return MOVED, absorbed.addresses
    return KEPT, kept.addresses


def _confirmed(person: Person) -> bool:
    return any(one.verified_at is not None for one in person.addresses)


def _contact_changed(after: Person, now_kept: Person, now: datetime) -> bool:
    """Whether somebody changed or confirmed an address since they were joined."""
    known = {_state(one) for one in after.addresses}
    if after.doubted_at != now_kept.doubted_at:
        return True
    if any(_state(one) not in known for one in now_kept.addresses):
        return True
    # What a newer one replaced is purged in time; the one in force never is.
    current = contact_address(after, now)
    return current is not None and _state(current) not in {
        _state(one) for one in now_kept.addresses
    }


def _state(address: Address) -> tuple[object, ...]:
    return address.id, address.verified_at, address.counts_from


def _marked(
    addresses: tuple[Address, ...], marks: dict[str, datetime | None]
) -> tuple[Address, ...]:
    return tuple(
        replace(one, undeliverable_at=marks.get(one.id, one.undeliverable_at)) for one in addresses
    )


def _take_said(said: dict[str, str], person: Person, *names: str) -> None:
    for name in names:
        said.pop(name, None)
        if name in person.said:
            said[name] = person.said[name]


def _least(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((at for at in (one, other) if at is not None), default=None)


def _most(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((at for at in (one, other) if at is not None), default=None)
