"""Erasing a person: everything that is kept of them goes, and the audit log stays as it is.

The log holds a person's opaque id alone. What led from that id to somebody is what is erased here,
so no row of the log changes, whatever seals it. Of the identifiers keyed hashes stay, without the
id: an import that names one of them brings nobody back.

Who logs in again afterwards is somebody new, with another id and another `sub`: had the old one
been kept for them, it would still have said who that was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError, Unavailable
from idp.kernel.ports import UnitOfWork
from idp.people.person import Person
from idp.privacy.held import Held
from idp.privacy.ports import ErasedIdentifiers, Holds, PersonRemover
from idp.privacy.unused import erase


@dataclass(frozen=True)
class Part:
    """How much of one thing there is. stays: it is not removed."""

    name: str
    entries: int
    stays: bool


@dataclass(frozen=True)
class Erased:
    """What was done. rows: of SQL. ended: sessions, tokens and links. scrubbed: nothing of the rows
    is left in a file of ours (but for copies of it).
    """

    rows: int
    ended: int
    scrubbed: bool


class Erasing:
    """Erases, and holds back from erasing. retire: keeps the `sub` of an id from being
    given again, and tells who wants to know.
    """

    def __init__(
        self,
        *,
        people: PersonRemover,
        erased: ErasedIdentifiers,
        holds: Holds,
        held: Sequence[Held],
        retire: Callable[[str, str], None],
        scrub: Callable[[], bool],
        uow: UnitOfWork,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._people = people
        self._erased = erased
        self._holds = holds
        self._held = tuple(held)
        self._retire = retire
        self._scrub = scrub
        self._uow = uow
        self._audit = audit
        self._clock = clock

    def plan(self, person: Person) -> list[Part]:
        """What there is of a person, and what of it stays. Raises Unavailable."""
        return [Part(one.name, _count(one, person), one.stays) for one in self._held]

    def erase(self, person: Person, *, actor: str, reason: str) -> Erased:
        """Erase a person, now and for good. Safe to repeat after Unavailable.

        Raises IdpError: on_hold (409), person_unknown (404).
        """
        if self.held_since(person.id) is not None:
            raise IdpError("on_hold", 409, detail="an obligation keeps this person's data")
        ended, rows = self._end(person), self._rows(person)
        with self._uow.transaction():
            sub = self._people.lock(person.id)
            if sub is None:
                raise IdpError("person_unknown", 404)
            if self._holds.since(person.id) is not None:
                raise IdpError("on_hold", 409, detail="an obligation keeps this person's data")
            self._retire(person.id, sub)
            self._erased.add_of([person.id], self._clock.now())
            erase(self._held, [person.id])
            self._audit.record(
                AuditEvent.PERSON_ERASED,
                person_id=person.id,
                realm=person.realm,
                actor=actor,
                reason=reason,
                rows=rows,
            )
        scrubbed = False
        # It is done, whatever does not answer any more.
        with suppress(Unavailable):
            # Again: a login that was under way may have ended in between.
            ended += self._end(person)
            scrubbed = self._scrub()
        return Erased(rows, ended, scrubbed)

    def held_since(self, person_id: str) -> datetime | None:
        """Since when an obligation keeps a person's data, or None."""
        return self._holds.since(person_id)

    def hold(self, person_id: str, *, actor: str, reason: str) -> bool:
        """Keep a person's data, whoever asks; False when it was so already."""
        with self._uow.transaction():
            if self._people.lock(person_id) is None:
                raise IdpError("person_unknown", 404)
            put = self._holds.put(person_id, self._clock.now())
            self._audit.record(
                AuditEvent.PERSON_HELD, person_id=person_id, actor=actor, reason=reason
            )
        return put

    def release(self, person_id: str, *, actor: str, reason: str) -> bool:
        """Nothing keeps it any more; False when nothing did."""
        with self._uow.transaction():
            dropped = self._holds.drop(person_id)
            if dropped:
                self._audit.record(
                    AuditEvent.PERSON_RELEASED, person_id=person_id, actor=actor, reason=reason
                )
        return dropped

    def _rows(self, person: Person) -> int:
        return sum(_count(one, person) for one in self._held if one.tables and not one.stays)

    def _end(self, person: Person) -> int:
        return sum(one.end(person) for one in self._held if one.end is not None)


def _count(one: Held, person: Person) -> int:
    """How many things there are; none of what is damaged: it goes all the same."""
    try:
        return sum(1 for _ in one.export(person))
    except Unavailable as error:
        if error.dependency != "data_keys":
            raise
        return 0
