"""Forgetting people who are not in use: nobody asked for it, so nothing keeps them from returning.

They are sent no mail before: the address is as old as they are, and a mail about an account that
nobody uses reads like the mails that steal passwords. A login brings them back, as somebody new.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.kernel.ports import UnitOfWork
from idp.privacy.held import Held
from idp.privacy.ports import AgedPeople

# In one transaction: a fraction of a second, during which logins wait in SQLite.
PART = 100
_PARTS = 5


class UnusedPeople:
    """`privacy.ports.Ages` of people. reason: for the audit log. retire: keeps the `sub` of an
    id from being given again.
    """

    def __init__(
        self,
        *,
        people: AgedPeople,
        held: Sequence[Held],
        retire: Callable[[str, str], None],
        uow: UnitOfWork,
        audit: Audit,
        reason: str,
    ) -> None:
        self._people = people
        self._held = tuple(held)
        self._retire = retire
        self._uow = uow
        self._audit = audit
        self._reason = reason

    def due(self, before: datetime) -> int:
        """How many people."""
        return self._people.due(before)

    def purge(self, before: datetime) -> int:
        """Forget some of them; how many."""
        removed = 0
        for _ in range(_PARTS):
            ids = self._people.some(before, PART)
            if not ids:
                break
            with self._uow.transaction():
                # Asked again under the lock: somebody may have come back just now.
                found = self._people.locked(before, ids)
                self._forget(found)
            removed += len(found)
        return removed

    def _forget(self, found: Sequence[tuple[str, str]]) -> None:
        if not found:
            return
        ids = [person_id for person_id, _ in found]
        for person_id, sub in found:
            self._retire(person_id, sub)
        erase(self._held, ids)
        self._audit.record_all(
            [
                self._audit.entry(AuditEvent.PERSON_PURGED, person_id=one, reason=self._reason)
                for one in ids
            ]
        )


def erase(held: Sequence[Held], person_ids: Sequence[str]) -> None:
    """Remove what SQL holds of these people, the person's own row last, with what hangs from it."""
    for one in reversed(held):
        if one.erase is not None:
            one.erase(person_ids)
