"""One audit record, and its form on a stream."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from idp.audit.events import AuditEvent

# Before the name of an actor that is a program: its client_id follows.
CLIENT = "client:"


def event_named(name: str) -> AuditEvent | str:
    """The event of that name; the name itself where this version has no such event."""
    try:
        return AuditEvent(name)
    except ValueError:
        return str(name)


@dataclass(frozen=True)
class AuditRecord:
    """What happened, when, to whom and by whom, in opaque ids.

    at: aware, UTC. event: a plain text where another version of this program wrote it.
    actor: an operator's name, CLIENT with the client_id of a system that keeps people in step, or
    None when a person or a component acted.
    reference: the *número de atención* that page and mail show. details: as `events.TABLE` allows.
    enclosed: sealed, what is kept beside it (`audit.personal`); only on its way to the store.
    """

    id: str
    at: datetime
    event: AuditEvent | str
    person_id: str | None = None
    client_id: str | None = None
    actor: str | None = None
    realm: str | None = None
    mode: str | None = None
    reference: str | None = None
    details: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    enclosed: str | None = field(default=None, repr=False, compare=False)

    def to_json(self) -> str:
        """The record as one line of JSON; fields without a value are left out."""
        fields = {
            "id": self.id,
            "at": self.at.isoformat(),
            "event": str(self.event),
            "person_id": self.person_id,
            "client_id": self.client_id,
            "actor": self.actor,
            "realm": self.realm,
            "mode": self.mode,
            "reference": self.reference,
            "details": dict(self.details) or None,
            "enclosed": self.enclosed,
        }
        kept = {name: value for name, value in fields.items() if value is not None}
        return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> AuditRecord:
        """The record that `to_json` wrote. Raises ValueError when it is not one."""
        try:
            found = json.loads(text)
            return cls(
                id=found["id"],
                at=datetime.fromisoformat(found["at"]),
                event=event_named(found["event"]),
                person_id=found.get("person_id"),
                client_id=found.get("client_id"),
                actor=found.get("actor"),
                realm=found.get("realm"),
                mode=found.get("mode"),
                reference=found.get("reference"),
                details=MappingProxyType(dict(found.get("details", {}))),
                enclosed=found.get("enclosed"),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("not an audit record") from error


@dataclass(frozen=True)
class AuditFilter:
    """What to look for; what is None does not matter. since is included, until is not. older_than:
    the id of a record; only what comes after it, the newest first, is meant.
    """

    event: AuditEvent | None = None
    person_id: str | None = None
    client_id: str | None = None
    realm: str | None = None
    reference: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    actor: str | None = None
    older_than: str | None = None
    id: str | None = None
