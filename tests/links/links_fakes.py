"""The durable side in memory, with a switch that turns it off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from idp.audit.records import AuditRecord
from idp.kernel.errors import Unavailable


class Sql:
    """Unit of work, spent rows and audit rows; `down` makes the commit fail."""

    def __init__(self) -> None:
        self.down = False
        self.spent: dict[str, str] = {}
        self.records: list[AuditRecord] = []

    @contextmanager
    def transaction(self) -> Iterator[None]:
        before = dict(self.spent), list(self.records)
        try:
            yield
            if self.down:
                raise Unavailable("sql")
        except BaseException:
            self.spent, self.records = before
            raise

    def add(self, link_digest: str, person_id: str, at: datetime) -> bool:
        if link_digest in self.spent:
            return False
        self.spent[link_digest] = person_id
        return True

    def append(self, record: AuditRecord) -> None:
        self.records.append(record)
