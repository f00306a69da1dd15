"""Showing and checking what is kept beside the log (`audit.personal`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from idp.audit.events import AuditEvent
from idp.audit.findings import Finding, Findings, What
from idp.audit.log import Audit
from idp.audit.personal import Kept, Revealed, SealsTexts, disclose
from idp.audit.records import AuditRecord


class PersonalStore(Protocol):
    """The rows beside the log. Both raise Unavailable("sql")."""

    def one(self, record_id: str) -> Kept | None:
        """That of a record, None once it is erased."""
        ...

    def all(self) -> Iterator[Kept]:
        """Every one whose record is still there."""
        ...


class PersonalRecords:
    """Shows and checks what is kept beside the log."""

    def __init__(self, *, store: PersonalStore, seals: SealsTexts, audit: Audit) -> None:
        self._store = store
        self._seals = seals
        self._audit = audit

    def has(self, record_id: str) -> bool:
        """Whether there is something."""
        return self._store.one(record_id) is not None

    def reveal(self, record: AuditRecord, *, actor: str, purpose: str) -> Revealed | None:
        """In clear, on record before it is shown; None where there is nothing (any more).

        Raises Unavailable.
        """
        kept = self._store.one(record.id)
        if kept is None:
            return None
        found = disclose(kept, self._seals)
        self._audit.record(
            AuditEvent.AUDIT_REVEALED,
            person_id=record.person_id,
            actor=actor,
            record=record.id,
            purpose=purpose,
            genuine=found.genuine,
        )
        return found

    def check(self, findings: Findings) -> int:
        """Compare all that is there with what the records commit to; how many."""
        count = 0
        for kept in self._store.all():
            count += 1
            found = disclose(kept, self._seals)
            if not found.genuine:
                detail = "" if found.personal is not None else "cannot be opened"
                findings.add(Finding(What.PERSONAL_ALTERED, id=kept.record_id, detail=detail))
        return count
