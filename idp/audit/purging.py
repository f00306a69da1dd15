"""Removing the front of the log by age, so that it never looks like tampering."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from idp.audit.checkpointer import Checkpointer
from idp.audit.checkpoints import Kind, Purged
from idp.audit.seals import Seal, SealedRow, fits, moment

_AT_ONCE = 10_000
_BATCH = 1_000


class Front(Protocol):
    """What is needed of the store."""

    def due(self, before: datetime) -> int:
        """How many rows are of before that moment, up to a bound. Raises Unavailable("sql")."""
        ...

    def front(self, before: datetime, limit: int) -> Seal | None:
        """The last of the front rows that are all of before that moment, among the first so many;
        never the chain's last.
        """
        ...

    def sealed(self, after: int, until: int | None = None) -> Iterator[SealedRow]:
        """Seals with their rows, by number, those after that one."""
        ...

    def first(self) -> Seal | None:
        """The chain's first seal that is still there."""
        ...

    def remove(self, until: int, limit: int) -> int:
        """Remove the front rows with their seals, at most so many, up to that number; how many."""
        ...


class AuditPurge:
    """`privacy.ports.Ages` of the audit log: sealed rows alone, from the front, after a signed
    record of which. Without an audit key nothing is removed.

    What has no seal yet stays, and so does a row that is older than one before it in the chain.
    What was tampered with goes as well, in its time; the signed record says how much that was.
    """

    def __init__(self, *, front: Front, checkpoints: Checkpointer) -> None:
        self._front = front
        self._checkpoints = checkpoints

    def due(self, before: datetime) -> int:
        """How many rows are of before that moment, up to a bound."""
        return self._front.due(before)

    def purge(self, before: datetime) -> int:
        """Remove a part; how many, 0 when nothing is left. Raises NoAuditKey, Unavailable."""
        first, last = self._front.first(), self._front.front(before, _AT_ONCE)
        if first is None or last is None:
            return 0
        rows = last.number - first.number + 1
        sound = sum(fits(one) for one in self._front.sealed(first.number - 1, last.number))
        if self._front.first() != first:
            # Another worker is at it: what it removed meanwhile would count here as damaged.
            return 0
        purged = Purged(last.number, last.hash, rows, moment(before), damaged=rows - sound)
        self._checkpoints.make(Kind.PURGE, purged=purged)
        removed = 0
        while some := self._front.remove(last.number, _BATCH):
            removed += some
        return removed
