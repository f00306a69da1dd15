"""A person's copy of everything that is kept of them, in clear.

Ley 29733, art. 19 (access). Whoever makes one is on record first.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.kernel.texts import Text
from idp.people.former import as_shown, begun_anew
from idp.people.person import Person
from idp.privacy.held import Entry, Held


@dataclass(frozen=True)
class Section:
    """What is kept of one kind, with why and for how long; the newest entry last."""

    name: str
    title: Text
    purpose: Text
    keeps: Text
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Dossier:
    """Everything, at that moment."""

    made_at: datetime
    issuer: str
    sections: tuple[Section, ...]

    def to_json(self) -> str:
        """For programs: names of `privacy.words`, moments in ISO 8601, UTC."""
        found = {
            "made_at": self.made_at.isoformat(),
            "issuer": self.issuer,
            "sections": {
                one.name: {
                    "title": str(one.title),
                    "purpose": str(one.purpose),
                    "kept": str(one.keeps),
                    "entries": [_plain(entry) for entry in one.entries],
                }
                for one in self.sections
            },
        }
        return json.dumps(found, ensure_ascii=False, indent=2)


class Dossiers:
    """Makes them. person: by id, None for somebody who is gone."""

    def __init__(
        self,
        *,
        held: Sequence[Held],
        person: Callable[[str], Person | None],
        audit: Audit,
        clock: Clock,
        issuer: str,
    ) -> None:
        self.held = tuple(held)
        self._person = person
        self._audit = audit
        self._clock = clock
        self._issuer = issuer

    def of(
        self, person_id: str, *, actor: str | None = None, purpose: str | None = None
    ) -> Dossier:
        """A person's; recorded first. actor, purpose: where an operator makes it. One that they
        make themselves holds nothing of who may have had the user before (`people.former`).

        Raises IdpError("person_unknown", 404), Unavailable.
        """
        person = self._person(person_id)
        if person is None:
            raise IdpError("person_unknown", 404)
        self._audit.record(
            AuditEvent.PERSON_EXPORTED,
            person_id=person.id,
            realm=person.realm,
            actor=actor,
            source="operator" if actor else "person",
            purpose=purpose,
        )
        since = None if actor else begun_anew(person)
        shown = person if actor else as_shown(person)
        sections = tuple(
            Section(one.name, one.title, one.purpose, one.keeps, tuple(one.of(shown, since)))
            for one in self.held
        )
        return Dossier(self._clock.now(), self._issuer, sections)

    def section(self, name: str, person: Person) -> list[Entry]:
        """One thing alone, of a person that somebody is at work on; nothing is recorded."""
        return [entry for one in self.held if one.name == name for entry in one.export(person)]


def _plain(entry: Entry) -> dict[str, Any]:
    return {
        name: value.isoformat()
        if isinstance(value, date)
        else dict(value)
        if isinstance(value, Mapping)
        else value
        for name, value in entry.items()
        if value not in (None, "") and value != {}
    }
