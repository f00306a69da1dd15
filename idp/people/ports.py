"""The stores of this room; each method joins the unit of work under way.

Every method raises Unavailable("sql") when the database does not answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from idp.kernel.identity import Identifier
from idp.people.concerns import Kind, Told
from idp.people.person import Address, KnownBrowser, PendingVerification, Person


class Raced(Exception):
    """Somebody else was faster; the unit of work is to be begun again."""


@dataclass(frozen=True)
class ImportRun:
    """An import under way. key: file, source and manner. done: the line of the last row that was
    written, 0 before the first. counts: by outcome.
    """

    id: str
    key: str
    done: int
    counts: Mapping[str, int]
    began_at: datetime


class ImportStore(Protocol):
    """Imports, so that one that was cut off goes on."""

    def begin(self, run: ImportRun) -> None:
        """A new one."""
        ...

    def unfinished(self, key: str) -> ImportRun | None:
        """The newest one of that key, if it was never finished and none began after it: what that
        one wrote may stand in the place of what this one did.
        """
        ...

    def advance(self, run_id: str, done: int, counts: Mapping[str, int]) -> None:
        """It is done up to that line."""
        ...

    def finish(self, run_id: str, now: datetime) -> None:
        """All of it is done."""
        ...

    def purge(self, before: datetime) -> int:
        """Remove those that began before that moment; how many."""
        ...


class PeoplePages(Protocol):
    """Everybody, in parts."""

    def page(self, after: str, limit: int, realm: str | None = None) -> list[Person]:
        """At most so many persons whose ids come after that one, in the order of their ids."""
        ...


class PersonStore(PeoplePages, Protocol):
    """Persons with their identifiers and addresses."""

    def get(self, person_id: str, *, lock: bool = False) -> Person | None:
        """A person by id. lock: until the unit of work ends, nobody else gets them locked."""
        ...

    def find(self, identifier: Identifier) -> Person | None:
        """The person whom this identifier names."""
        ...

    def find_sub(self, sub: str) -> Person | None:
        """The person of a public `sub`."""
        ...

    def get_or_create(self, candidate: Person) -> tuple[Person, bool]:
        """The person of the candidate's identifier, locked; the candidate itself when there was
        none (then True). Parallel calls agree on one person, and exactly one says True.
        """
        ...

    def find_many(
        self, identifiers: Sequence[Identifier], *, lock: bool = False
    ) -> dict[Identifier, Person]:
        """The persons whom these identifiers name; those that name nobody are left out."""
        ...

    def create_many(self, persons: Sequence[tuple[Person, Address | None]]) -> None:
        """Add persons nobody knew, each with a first address or none.

        Raises Raced when somebody added one of them meanwhile: nothing of the unit of work counts.
        """
        ...

    def update(self, person: Person) -> None:
        """Write what is known of a person; identifier, `sub` and addresses stay as they are."""
        ...

    def put_address(self, person_id: str, address: Address) -> None:
        """Add an address, or write it anew (by its id)."""
        ...

    def drop_address(self, address_id: str) -> None:
        """Remove an address and what is pending for it."""
        ...


class Holds(Protocol):
    """Whose data an obligation keeps."""

    def since(self, person_id: str) -> datetime | None:
        """Since when, or None."""
        ...


class ErasedPeople(Protocol):
    """The identifiers whose person was erased: no import brings them back."""

    def among(self, identifiers: Sequence[Identifier]) -> frozenset[Identifier]:
        """Those of these that are on the list."""
        ...

    def lift(self, identifiers: Sequence[Identifier]) -> int:
        """Take these off the list; how many were on it."""
        ...


@dataclass(frozen=True)
class Selection:
    """Whom a system asks for: everything that is said must hold; those withdrawn are never meant.

    email: that of `shown_address`. external_id: what the asking system calls them. modified: pairs
    of `lt`, `le`, `eq`, `ge` or `gt` and a moment that `updated_at` is held against.
    """

    id: str | None = None
    identifier: Identifier | None = None
    email: str | None = None
    external_id: str | None = None
    active: bool | None = None
    modified: tuple[tuple[str, datetime], ...] = ()


@dataclass(frozen=True)
class Order:
    """In which order: by id, or by when they changed last (and then by id)."""

    by_change: bool = False
    descending: bool = False


@dataclass(frozen=True)
class Place:
    """Where a page ended: the last person's `updated_at` and id."""

    updated_at: datetime
    id: str


@dataclass(frozen=True)
class Listed:
    """A person as one system sees them. external_id: what it calls them itself."""

    person: Person
    external_id: str | None = None


class Directory(Protocol):
    """People for the systems that keep them in step with their own. client_id: which one asks."""

    def get(self, person_id: str, client_id: str, *, lock: bool = False) -> Listed | None:
        """A person by id, withdrawn or not; locked until the unit of work ends, if asked."""
        ...

    def count(self, wanted: Selection, client_id: str) -> int:
        """How many there are."""
        ...

    def page(
        self,
        wanted: Selection,
        client_id: str,
        order: Order,
        *,
        limit: int,
        offset: int = 0,
        after: Place | None = None,
    ) -> list[Listed]:
        """At most so many of them, skipping so many, or those beyond a place."""
        ...

    def put_external_id(self, person_id: str, client_id: str, value: str | None) -> None:
        """What this system calls them from now on; None: nothing any more."""
        ...


class VerificationStore(Protocol):
    """Pending verifications, at most one for a person."""

    def put(self, pending: PendingVerification) -> None:
        """Make this the person's pending verification, in the place of any other."""
        ...

    def get(self, verification_id: str) -> PendingVerification | None:
        """A pending verification by id."""
        ...

    def of_person(self, person_id: str) -> PendingVerification | None:
        """The person's pending verification."""
        ...

    def drop(self, verification_id: str) -> None:
        """It is settled."""
        ...

    def purge(self, expired_before: datetime) -> int:
        """Remove what expired before that moment; how many."""
        ...


class BrowserStore(Protocol):
    """Known browsers."""

    def put(self, browser: KnownBrowser) -> None:
        """Add a browser, or write it anew (by its id). Raises Raced when its person is no more."""
        ...

    def find(self, person_id: str, token_digest: str) -> KnownBrowser | None:
        """This person's browser with that token."""
        ...

    def with_token(self, token_digest: str) -> KnownBrowser | None:
        """The browser with that token, whoever's it is."""
        ...

    def of_person(self, person_id: str) -> list[KnownBrowser]:
        """The person's browsers, the newest first."""
        ...

    def drop(self, person_id: str, browser_id: str) -> bool:
        """Remove a browser of that person; False when there is none."""
        ...

    def purge(self, expired_before: datetime) -> int:
        """Remove what expired before that moment; how many."""
        ...


class NudgeStore(Protocol):
    """What people were told before the day, the last time of each kind. Gone with the person."""

    def get(self, person_id: str, kind: Kind) -> Told | None:
        """When this person was last told of it."""
        ...

    def of_person(self, person_id: str) -> list[Told]:
        """All that this person was told, in the order of the kinds."""
        ...

    def put(self, told: Told) -> None:
        """Write it, in the place of the last time."""
        ...

    def drop(self, person_id: str, kind: Kind) -> None:
        """As if they had never been told of it."""
        ...
