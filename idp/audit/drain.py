"""Moving records from the stream into the store."""

from __future__ import annotations

from idp.audit.ports import AuditStore, AuditStream


def drain(stream: AuditStream, store: AuditStore, limit: int = 500) -> int:
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
