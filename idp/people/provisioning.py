"""VUCE's own system in front of the people: what it may see, say, and take back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.audit.records import CLIENT
from idp.kernel.clock import Clock
from idp.kernel.events import EventBus, PersonChanged
from idp.kernel.identity import Identifier
from idp.kernel.ids import new_id
from idp.kernel.ports import UnitOfWork
from idp.kernel.random import Random
from idp.people.eligibility import contact_address
from idp.people.merging import Voice
from idp.people.person import Address, Person
from idp.people.ports import (
    Directory,
    ErasedPeople,
    Holds,
    Listed,
    Order,
    PersonStore,
    Place,
    Selection,
)
from idp.people.provisioned import Provisioned, Wanted, provision

_SOURCE = "scim"


class KnownAlready(Exception):
    """Somebody has that identifier, and is not withdrawn."""


class ErasedBefore(Exception):
    """The person of that identifier had their data erased: a system does not bring them back."""


class Held(Exception):
    """An obligation keeps the person's data, and this would remove an address of theirs."""


class NobodyThere(Exception):
    """No person of that id, or one that was withdrawn."""


@dataclass(frozen=True)
class By:
    """Which system speaks, and whose word gives way to it."""

    client_id: str
    voice: Voice

    @property
    def actor(self) -> str:
        """As the audit log names it."""
        return f"{CLIENT}{self.client_id}"


@dataclass(frozen=True)
class Wish:
    """How a person is to be, and what the system calls them."""

    wanted: Wanted
    external_id: str | None


class TellsOld(Protocol):
    """Tells the owners of addresses that these count no more."""

    def __call__(
        self, person: Person, address: Address | None, counted: tuple[Address, ...]
    ) -> None:
        """address: the one in their place, if any. Raises Unavailable, and then nothing is kept."""
        ...


