"""Checking who calls: the desk asks, types what it hears, and learns whether it is so, no more.

What is kept is never shown, tries are few and on record, and every answer is of the same form
whoever is meant. It proves nobody: it tells the desk whether it may speak of somebody at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from idp.admin.lookup import Case, Lookups
from idp.admin.sessions import Visit
from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.kernel.ids import same
from idp.kernel.texts import Text
from idp.kernel.times import LIMA
from idp.limits.service import Limits
from idp.people.person import Person
from idp.people.profile import own_document
from idp.people.standing import mailbox

# So many right answers to different questions, and none wrong, before anything is spoken of.
ENOUGH = 2


class Question(StrEnum):
    """What may be asked; each is compared with one thing that is kept."""

    EMAIL = "email"
    MOBILE = "mobile"
    DOCUMENT = "document"
    LAST_LOGIN = "last_login"


@dataclass(frozen=True)
class Script:
    """say: the words to say. field: what to type. kind: of the input."""

    say: Text
    field: Text
    kind: str = "text"


SCRIPTS: dict[Question, Script] = {
    Question.EMAIL: Script(
        Text("«Dígame el correo completo que registró en Modificación de Datos.»"),
        Text("El correo que dijo"),
        "email",
    ),
    Question.MOBILE: Script(
        Text("«Dígame los cuatro últimos dígitos del celular que registró.»"),
        Text("Los cuatro dígitos que dijo"),
    ),
    Question.DOCUMENT: Script(
        Text("«Dígame los cuatro últimos signos de su documento de identificación.»"),
        Text("Los cuatro signos que dijo"),
    ),
    Question.LAST_LOGIN: Script(
        Text("«¿Qué día ingresó por última vez con SUNAT?»"), Text("El día que dijo"), "date"
    ),
}


def _end(text: str) -> str:
    """The last four letters and digits."""
    return re.sub(r"[^0-9A-Z]", "", text.upper())[-4:]


def _document(person: Person) -> str:
    """What the person's form says; SUNAT's word is in the RUC, which everybody knows."""
    own = own_document(person)
    typed = person.profile.get("document_number", "")
    return "" if own and own[1] == typed else typed


_KEPT: dict[Question, Callable[[Person], str]] = {
    Question.MOBILE: lambda person: _end(person.profile.get("mobile", "")),
    Question.DOCUMENT: lambda person: _end(_document(person)),
    Question.LAST_LOGIN: lambda person: (
        person.last_login_at.astimezone(LIMA).date().isoformat() if person.last_login_at else ""
    ),
}


class Callers:
    """Compares. Every comparison is counted before it is made: by call, and by person."""

    def __init__(self, *, lookups: Lookups, limits: Limits, audit: Audit, clock: Clock) -> None:
        self._lookups = lookups
        self._limits = limits
        self._audit = audit
        self._clock = clock

    def questions(self, person: Person, case: Case) -> list[Question]:
        """What can be asked: there is something to compare with, and it was not asked yet. Nothing
        after a wrong answer, nor when enough were right.
        """
        right = sum(case.answers.values())
        if right < len(case.answers) or right >= ENOUGH:
            return []
        now = self._clock.now()
        return [one for one in Question if _kept(person, one, now) and one not in case.answers]

    def check(self, visit: Visit, case: Case, question: str, typed: str) -> bool:
        """Whether it is so. Raises IdpError: not_found (404) for what cannot be asked (any more),
        rate_limited (429); Unavailable.
        """
        person = self._lookups.person(visit, case)
        if person is None or question not in self.questions(person, case):
            raise IdpError("not_found", 404)
        self._limits.hit_all(("admin.caller_case", case.id), ("admin.caller", person.id))
        asked = Question(question)
        kept, said = _kept(person, asked, self._clock.now()), _read(asked, typed)
        matches = bool(said) and same(said, kept)
        self._audit.record(
            AuditEvent.CALLER_CHECKED,
            actor=visit.account.actor,
            person_id=person.id,
            question=asked.value,
            matches=matches,
        )
        self._lookups.answered(case, asked.value, matches=matches)
        return matches


def _kept(person: Person, question: Question, now: datetime) -> str:
    if question is Question.EMAIL:
        found = mailbox(person, now)
        return found.email.casefold() if found else ""
    return _KEPT[question](person)


def _read(question: Question, typed: str) -> str:
    text = typed.strip()[:254]
    if question is Question.EMAIL:
        return "".join(text.split()).casefold()
    if question is Question.LAST_LOGIN:
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            return ""
    return _end(text) if len(_end(text)) == 4 else ""
