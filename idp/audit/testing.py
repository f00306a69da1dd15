"""For tests: sinks that raise as soon as a record or a log line holds a person's data."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from idp.audit.records import AuditFilter, AuditRecord


class PersonalDataLeak(AssertionError):
    """Personal data of a test person stood where it must never stand."""


class Guard:
    """Knows a test person's data: RUC, user, names, e-mail, addresses of the network."""

    def __init__(self, *secrets: str) -> None:
        self._secrets = tuple(secret.casefold() for secret in secrets if secret)

    def check(self, text: str, where: str) -> None:
        """Raise PersonalDataLeak when the text holds any of it, in whatever case."""
        folded = text.casefold()
        for number, secret in enumerate(self._secrets):
            if secret in folded:
                raise PersonalDataLeak(f"{where} holds the person's data number {number}")


class RaisingSink:
    """An `AuditStore` in memory that refuses personal data; `records` are those it took."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self.records: list[AuditRecord] = []

    def append(self, record: AuditRecord) -> None:
        """Add one record, after a look at it."""
        self._guard.check(record.to_json(), record.event)
        self.records.append(record)

    def append_many(self, records: Iterable[AuditRecord]) -> int:
        """Add the records whose id is not there yet; how many that were."""
        known = {record.id for record in self.records}
        new = [record for record in records if record.id not in known]
        for record in new:
            self.append(record)
        return len(new)

    def search(self, wanted: AuditFilter, limit: int) -> list[AuditRecord]:
        """At most `limit` matching records, the newest first."""
        found = [record for record in reversed(self.records) if _matches(record, wanted)]
        ids = [record.id for record in found]
        if wanted.older_than is not None:
            found = found[ids.index(wanted.older_than) + 1 :] if wanted.older_than in ids else []
        return found[:limit]


class RaisingHandler(logging.Handler):
    """A log handler that refuses personal data in messages, arguments and extra fields."""

    def __init__(self, guard: Guard) -> None:
        super().__init__(logging.DEBUG)
        self._guard = guard

    def emit(self, record: logging.LogRecord) -> None:
        """Look at the line; the error reaches who logged it."""
        text = logging.Formatter().format(record)
        self._guard.check(f"{text} {record.__dict__}", f"a log line of {record.name}")


def _matches(record: AuditRecord, wanted: AuditFilter) -> bool:
    names = ("id", "event", "person_id", "client_id", "realm", "reference", "actor")
    exact = all(getattr(wanted, name) in (None, getattr(record, name)) for name in names)
    started = wanted.since is None or wanted.since <= record.at
    return exact and started and (wanted.until is None or record.at < wanted.until)
