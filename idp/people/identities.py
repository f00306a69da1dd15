"""The stores of joining: who an identifier leads to, and what can be undone.

Each method joins the unit of work under way. Every one raises Unavailable("sql") when the database
does not answer.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from idp.kernel.identity import Identifier
from idp.people.person import Person
from idp.people.snapshots import Snapshot


@dataclass(frozen=True)
class Merge:
    """Two persons who were joined. into_id: who was kept. kept_id: who holds it now; another one
    where that person was absorbed in turn. before: what both were.
    """

    id: str
    kept_id: str
    into_id: str
    absorbed_id: str
    at: datetime
    expires_at: datetime
    before: Snapshot


class IdentityStore(Protocol):
    """Identifiers, each of which leads to one person, and the persons' own rows."""

    def identifiers(self, person_id: str) -> tuple[Identifier, ...]:
        """All that lead to this person, in the order of their values."""
        ...

    def give(self, identifiers: Sequence[Identifier], person_id: str) -> None:
        """From now on these lead to that person."""
        ...

    def release(self, identifier: Identifier) -> None:
        """It leads to nobody: whoever logs in with it next is new."""
        ...

    def add(self, person: Person) -> None:
        """A person's own row, without identifiers and addresses."""
        ...

    def remove(self, person_id: str) -> None:
        """A person's own row, with identifiers, addresses, browsers and merges of theirs."""
        ...


class MergeStore(Protocol):
    """What was joined, sealed, for as long as it can be undone."""

    def put(self, merge: Merge) -> None:
        """Write one down."""
        ...

    def of(self, kept_id: str) -> list[Merge]:
        """What was joined into a person, the newest first."""
        ...

    def drop(self, merge_id: str) -> None:
        """It was undone."""
        ...

    def hand_over(
        self, kept_by: str, to: str, *, only: Collection[str] | None = None
    ) -> tuple[str, ...]:
        """What one person holds (of that, only these) the other holds from now on; their ids."""
        ...

    def purge(self, expired_before: datetime) -> int:
        """Remove what can no longer be undone; how many."""
        ...
