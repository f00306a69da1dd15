"""What an operator's hand in who is who has in common: one unit of work, and locks in one order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.kernel.events import EventBus, PersonChanged
from idp.kernel.identity import Identifier
from idp.kernel.ports import UnitOfWork
from idp.people.differences import differing
from idp.people.doubt import Doubts
from idp.people.identities import IdentityStore, MergeStore
from idp.people.person import Person
from idp.people.ports import BrowserStore, Holds, PersonStore, VerificationStore
from idp.people.retired import RetiredSubs, Retirement
from idp.people.traces import Traces


@dataclass(frozen=True)
class Order:
    """An operator's word. dry_run: everything is looked at, and nothing stays."""

    actor: str
    reason: str
    dry_run: bool = False


@dataclass(frozen=True)
class Stores:
    """What is read and written."""

    persons: PersonStore
    identities: IdentityStore
    merges: MergeStore
    retired: RetiredSubs
    holds: Holds
    verifications: VerificationStore
    browsers: BrowserStore
    traces: Traces


class Operations:
    """Finds, locks and retires persons."""

    def __init__(
        self, *, stores: Stores, uow: UnitOfWork, audit: Audit, clock: Clock, events: EventBus
    ) -> None:
        self.stores = stores
        self.audit = audit
        self.clock = clock
        self.doubts = Doubts(
            store=stores.persons,
            verifications=stores.verifications,
            browsers=stores.browsers,
            audit=audit,
            clock=clock,
        )
        self._uow = uow
        self._events = events

    @contextmanager
    def unit(self, order: Order) -> Iterator[None]:
        """A unit of work of which nothing stays in a dry run."""
        try:
            with self._uow.transaction():
                yield
                if order.dry_run:
                    raise _OnlyLooked
        except _OnlyLooked:
            pass

    def locked(self, *identifiers: Identifier) -> list[Person]:
        """The persons of identifiers, as they are once they are locked: until then somebody else
        may join them, or log in. Raises IdpError("person_unknown", 404).
        """
        found = self.stores.persons.find_many(identifiers, lock=True)
        if any(one not in found for one in identifiers):
            raise IdpError("person_unknown", 404, detail="nobody of that realm has this identifier")
        return [found[one] for one in identifiers]

    def retire(
        self, person: Person, why: Retirement, order: Order, *, kept_by: Person | None = None
    ) -> None:
        """Their `sub` names nobody any more, and they are gone with all that is only theirs.

        Raises IdpError("on_hold", 409) where an obligation keeps it.
        """
        if self.stores.holds.since(person.id) is not None:
            raise IdpError("on_hold", 409, detail="an obligation keeps this person's data")
        kept_id = kept_by.id if kept_by else None
        self.stores.retired.retire_sub(
            person.sub, person.id, why=why, at=self.clock.now(), kept_by=kept_id
        )
        self.stores.identities.remove(person.id)
        self.record(AuditEvent.PERSON_RETIRED, person, order, why=why.value, kept=kept_id)
        self.tell(person, "deleted", order)

    def tell(self, person: Person, kind: str, order: Order, *fields: str) -> None:
        """Let other systems know, as `PersonChanged` says it."""
        if not order.dry_run:
            self._events.publish(PersonChanged(person.id, kind, fields))

    def tell_difference(self, before: Person, after: Person, order: Order) -> None:
        """The same of what a person became."""
        if before.active != after.active:
            self.tell(after, "activated" if after.active else "deactivated", order)
        if fields := differing(before, after):
            self.tell(after, "changed", order, *fields)

    def record(
        self, event: AuditEvent, person: Person, order: Order, **details: str | None
    ) -> None:
        """Put it on record, with who ordered it and why."""
        self.audit.record(
            event,
            person_id=person.id,
            realm=person.realm,
            actor=order.actor,
            reason=order.reason,
            **details,
        )


class _OnlyLooked(Exception):
    """Ends a unit of work so that nothing of it stays."""
