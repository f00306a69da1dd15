"""What this room needs of the outside; every method raises Unavailable("sql")."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol


class Ages(Protocol):
    """Something whose parts become too old."""

    def due(self, before: datetime) -> int:
        """How many are of before that moment; it may stop counting at some large number."""
        ...

    def purge(self, before: datetime) -> int:
        """Remove those of before that moment, a part of them if they are many; how many.

        0 says that none are left. It never keeps others waiting for long.
        """
        ...


class AgedPeople(Protocol):
    """People who are not in use."""

    def due(self, before: datetime) -> int:
        """How many there are; it may stop counting at some large number."""
        ...

    def some(self, before: datetime, limit: int) -> list[str]:
        """At most so many of their ids."""
        ...

    def locked(self, before: datetime, among: Sequence[str]) -> list[tuple[str, str]]:
        """Id and `sub` of those of these who still are, locked until the unit of work ends.

        Whoever logs in at this moment is not among them.
        """
        ...


class PersonRemover(Protocol):
    """Takes away the person's own rows."""

    def lock(self, person_id: str) -> str | None:
        """The `sub` of a person, who is locked until the unit of work ends; None for nobody."""
        ...


class ErasedIdentifiers(Protocol):
    """The identifiers whose person was erased, by their keyed hashes."""

    def add_of(self, person_ids: Sequence[str], at: datetime) -> int:
        """Note every identifier of these people, in the unit of work under way; how many."""
        ...


class Holds(Protocol):
    """Whose data an obligation keeps."""

    def put(self, person_id: str, at: datetime) -> bool:
        """Hold; False when it was so already."""
        ...

    def drop(self, person_id: str) -> bool:
        """Release; False when there was no hold."""
        ...

    def since(self, person_id: str) -> datetime | None:
        """Since when, or None."""
        ...
