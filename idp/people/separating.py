"""Taking a user away from who had it: SUNAT gave it to another human."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from idp.audit.events import AuditEvent
from idp.kernel.identity import Identifier
from idp.people.doubt import Doubt
from idp.people.joining_rules import named
from idp.people.operations import Operations, Order
from idp.people.person import Person
from idp.people.retired import Retirement


@dataclass(frozen=True)
class Separated:
    """before: who had the user. after: them without it; None where it was all they had, so that
    their `sub` names nobody any more.
    """

    before: Person
    after: Person | None


class Separating:
    """One operation."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def separate(self, identifier: Identifier, order: Order) -> Separated:
        """Whoever logs in with this identifier next is a new person, with a new `sub`.

        Who had it keeps their others, and confirms their address anew; who had no other is no
        more, for good. Raises IdpError: person_unknown (404), on_hold (409); Unavailable.
        """
        operations = self._operations
        with operations.unit(order):
            (person,) = operations.locked(identifier)
            identities = operations.stores.identities
            left = [one for one in identities.identifiers(person.id) if one != identifier]
            identities.release(identifier)
            operations.record(AuditEvent.PERSON_SEPARATED, person, order, left=str(len(left)))
            if left:
                return Separated(person, self._without(person, left, order))
            operations.retire(person, Retirement.SEPARATED, order)
        return Separated(person, None)

    def _without(self, person: Person, left: Sequence[Identifier], order: Order) -> Person:
        """Them without the identifier: whose the address is, nobody can tell."""
        own = named(person, [one.value for one in left])
        own = replace(own, updated_at=self._operations.clock.now())
        after = self._operations.doubts.begin(own, Doubt.SEPARATED, actor=order.actor)
        self._operations.tell_difference(person, after, order)
        return after
