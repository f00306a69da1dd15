"""Joining two persons who are one human, and undoing that.

A usuario SOL that was renamed is a new identifier, and so a new person with a new `sub`, at the
next login. An operator joins both: the kept one's `sub` stays, the other's names nobody for good,
and every identifier of both leads to the kept one. What both were is kept, sealed, for as long as
it can be undone, the newest first. Sessions and tokens end by `oidc.identities`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from idp.audit.events import AuditEvent
from idp.kernel.errors import IdpError
from idp.kernel.identity import SOL, Identifier
from idp.kernel.ids import new_id
from idp.kernel.random import Random
from idp.people.identities import Merge
from idp.people.joining_rules import MOVED, Joined, Parted, join, part
from idp.people.operations import Operations, Order
from idp.people.person import Person
from idp.people.retired import Retirement
from idp.people.snapshots import Snapshot

DAY = 86_400


@dataclass(frozen=True)
class Merged:
    """kept, absorbed: before. after: the kept one. contact: whose addresses they have now, as in
    `joining_rules.Joined`. identifiers: all that lead to them. undo_until: for so long.
    """

    kept: Person
    absorbed: Person
    after: Person
    contact: str
    identifiers: tuple[Identifier, ...]
    undo_until: datetime


@dataclass(frozen=True)
class Unmerged:
    """kept, restored: as they are now. contact_restored: False where both confirm theirs anew."""

    kept: Person
    restored: Person
    contact_restored: bool


@dataclass(frozen=True)
class Held:
    """What leads to a person, and what was joined into them and can still be undone, the newest
    first: the identifier to undo it by, since when, until when.
    """

    identifiers: tuple[Identifier, ...]
    merges: tuple[tuple[Identifier, datetime, datetime], ...]


class TellsOwners(Protocol):
    """Tells the owners of addresses that two users are one person."""

    def __call__(self, kept: Person, absorbed: Person) -> None:
        """Both as they were before. Raises Unavailable, and then nothing is kept."""
        ...


class Joining:
    """The two operations, each a unit of work. undo_for: seconds."""

    def __init__(
        self,
        operations: Operations,
        *,
        random: Random,
        tell_owners: TellsOwners,
        undo_for: int = 90 * DAY,
    ) -> None:
        self._tell_owners = tell_owners
        self._operations = operations
        self._stores = operations.stores
        self._clock = operations.clock
        self._random = random
        self._undo_for = timedelta(seconds=undo_for)

    def merge(
        self, kept: Identifier, absorbed: Identifier, order: Order, *, keep_younger: bool = False
    ) -> Merged:
        """Join two persons: whoever logs in with an identifier of either is the kept one.

        Raises IdpError: person_unknown (404); same_person, other_realm, other_ruc, kept_is_younger
        (components know the older `sub` longest; unless keep_younger) (409); Unavailable.
        """
        with self._operations.unit(order):
            first, second = self._operations.locked(kept, absorbed)
            _check(first, second, keep_younger=keep_younger)
            now = self._clock.now()
            joined = join(first, second, now)
            self._write(first, second, joined, now)
            self._operations.retire(second, Retirement.MERGED, order, kept_by=first)
            self._operations.record(
                AuditEvent.PERSON_MERGED,
                first,
                order,
                absorbed=second.id,
                contact=joined.contact,
            )
            self._operations.tell_difference(first, joined.person, order)
            everything = self._stores.identities.identifiers(first.id)
            if not order.dry_run:
                self._tell_owners(first, second)
        until = now + self._undo_for
        return Merged(first, second, joined.person, joined.contact, everything, until)

    def unmerge(self, absorbed: Identifier, order: Order) -> Unmerged:
        """Bring the person back who had this identifier when they were absorbed.

        Raises IdpError: person_unknown, nothing_to_undo (404), undo_expired (410),
        undo_newer_first, identifiers_gone (409); Unavailable.
        """
        with self._operations.unit(order):
            (holder,) = self._operations.locked(absorbed)
            merge = self._newest(holder, absorbed)
            theirs = self._stores.identities.identifiers(holder.id)
            back = [one for one in theirs if one.value in merge.before.identifiers]
            left = [one for one in theirs if one not in back]
            if not left:
                raise IdpError("identifiers_gone", 409, detail="the kept person would have no user")
            now = self._clock.now()
            parted = part(holder, merge.before, _values(back), _values(left), now)
            self._write_back(holder, merge, parted, back)
            contact = "restored" if parted.restored else "doubted"
            self._operations.record(
                AuditEvent.PERSON_UNMERGED,
                parted.kept,
                order,
                restored=parted.absorbed.id,
                contact=contact,
            )
            self._operations.record(
                AuditEvent.PERSON_RESTORED, parted.absorbed, order, kept=parted.kept.id
            )
            self._operations.tell(parted.absorbed, "created", order, "usuario")
            self._operations.tell_difference(holder, parted.kept, order)
        return Unmerged(parted.kept, parted.absorbed, parted.restored)

    def held(self, person_id: str) -> Held:
        """For an operator's look at a person. Raises Unavailable."""
        theirs = self._stores.identities.identifiers(person_id)
        found = []
        for one in self._stores.merges.of(person_id):
            # A user that was taken away since brings nobody back.
            named = [user for user in theirs if user.value in one.before.identifiers]
            if named:
                own = one.before.absorbed.key
                found.append((own if own in named else named[0], one.at, one.expires_at))
        return Held(theirs, tuple(found))

    def purge(self, now: datetime) -> int:
        """Remove what can no longer be undone; how many."""
        return self._stores.merges.purge(now)

    def _write(self, kept: Person, absorbed: Person, joined: Joined, now: datetime) -> None:
        stores = self._stores
        identifiers = stores.identities.identifiers(absorbed.id)
        stores.identities.give(identifiers, kept.id)
        if joined.contact == MOVED:
            for address in kept.addresses:
                stores.persons.drop_address(address.id)
            for address in joined.person.addresses:
                stores.persons.put_address(kept.id, address)
        before = Snapshot(
            kept=kept,
            absorbed=absorbed,
            after=joined.person,
            identifiers=_values(identifiers),
            browsers=tuple(stores.browsers.of_person(absorbed.id)),
            merges=stores.merges.hand_over(absorbed.id, kept.id),
            retired=stores.retired.hand_over(absorbed.id, kept.id),
            kept_trace=stores.traces.of(kept.id),
            absorbed_trace=stores.traces.of(absorbed.id),
        )
        stores.traces.add(kept.id, before.absorbed_trace)
        merge = Merge(
            id=new_id(self._random, "mrg"),
            kept_id=kept.id,
            into_id=kept.id,
            absorbed_id=absorbed.id,
            at=now,
            expires_at=now + self._undo_for,
            before=before,
        )
        stores.merges.put(merge)
        stores.persons.update(joined.person)

    def _newest(self, holder: Person, absorbed: Identifier) -> Merge:
        """The merge to undo, if it is the newest of its person and can still be undone."""
        found = self._stores.merges.of(holder.id)
        meant = [one for one in found if one.before.absorbed.key == absorbed]
        meant = meant or [one for one in found if absorbed.value in one.before.identifiers]
        if not meant:
            raise IdpError("nothing_to_undo", 404, detail="nothing was joined by it, or long ago")
        if meant[0].expires_at <= self._clock.now():
            raise IdpError("undo_expired", 410, detail="it was joined too long ago")
        if meant[0] is not found[0]:
            raise IdpError("undo_newer_first", 409, detail="undo what was joined later before it")
        return meant[0]

    def _write_back(
        self, holder: Person, merge: Merge, parted: Parted, back: Sequence[Identifier]
    ) -> None:
        stores, before = self._stores, merge.before
        restored, kept = parted.absorbed, parted.kept
        stores.identities.add(restored)
        stores.retired.restore_sub(restored.sub)
        stores.identities.give(back, restored.id)
        self._addresses_back(holder, parted)
        self._browsers_back(merge)
        stores.traces.take_back(holder.id, before.absorbed_trace, before.kept_trace)
        stores.traces.add(restored.id, before.absorbed_trace)
        stores.merges.drop(merge.id)
        stores.merges.hand_over(holder.id, restored.id, only=before.merges)
        stores.retired.hand_over(holder.id, restored.id, only=before.retired)
        stores.persons.update(kept)

    def _addresses_back(self, holder: Person, parted: Parted) -> None:
        stores = self._stores
        pending = stores.verifications.of_person(holder.id)
        if pending is not None:
            stores.verifications.drop(pending.id)
        staying = {one.id for one in (*parted.kept.addresses, *parted.absorbed.addresses)}
        for address in holder.addresses:
            if address.id not in staying:
                stores.persons.drop_address(address.id)
        for person in (parted.kept, parted.absorbed):
            for address in person.addresses:
                stores.persons.put_address(person.id, address)

    def _browsers_back(self, merge: Merge) -> None:
        """Those that became known in between may be the other's."""
        browsers, now = self._stores.browsers, self._clock.now()
        for browser in browsers.of_person(merge.kept_id):
            if browser.created_at >= merge.at:
                browsers.drop(merge.kept_id, browser.id)
        for browser in merge.before.browsers:
            if now < browser.expires_at:
                browsers.put(browser)


def _check(kept: Person, absorbed: Person, *, keep_younger: bool) -> None:
    """Whether two persons may be one at all."""
    if kept.id == absorbed.id:
        raise IdpError("same_person", 409, detail="both lead to one person already")
    if kept.realm != absorbed.realm:
        raise IdpError("other_realm", 409, detail="a person of each realm stays two persons")
    if kept.realm == SOL and _taxpayer(kept) != _taxpayer(absorbed):
        raise IdpError("other_ruc", 409, detail="users of two taxpayers are never one person")
    if absorbed.created_at < kept.created_at and not keep_younger:
        raise IdpError(
            "kept_is_younger",
            409,
            detail="components know the other `sub` longer: name that one first",
        )


def _taxpayer(person: Person) -> str:
    return person.identifier.partition(":")[0]


def _values(identifiers: Sequence[Identifier]) -> tuple[str, ...]:
    return tuple(one.value for one in identifiers)
