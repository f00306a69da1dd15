"""Subjects that name nobody any more: a `sub` that was given once is never given again.

Relying parties keep a `sub` for years, so that its tombstone stays for good, whatever becomes of
its person. It holds nothing personal: the digest of a random text, and opaque ids.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Retirement(StrEnum):
    """Why a `sub` names nobody."""

    MERGED = "merged"
    SEPARATED = "separated"
    ERASED = "erased"


@dataclass(frozen=True)
class RetiredSub:
    """A tombstone. person_id: whose `sub` it was. kept_by: the person who was joined with them and
    is known by another `sub`; None where there is none, or no longer.
    """

    person_id: str
    retired_at: datetime
    why: Retirement
    kept_by: str | None = None


class RetiredSubs(Protocol):
    """The tombstones; each method joins the unit of work under way. Raises Unavailable("sql")."""

    def retire_sub(
        self,
        sub: str,
        person_id: str,
        *,
        why: Retirement,
        at: datetime,
        kept_by: str | None = None,
    ) -> None:
        """From now on this `sub` names nobody. Once retired it stays as it was written first.

        The person's own row is the caller's to remove, in the same unit of work.
        """
        ...

    def restore_sub(self, sub: str) -> bool:
        """Its very person comes back with it; False when it was not retired."""
        ...

    def retired(self, named: str) -> RetiredSub | None:
        """The tombstone of a `sub`, or of the id of the person who had it."""
        ...

    def hand_over(
        self, kept_by: str, to: str, *, only: Collection[str] | None = None
    ) -> tuple[str, ...]:
        """Whoever was kept as one person (of those, only these ids) is kept as the other from now
        on; the ids of them.
        """
        ...
