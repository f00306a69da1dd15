"""Moving records from the stream into the store."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from idp.audit.ports import AuditStream
from idp.audit.records import AuditRecord


class KeepsRecords(Protocol):
    """What is needed of the store."""

    def append_many(self, records: Iterable[AuditRecord]) -> int:
        """Add the records whose id is not there yet; how many that were. Raises Unavailable."""
        ...


def drain(stream: AuditStream, store: KeepsRecords, limit: int = 500) -> int:
    """Move at most `limit` records; how many were read.

    Stored first, acknowledged after: a crash in between reads them again, and the store leaves out
    what it has, so that each is there exactly once. Raises Unavailable of either side.
    """
    entries = stream.read(limit)
    if not entries:
        return 0
    store.append_many(record for _, record in entries)
    stream.ack([entry_id for entry_id, _ in entries])
    return len(entries)
