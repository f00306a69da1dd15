"""Making and writing audit records; the one way in for every room."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

from idp.audit.events import PERSONAL, TABLE, AuditEvent
from idp.audit.personal import Enclosed, Personal, SealsTexts, enclose
from idp.audit.ports import AuditStore
from idp.audit.records import AuditFilter, AuditRecord
from idp.kernel.clock import Clock
from idp.kernel.ids import new_id
from idp.kernel.random import Random

Detail = str | int | bool | Personal | None

# An operator's reason may be long; nothing that a program writes is.
_MAX_DETAIL = 500


class Audit:
    """Checks events against the closed list and appends them.

    seals: for what is kept beside a record; without, nothing is.
    """

    def __init__(
        self,
        *,
        store: AuditStore,
        clock: Clock,
        random: Random,
        seals: SealsTexts | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._random = random
        self._seals = seals

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
        A `Personal`, as the detail `personal`, is kept beside it, sealed: the record commits to it.

        Raises ValueError for an event or a detail that the table does not know: a programming
        error, which a test must meet before an auditor does.
        """
        known = AuditEvent(event)
        unknown = details.keys() - TABLE[known].details
        if unknown:
            raise ValueError(f"{known}: no such details: {', '.join(sorted(unknown))}")
        record_id = new_id(self._random, "aud")
        beside = self._beside(details.pop(PERSONAL, None), record_id)
        if beside is not None:
            details[PERSONAL] = beside.commitment
        return AuditRecord(
            id=record_id,
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
            enclosed=beside.sealed if beside else None,
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

    def _beside(self, whence: Detail, record_id: str) -> Enclosed | None:
        if whence is None:
            return None
        if not isinstance(whence, Personal):
            raise ValueError(f"{PERSONAL}: made here, of a Personal")
        if self._seals is None or not whence:
            return None
        return enclose(whence, record_id, self._seals, self._random)


def _text(value: Detail) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)[:_MAX_DETAIL]
