"""Which component a person uses: read off the audit records that pass anyway.

A silent login writes nothing to SQL; its record comes by the stream, and the worker that moves it
into the log notes the use in the same transaction. A day is all that is kept of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from idp.audit.drain import KeepsRecords
from idp.audit.events import AuditEvent
from idp.audit.records import AuditRecord
from idp.kernel.ports import UnitOfWork
from idp.kernel.times import LIMA
from idp.people.coverage_ports import Use, UseStore


class UsesBesideRecords:
    """For `audit.drain`: keeps the records, and the uses that they tell of, or nothing of both.

    Records that come again, as after a crash, change nothing.
    """

    def __init__(self, *, records: KeepsRecords, uses: UseStore, uow: UnitOfWork) -> None:
        self._records = records
        self._uses = uses
        self._uow = uow

    def append_many(self, records: Iterable[AuditRecord]) -> int:
        """Add the records whose id is not there yet; how many that were. Raises Unavailable."""
        found = list(records)
        with self._uow.transaction():
            added = self._records.append_many(found)
            self._uses.used(uses_of(found))
        return added


def uses_of(records: Sequence[AuditRecord]) -> list[Use]:
    """The last use of each component by each person, in one order, so that two workers never wait
    for each other. A code is issued whenever a person enters a component, silently or not.
    """
    last: dict[tuple[str, str], date] = {}
    for record in records:
        if record.event != AuditEvent.CODE_ISSUED or not record.person_id or not record.client_id:
            continue
        key, day = (record.person_id, record.client_id), record.at.astimezone(LIMA).date()
        last[key] = max(day, last.get(key, day))
    return [Use(person, client, day) for (person, client), day in sorted(last.items())]
