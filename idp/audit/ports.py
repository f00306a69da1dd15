"""What audit needs of the outside: a durable store, and a stream for paths that spare SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from idp.audit.records import AuditFilter, AuditRecord


class AuditStore(Protocol):
    """Durable records: added to, and removed only by age."""

    def append(self, record: AuditRecord) -> None:
        """Add one record, in the unit of work under way if there is one.

        Raises Unavailable("sql").
        """
        ...

    def append_all(self, records: Sequence[AuditRecord]) -> None:
        """Add new records, in the unit of work under way if there is one."""
        ...

    def append_many(self, records: Iterable[AuditRecord]) -> int:
        """Add the records whose id is not there yet; how many that were. Raises Unavailable."""
        ...

    def search(self, wanted: AuditFilter, limit: int) -> list[AuditRecord]:
        """At most `limit` matching records, the newest first; none older than a record that is not
        there. Raises Unavailable("sql").
        """
        ...

    def purge(self, before: datetime) -> int:
        """Remove the records of before that moment; how many. Raises Unavailable("sql")."""
        ...


class AuditStream(Protocol):
    """A queue of records on their way to the store; each is kept until it is acknowledged."""

    def push(self, record: AuditRecord) -> None:
        """Add one record. Raises Unavailable("redis")."""
        ...

    def read(self, count: int) -> list[tuple[str, AuditRecord]]:
        """The oldest entries that were not acknowledged, at most `count`, with their entry ids."""
        ...

    def ack(self, entry_ids: list[str]) -> None:
        """Forget entries: they are in the store."""
        ...
