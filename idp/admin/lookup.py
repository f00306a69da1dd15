"""Looking for a person at the console: whom, why, and for how long what was found may be looked at.

A search that finds somebody opens a *case*, which a page's address names. So no address holds
anything of a person, a person's page is reached by a search on record alone, and what the desk asks
a caller is counted for this call.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum

from idp.admin.ports import StepStore
from idp.admin.sessions import Visit
from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.audit.records import AuditFilter, AuditRecord
from idp.contingency.form import Patterns, read
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.kernel.identity import EXTRANET, SOL, Identifier
from idp.kernel.ids import digest
from idp.kernel.random import Random
from idp.kernel.texts import Text
from idp.limits.service import Limits
from idp.people.person import Person
from idp.people.service import People

# Seconds: a call takes minutes.
CASE_LIFE = 1_800
_KIND = "person-case"
# Eight digits come again after years: of one login is what happened within its life.
_LOGIN = timedelta(hours=2)
_RECORDS = 200


class Purpose(StrEnum):
    """Why somebody is looked for: codes of `person.looked_up`, so that no words name anybody."""

    MAIL = "mail"
    ENTRY = "entry"
    MESSAGE = "message"
    REVIEW = "review"


PURPOSES: dict[Purpose, Text] = {
    Purpose.MAIL: Text("Llama: no le llega el correo"),
    Purpose.ENTRY: Text("Llama: no puede ingresar"),
    Purpose.MESSAGE: Text("Llama: recibió un mensaje o un aviso que no esperaba"),
    Purpose.REVIEW: Text("Revisión interna"),
}
FIELDS = ("atencion", "ruc", "usuario", "persona")
_NOTHING = Text("Escriba el número de atención, o el RUC y el usuario, o el usuario de Extranet.")
_ONE_WAY = Text("Busque de una sola manera: deje vacíos los demás campos.")
_REFERENCE = Text("El número de atención tiene ocho dígitos.")
_PERSON_ID = Text("Es un identificador interno, como per_5fk2….")
_PURPOSE = Text("Elija por qué busca a la persona.")


@dataclass(frozen=True)
class Query:
    """What is looked for, one of the three."""

    purpose: Purpose
    reference: str = ""
    identifier: Identifier | None = None
    person_id: str = ""


@dataclass(frozen=True)
class Typed:
    """values: as typed, to show again. errors: by field. query: None when there are errors."""

    values: Mapping[str, str]
    errors: Mapping[str, Text] = field(default_factory=dict)
    query: Query | None = None


@dataclass(frozen=True)
class Case:
    """What a search found, for whoever searched, in their session. answers: by question, whether
    what the caller said is what is kept.
    """

    id: str
    sid: str
    until: float
    purpose: Purpose
    person_id: str | None
    reference: str | None
    answers: Mapping[str, bool] = field(default_factory=dict)


class Lookups:
    """patterns: of users, as on the form of contingency."""

    def __init__(
        self,
        *,
        store: StepStore,
        people: People,
        audit: Audit,
        limits: Limits,
        clock: Clock,
        random: Random,
        patterns: Patterns,
    ) -> None:
        self._store = store
        self._people = people
        self._audit = audit
        self._limits = limits
        self._clock = clock
        self._random = random
        self._patterns = patterns

    def read(self, form: Mapping[str, str]) -> Typed:
        """Check what was typed; looks at its form only."""
        values = {name: form.get(name, "").strip()[:60] for name in (*FIELDS, "motivo")}
        if values["motivo"] not in set(Purpose):
            return Typed(values, {"motivo": _PURPOSE})
        purpose = Purpose(values["motivo"])
        ways = [one for one in ("atencion", "persona") if values[one]]
        if values["ruc"] or values["usuario"]:
            ways.append("usuario")
        if len(ways) != 1:
            wrong = {"atencion": _NOTHING} if not ways else {ways[1]: _ONE_WAY}
            return Typed(values, wrong)
        match ways[0]:
            case "atencion":
                number = re.sub(r"[\s.-]", "", values["atencion"])
                if not re.fullmatch(r"[0-9]{8}", number, re.ASCII):
                    return Typed(values, {"atencion": _REFERENCE})
                return Typed(values, query=Query(purpose, reference=number))
            case "persona":
                if not re.fullmatch(r"per_[a-z0-9]{1,36}", values["persona"]):
                    return Typed(values, {"persona": _PERSON_ID})
                return Typed(values, query=Query(purpose, person_id=values["persona"]))
        found = read(SOL if values["ruc"] else EXTRANET, values, self._patterns)
        if found.identifier is None:
            # Without a RUC it was read as a user of the Extranet; it may lack its RUC as well.
            return Typed(values, {name: Text(text) for name, text in found.errors.items()})
        return Typed(values, query=Query(purpose, identifier=found.identifier))

    def search(self, visit: Visit, query: Query) -> Case | None:
        """Look, and put on record that somebody looked; None where there is nothing.

        Raises IdpError("rate_limited", 429), Unavailable.
        """
        self._limits.hit("admin.search", visit.account.id)
        person, known = self._found(query)
        self._tell(visit, query, person, known=known)
        if person is None and not (known and query.reference):
            return None
        case = Case(
            id=digest(self._random.token())[:32],
            sid=visit.session.sid,
            until=self._clock.timestamp() + CASE_LIFE,
            purpose=query.purpose,
            person_id=person.id if person else None,
            reference=query.reference or None,
        )
        self._keep(case)
        return case

    def case(self, visit: Visit, case_id: str) -> Case:
        """An open case of this very session. Raises IdpError("console_case_over", 404)."""
        text = self._store.get(_KIND, digest(case_id))
        found = Case(id=case_id, **json.loads(text)) if text else None
        if found is None or found.sid != visit.session.sid:
            raise IdpError("console_case_over", 404)
        if found.until <= self._clock.timestamp():
            raise IdpError("console_case_over", 404)
        return replace(found, purpose=Purpose(found.purpose))

    def person(self, visit: Visit, case: Case) -> Person | None:
        """Whom a case is about, as they are now. A request that named nobody yet, since the worker
        had not come to it, may do so by now: that is a look for them too.
        """
        if case.person_id is not None:
            return self._people.get(case.person_id)
        query = Query(case.purpose, reference=case.reference or "")
        person, known = self._found(query)
        if person is not None:
            self._tell(visit, query, person, known=known)
            self._keep(replace(case, person_id=person.id))
        return person

    def answered(self, case: Case, question: str, *, matches: bool) -> None:
        """Keep what came of a question, for this call."""
        self._keep(replace(case, answers={**case.answers, question: matches}))

    def _tell(self, visit: Visit, query: Query, person: Person | None, *, known: bool) -> None:
        self._audit.record(
            AuditEvent.PERSON_LOOKED_UP,
            actor=visit.account.actor,
            person_id=person.id if person else None,
            # A number that leads nowhere may be anything that somebody typed.
            reference=query.reference if known and query.reference else None,
            by="reference" if query.reference else "identifier" if query.identifier else "id",
            purpose=query.purpose.value,
            found=person is not None,
        )

    def _keep(self, case: Case) -> None:
        kept = {name: value for name, value in vars(case).items() if name != "id"}
        left = max(1, int(case.until - self._clock.timestamp()))
        self._store.put(_KIND, digest(case.id), json.dumps(kept), seconds=left)

    def _found(self, query: Query) -> tuple[Person | None, bool]:
        """Who it is, and whether there is anything at all."""
        if query.identifier is not None:
            person = self._people.find(query.identifier)
            return person, person is not None
        if query.person_id:
            person = self._living(query.person_id)
            return person, person is not None
        told = records_of(self._audit, query.reference)
        named = next((one.person_id for one in told if one.person_id), None)
        return self._living(named) if named else None, bool(told)

    def _living(self, person_id: str) -> Person | None:
        """A person, or who was joined with them and is kept."""
        return self._people.get(person_id) or self._people.successor(person_id)


def records_of(audit: Audit, reference: str) -> list[AuditRecord]:
    """What is on record of the newest login with this número de atención, the newest first; nothing
    where none was asked for. Raises Unavailable("sql").
    """
    found = audit.search(AuditFilter(reference=reference), _RECORDS)
    asked = [one.at for one in found if one.event is AuditEvent.LINK_REQUESTED]
    return [one for one in found if one.at >= max(asked) - _LOGIN] if asked else []
