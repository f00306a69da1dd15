"""VUCE's own system in front of the people: what it may see, say, and take back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from idp.audit.log import Audit
from idp.kernel.clock import Clock
from idp.kernel.events import EventBus
from idp.kernel.identity import Identifier
from idp.kernel.ids import new_id
from idp.kernel.ports import UnitOfWork
from idp.kernel.random import Random
from idp.people.person import Person
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
from idp.people.provisioning_news import By, News, TellsOld


class KnownAlready(Exception):
    """Somebody has that identifier, and is not withdrawn."""


class ErasedBefore(Exception):
    """The person of that identifier had their data erased: a system does not bring them back."""


class Held(Exception):
    """An obligation keeps the person's data, and this would remove an address of theirs."""


class NobodyThere(Exception):
    """No person of that id, or one that was withdrawn."""


@dataclass(frozen=True)
class Wish:
    """How a person is to be, and what the system calls them."""

    wanted: Wanted
    external_id: str | None


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
        self._clock = clock
        self._random = random
        self._news = News(audit=audit, events=events, tell_old=tell_old)

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
            said={"active": by.voice.name},
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
                back = {**person.said, "active": by.voice.name}
                person = replace(person, withdrawn_at=None, said=back)
                found = self._provision(person, wish, by, now)
                # Whatever they became, they are there again.
                self._store.update(replace(found.person, updated_at=now))
            self._put(found)
            self._directory.put_external_id(found.person.id, by.client_id, wish.external_id)
            self._news.made(found, by, returned=not created)
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
            self._news.changed(found, by, renamed=renamed)
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
            self._news.withdrawn(listed.person, by)

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
        self._news.replaced(found, self._clock.now())
        for address in found.dropped:
            self._store.drop_address(address.id)
        if found.address is not None:
            self._store.put_address(found.person.id, found.address)


def _there(found: Listed | None) -> Listed:
    if found is None or found.person.withdrawn_at is not None:
        raise NobodyThere
    return found