class Provisioning:
    """Every change is one unit of work, with its audit row; each may raise Unavailable."""

    def __init__(
        self,
        *,
        store: PersonStore,
        directory: Directory,
        erased: ErasedPeople,
        holds: Holds,
        uow: UnitOfWork,
        audit: Audit,
        clock: Clock,
        random: Random,
        events: EventBus,
        tell_old: TellsOld,
    ) -> None:
        self._store = store
        self._directory = directory
        self._erased = erased
        self._holds = holds
        self._uow = uow
        self._audit = audit
        self._clock = clock
        self._random = random
        self._events = events
        self._tell_old = tell_old

    def get(self, person_id: str, client_id: str) -> Listed:
        """A person. Raises NobodyThere."""
        return _there(self._directory.get(person_id, client_id))

    def count(self, wanted: Selection, client_id: str) -> int:
        """How many of those there are."""
        return self._directory.count(wanted, client_id)

    def page(
        self,
        wanted: Selection,
        client_id: str,
        order: Order,
        *,
        limit: int,
        offset: int = 0,
        after: Place | None = None,
    ) -> list[Listed]:
        """At most so many of them, skipping so many, or those beyond a place."""
        return self._directory.page(
            wanted, client_id, order, limit=limit, offset=offset, after=after
        )

    def create(self, identifier: Identifier, usuario: str, wish: Wish, by: By) -> Listed:
        """A person nobody knew, or one that was withdrawn, who is there again with the same id and
        `sub`. Raises KnownAlready, ErasedBefore, Held.
        """
        now = self._clock.now()
        blank = Person(
            id=new_id(self._random, "per"),
            sub=self._random.token(18),
            realm=identifier.realm,
            identifier=identifier.value,
            usuario=usuario,
            name="",
            created_at=now,
            updated_at=now,
        )
        with self._uow.transaction():
            found = self._provision(blank, wish, by, now)
            person, created = self._store.get_or_create(found.person)
            if created and self._erased.among([identifier]):
                raise ErasedBefore
            if not created:
                if person.withdrawn_at is None:
                    raise KnownAlready
                now = self._clock.now()  # whoever had them locked may have changed them until now
                found = self._provision(replace(person, withdrawn_at=None), wish, by, now)
                # Whatever they became, they are there again.
                self._store.update(replace(found.person, updated_at=now))
            self._put(found)
            self._directory.put_external_id(found.person.id, by.client_id, wish.external_id)
            event = AuditEvent.PERSON_CREATED if created else AuditEvent.PERSON_RETURNED
            self._record(event, found, by)
            self._publish(found.person, "created", ("usuario", *found.fields), by)
        return self.get(found.person.id, by.client_id)

    def change(
        self,
        person_id: str,
        by: By,
        decide: Callable[[Listed], Wish],
        judge: Callable[[Provisioned], None],
    ) -> Listed:
        """Change a person, of whom nobody else changes anything meanwhile.

        decide: how they are to be. judge: looks at what that comes to. What either raises is
        raised, and nothing is changed. Raises NobodyThere, Held.
        """
        with self._uow.transaction():
            listed = _there(self._directory.get(person_id, by.client_id, lock=True))
            wish = decide(listed)
            now = self._clock.now()
            found = self._provision(listed.person, wish, by, now)
            judge(found)
            renamed = wish.external_id != listed.external_id
            if not found.fields and not renamed:
                return listed
            if renamed:
                self._directory.put_external_id(person_id, by.client_id, wish.external_id)
            self._store.update(replace(found.person, updated_at=now))
            self._put(found)
            self._record(
                AuditEvent.PERSON_UPDATED, found, by, *(("external_id",) if renamed else ())
            )
            self._tell_others(found, by)
        return self.get(person_id, by.client_id)

    def withdraw(self, person_id: str, by: By, check: Callable[[Listed], None]) -> None:
        """There is no such person for that system: no other sees them here, and contingency is
        closed. Who they are stays, so that their `sub` is nobody else's, and SUNAT may still vouch
        for them. Raises NobodyThere, and what `check` raises.
        """
        with self._uow.transaction():
            listed = _there(self._directory.get(person_id, by.client_id, lock=True))
            check(listed)
            now = self._clock.now()
            self._store.update(replace(listed.person, withdrawn_at=now, updated_at=now))
            self._audit.record(
                AuditEvent.PERSON_WITHDRAWN,
                person_id=person_id,
                realm=listed.person.realm,
                client_id=by.client_id,
                actor=by.actor,
                source=_SOURCE,
            )
            self._publish(listed.person, "deleted", (), by)

    def _provision(self, person: Person, wish: Wish, by: By, now: datetime) -> Provisioned:
        return provision(
            person,
            wish.wanted,
            by.voice,
            address_id=new_id(self._random, "adr"),
            now=now,
        )

    def _put(self, found: Provisioned) -> None:
        # The person is locked, as by whoever holds and releases.
        if found.dropped and self._holds.since(found.person.id) is not None:
            raise Held
        counted = _counted(found.person, found.dropped, self._clock.now())
        if counted:
            self._tell_old(found.person, found.address, counted)
        for address in found.dropped:
            self._store.drop_address(address.id)
        if found.address is not None:
            self._store.put_address(found.person.id, found.address)

    def _record(self, event: AuditEvent, found: Provisioned, by: By, *more: str) -> None:
        names = " ".join((*found.fields, *more)) or None
        self._audited(event, found, by, source=_SOURCE, fields=names)
        if "consent_at" in found.fields:
            given = found.person.consent
            consent = AuditEvent.CONSENT_GIVEN if given else AuditEvent.CONSENT_WITHDRAWN
            self._audited(consent, found, by, source=_SOURCE)
        for address in found.dropped:
            self._audited(
                AuditEvent.ADDRESS_REPLACED,
                found,
                by,
                address=found.address.id if found.address else None,
                previous=address.id,
                proved=str(address.verified_at is not None).lower(),
            )

    def _audited(
        self, event: AuditEvent, found: Provisioned, by: By, **details: str | None
    ) -> None:
        person = found.person
        self._audit.record(
            event,
            person_id=person.id,
            realm=person.realm,
            client_id=by.client_id,
            actor=by.actor,
            **details,
        )

    def _tell_others(self, found: Provisioned, by: By) -> None:
        fields = [one for one in found.fields if one != "active"]
        if len(fields) < len(found.fields):
            kind = "activated" if found.person.active else "deactivated"
            self._publish(found.person, kind, (), by)
        if fields:
            self._publish(found.person, "changed", tuple(fields), by)

    def _publish(self, person: Person, kind: str, fields: tuple[str, ...], by: By) -> None:
        self._events.publish(PersonChanged(person.id, kind, fields, by.client_id))


def _counted(before: Person, dropped: Iterable[Address], now: datetime) -> tuple[Address, ...]:
    """Of those, the address in force and what was to count after it: not what their owner replaced
    long ago, who was told then and may read another's mail by now.
    """
    current = contact_address(before, now)
    since = current.counts_from if current else None
    return tuple(
        one
        for one in dropped
        if one.verified_at is not None
        and one.counts_from is not None
        and one.undeliverable_at is None
        and (since is None or one.counts_from >= since)
    )


def _there(found: Listed | None) -> Listed:
    if found is None or found.person.withdrawn_at is not None:
        raise NobodyThere
    return found
