"""Telling people before the day what would keep them out, and asking whether an address is theirs:
what was told and answered is remembered, and on record.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.kernel.ports import UnitOfWork
from idp.people.concerns import Answer, Concern, Kind, Told, is_due, missing, unsure
from idp.people.eligibility import contact_address
from idp.people.person import Person
from idp.people.ports import NudgeStore, PersonStore


class Nudges:
    """Decides and remembers. again, confirm: seconds until one that stays so is told once more,
    and until a person is asked whether their address is still theirs.

    Every method may raise Unavailable("sql").
    """

    def __init__(
        self,
        *,
        store: PersonStore,
        told: NudgeStore,
        uow: UnitOfWork,
        audit: Audit,
        clock: Clock,
        again: int,
        confirm: int,
    ) -> None:
        self._store = store
        self._told = told
        self._uow = uow
        self._audit = audit
        self._clock = clock
        self._again = timedelta(seconds=again)
        self._confirm = timedelta(seconds=confirm)

    def due(self, person: Person, *, tells: bool, asks: bool) -> Kind | None:
        """What this person is to be told now; for most people without a query.

        tells, asks: whether they may be told what is missing, and asked whether the address is
        still theirs.
        """
        now = self._clock.now()
        concern = missing(person, now) if tells else None
        if concern is None and asks:
            concern = unsure(person, now, self._confirm)
        if concern is None or not self._is_due(person.id, concern):
            return None
        return concern.kind

    def tell(
        self, person_id: str, kind: Kind, client_id: str | None = None
    ) -> tuple[Person, Concern] | None:
        """Of whom and what the page speaks that is shown now; None when it is so no longer.

        client_id: on the way to which component. A page that is loaded again tells nothing anew.
        """
        with self._uow.transaction():
            person = self._locked(person_id)
            concern = self._concern(person, kind)
            if concern is None:
                return None
            if self._is_due(person_id, concern):
                self._told.put(Told(person_id, kind, self._clock.now()))
                self._audit.record(
                    AuditEvent.NUDGE_TOLD,
                    person_id=person_id,
                    client_id=client_id,
                    realm=person.realm,
                    reason=kind,
                )
        return person, concern

    def answer(self, person_id: str, kind: Kind, answer: Answer, address_id: str = "") -> None:
        """Note what a person said. address_id: of the address that they were asked about: a yes is
        about that one, and counts while it is in force.
        """
        now = self._clock.now()
        with self._uow.transaction():
            person = self._locked(person_id)
            told = self._told.get(person_id, kind)
            if told is None or told.answer is answer:
                return  # it was somebody else who was told, or the button was pressed twice
            self._told.put(replace(told, answered_at=now, answer=answer))
            address = contact_address(person, now) if answer is Answer.YES else None
            if address is not None and address.id != address_id:
                address = None
            if address is not None:
                self._store.put_address(person_id, replace(address, confirmed_at=now))
            self._audit.record(
                AuditEvent.NUDGE_ANSWERED,
                person_id=person_id,
                realm=person.realm,
                reason=kind,
                answer=answer,
                address=address.id if address is not None else None,
            )

    def _concern(self, person: Person, kind: Kind) -> Concern | None:
        now = self._clock.now()
        if kind is Kind.STILL_YOURS:
            return unsure(person, now, self._confirm)
        found = missing(person, now)
        return found if found is not None and found.kind is kind else None

    def _is_due(self, person_id: str, concern: Concern) -> bool:
        told = self._told.get(person_id, concern.kind)
        return is_due(concern, told, self._clock.now(), self._again)

    def _locked(self, person_id: str) -> Person:
        person = self._store.get(person_id, lock=True)
        if person is None:
            raise IdpError("person_unknown", 404)
        return person
