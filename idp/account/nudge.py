"""What a person is told, or asked, on the way from SUNAT to a component."""

from __future__ import annotations

from dataclasses import dataclass

from idp.login.session import Session
from idp.people.concerns import Answer, Kind
from idp.people.former import as_shown
from idp.people.masking import mask_mailbox
from idp.people.nudges import Nudges
from idp.people.service import People

# By kind: what may be answered. Whatever else a form says means: later.
_ANSWERS = {
    kind: frozenset({Answer.YES, Answer.NO} if kind is Kind.STILL_YOURS else {Answer.FIX})
    for kind in Kind
}


@dataclass(frozen=True)
class Shown:
    """What the page says. email: masked, of the address that it is about, if any; address_id: its
    id. code_sent_to: the address, masked, whose code would mend it and can still be typed.
    """

    kind: Kind
    email: str | None
    address_id: str
    code_sent_to: str | None


class NudgeDesk:
    """Between the page and what is known of the person. Every method may raise Unavailable."""

    def __init__(self, *, nudges: Nudges, people: People) -> None:
        self._nudges = nudges
        self._people = people

    def shown(self, session: Session, nudge: str, client_id: str | None) -> Shown | None:
        """What the session's person is told now, noted as told; None when it is so no longer.

        nudge: as the login carries it. client_id: of the component that they are on the way to.
        """
        if nudge not in list(Kind):
            return None  # of another version of this program
        found = self._nudges.tell(session.person_id, Kind(nudge), client_id)
        if found is None:
            return None
        person, concern = found
        by_code = concern.kind in (Kind.UNVERIFIED, Kind.UNDELIVERABLE)
        pending = self._people.pending_verification(person.id) if by_code else None
        seen = as_shown(person, pending.address.id if pending else None).addresses
        if concern.address is not None and concern.address not in seen:
            # Whoever had the user before named it: whoever has it now has named none.
            return Shown(Kind.NO_ADDRESS, None, "", None)
        return Shown(
            kind=concern.kind,
            email=mask_mailbox(concern.address.email) if concern.address else None,
            address_id=concern.address.id if concern.address else "",
            code_sent_to=mask_mailbox(pending.address.email) if pending else None,
        )

    def answer(self, session: Session, nudge: str, said: str, address_id: str) -> None:
        """Note what they answered; nothing to a nudge of another version of this program."""
        if nudge not in list(Kind):
            return
        self._nudges.answer(session.person_id, Kind(nudge), answer_of(nudge, said), address_id)


def answer_of(nudge: str, said: str) -> Answer:
    """What a form's answer means for this nudge."""
    found = Answer(said) if said in list(Answer) else Answer.LATER
    if nudge not in list(Kind):
        return Answer.LATER
    return found if found in _ANSWERS[Kind(nudge)] else Answer.LATER


def leads_to_account(answer: Answer) -> bool:
    """Whether the person wants to mend it, before they go on."""
    return answer in (Answer.FIX, Answer.NO)
