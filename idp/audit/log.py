"""Making and writing audit records; the one way in for every room."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

from idp.audit.events import TABLE, AuditEvent
from idp.audit.ports import AuditStore
from idp.audit.records import AuditFilter, AuditRecord
from idp.kernel.clock import Clock
from idp.kernel.ids import new_id
from idp.kernel.random import Random

Detail = str | int | bool | None

# An operator's reason may be long; nothing that a program writes is.
_MAX_DETAIL = 500


class Audit:
    """Checks events against the closed list and appends them."""

    def __init__(self, *, store: AuditStore, clock: Clock, random: Random) -> None:
        self._store = store
        self._clock = clock
        self._random = random

    def entry(
        self,
        event: AuditEvent | str,
        *,
        person_id: str | None = None,
        client_id: str | None = None,
        actor: str | None = None,
        realm: str | None = None,
        mode: str | None = None,
        reference: str | None = None,
        **details: Detail,
    ) -> AuditRecord:
        """A record, written nowhere yet: for the stream. Details that are None are left out.

        Raises ValueError for an event or a detail that the table does not know: a programming
        error, which a test must meet before an auditor does.
        """
        known = AuditEvent(event)
        unknown = details.keys() - TABLE[known].details
        if unknown:
            raise ValueError(f"{known}: no such details: {', '.join(sorted(unknown))}")
        return AuditRecord(
            id=new_id(self._random, "aud"),
            at=self._clock.now(),
            event=known,
            person_id=person_id,
            client_id=client_id,
            actor=actor,
            realm=realm,
            mode=str(mode) if mode is not None else None,
            reference=reference,
            details=MappingProxyType(
                {name: _text(value) for name, value in details.items() if value is not None}
            ),
        )

    def record(
        self,
        event: AuditEvent | str,
        *,
        person_id: str | None = None,
        client_id: str | None = None,
        actor: str | None = None,
        realm: str | None = None,
        mode: str | None = None,
        reference: str | None = None,
        **details: Detail,
    ) -> None:
        """Append a record in SQL, together with the change that it tells of: it joins the unit of
        work under way. Raises ValueError as `entry` does, and Unavailable("sql").
        """
        self._store.append(
            self.entry(
                event,
                person_id=person_id,
                client_id=client_id,
                actor=actor,
                realm=realm,
                mode=mode,
                reference=reference,
                **details,
            )
        )

    def record_all(self, records: Sequence[AuditRecord]) -> None:
        """Append records that `entry` made, in the unit of work under way."""
        if records:
            self._store.append_all(records)

    def search(self, wanted: AuditFilter, limit: int = 100) -> list[AuditRecord]:
        """The newest matching records first. Raises Unavailable("sql")."""
        return self._store.search(wanted, limit)


def _text(value: str | int | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)[:_MAX_DETAIL]
