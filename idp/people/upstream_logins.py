"""What a login at an upstream makes known of a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.kernel.clock import Clock
from idp.kernel.events import EventBus, PersonChanged, PersonDoubted
from idp.kernel.ids import new_id, storable
from idp.kernel.ports import UnitOfWork
from idp.kernel.random import Random
from idp.people.differences import SEEN, differing
from idp.people.doubt import Doubt, Doubts, doubt
from idp.people.person import UPSTREAM, Person, UpstreamFacts
from idp.people.ports import ErasedPeople, PersonStore

_TOLD = (
    *("usuario", "ruc", "tipo_usuario"),
    *("name", "given_name", "family_name", "extras"),
)


class UpstreamLogins:
    """Makes people known, and keeps in step what the upstream says of them."""

    def __init__(
        self,
        *,
        store: PersonStore,
        erased: ErasedPeople,
        doubts: Doubts,
        uow: UnitOfWork,
        events: EventBus,
        audit: Audit,
        clock: Clock,
        random: Random,
    ) -> None:
        self._store = store
        self._erased = erased
        self._doubts = doubts
        self._uow = uow
        self._events = events
        self._audit = audit
        self._clock = clock
        self._random = random

    def record(self, facts: UpstreamFacts) -> Person:
        """The person who was proved just now; see `People.record_upstream_login`."""
        now = self._clock.now()
        with self._uow.transaction():
            person, created = self._store.get_or_create(self._new(facts, now))
            why = None if created else doubt(person, facts)
            if created:
                # Who was erased and comes back of their own will is known again.
                self._erased.lift([facts.identifier])
                self._audit.record(
                    AuditEvent.PERSON_CREATED,
                    person_id=person.id,
                    realm=person.realm,
                    source="upstream",
                )
                told = tuple(one for one in SEEN if getattr(person, one))
                self._events.publish(PersonChanged(person.id, "created", told))
            else:
                person = self._update(person, facts, why, now)
        return person

    def _new(self, facts: UpstreamFacts, now: datetime) -> Person:
        return Person(
            id=new_id(self._random, "per"),
            sub=self._random.token(18),
            realm=facts.identifier.realm,
            identifier=facts.identifier.value,
            created_at=now,
            updated_at=now,
            first_login_at=now,
            last_login_at=now,
            said={"name": UPSTREAM} if facts.name else {},
            **{name: getattr(facts, name) for name in _TOLD},
        )

    def _update(
        self, person: Person, facts: UpstreamFacts, why: Doubt | None, now: datetime
    ) -> Person:
        told: dict[str, Any] = {name: getattr(facts, name) for name in _TOLD}
        # Of several that lead to this person, the one in use is the one to speak of.
        told["identifier"] = facts.identifier.value
        changes = {
            field: value
            for field, value in told.items()
            if value and storable(value) != getattr(person, field)
        }
        said = {**person.said, "name": UPSTREAM} if facts.name else dict(person.said)
        if facts.ruc and "ruc" in said:
            said["ruc"] = UPSTREAM
        changed = replace(
            person,
            said=said,
            **changes,
            first_login_at=person.first_login_at or now,
            last_login_at=now,
            updated_at=now if changes else person.updated_at,
        )
        if why is not None:
            changed = self._doubts.begin(changed, why)
        else:
            self._store.update(changed)
        if changes:
            self._audit.record(
                AuditEvent.PERSON_UPDATED,
                person_id=person.id,
                realm=person.realm,
                source="upstream",
                fields=" ".join(sorted(changes)),
            )
        if fields := differing(person, changed):
            self._events.publish(PersonChanged(person.id, "changed", fields))
        if why is not None:
            # Within the unit of work: what must end by it ends, or the next login doubts again.
            self._events.publish(PersonDoubted(person.id))
        return changed
