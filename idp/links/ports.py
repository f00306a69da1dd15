"""Where links are kept (Redis), and where it is written for good that one was used (SQL)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from idp.audit.records import AuditRecord
from idp.links.link import Link


class Outcome(StrEnum):
    """What an attempt to use a link met."""

    CONSUMED = "consumed"
    UNKNOWN = "unknown"
    OTHER_BROWSER = "other_browser"
    SPENT = "spent"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    WRONG_CODE = "wrong_code"
    CODE_CLOSED = "code_closed"


class Way(StrEnum):
    """How a link is used: by a button in the browser that asked, *here* in another one by the
    six-digit code of the asking page, or *there* where it was asked by the eight-digit code of the
    link's page.
    """

    BUTTON = "asking_browser"
    HERE = "here"
    THERE = "there"


# Wrong codes that a visitor, and a link in all, may cost before no more are taken.
TRIES_EACH = 5
TRIES_IN_ALL = 15


@dataclass(frozen=True)
class Attempt:
    """A try to use a link. right: whether the code that came with it is (a button needs none)."""

    way: Way
    browser_hash: str
    right: bool = True


@dataclass(frozen=True)
class Admission:
    """Whether a new link was stored. When it was not, `wait` says for how many seconds not."""

    stored: bool
    wait: float = 0.0


@dataclass(frozen=True)
class Crowd:
    """How many links of one identifier may be asked for within a link's total bound.

    each: from one origin. crowd: in all, before only an origin that holds none gets one: whoever
    asks from a few places keeps nobody out. most: in all, whoever asks: so many mails at most.
    """

    each: int = 5
    crowd: int = 10
    most: int = 40


class LinkStore(Protocol):
    """Links by the digest of their token; every method is one atomic step in one round trip.

    Raises Unavailable("redis").
    """

    def add(self, digest: str, link: Link, *, pool: str, origin: str, crowd: Crowd) -> Admission:
        """Store a new link, which counts for nothing until its transaction names it.

        Refused when too many (see Crowd) were asked for, for this identifier in this pool, that
        have not outlived their bound.
        """
        ...

    def supersede(self, digest: str) -> None:
        """Its transaction names another link from now on; one that is given back stays superseded.

        A link that is gone stays so.
        """
        ...

    def withdraw(self, digest: str, record: AuditRecord) -> bool:
        """Nobody needs it any more: it counts no longer; record of it. False when it was used,
        superseded or gone.
        """
        ...

    def get(self, digest: str) -> Link | None:
        """The stored link, whatever its state, or None."""
        ...

    def assign(self, digest: str, person_id: str, *, known: bool) -> bool:
        """Make an asked link live for this person; False when it is superseded, spent or gone.

        known: whether the asking browser is known as this very person's.
        """
        ...

    def accepted(
        self, digest: str, sent_at: datetime, expires_at: datetime, records: Iterable[AuditRecord]
    ) -> None:
        """A relay took the mail at `sent_at`: the link ends at `expires_at`; records of it."""
        ...

    def consume(self, digest: str, attempt: Attempt, now: datetime) -> tuple[Outcome, Link | None]:
        """Spend it: CONSUMED for exactly one caller, while it lives.

        BUTTON: only in the asking browser. HERE: with the right code. THERE: with the right code,
        in the asking browser, if that is known; every other case is WRONG_CODE, whatever became of
        the link. A wrong code is counted; beyond TRIES_* no code is taken any more (CODE_CLOSED,
        but WRONG_CODE for THERE until its own tries are used up).
        """
        ...

    def code_open(self, digest: str, browser_hash: str, *, hit: bool = False) -> bool:
        """Whether this browser may still try a code. hit: count a look from another browser.

        The asking browser is told of its own tries only: what others type must not show there.
        """
        ...

    def give_back(self, digest: str) -> None:
        """Undo `consume`: what had to be written with it could not be."""
        ...

    def forget(self, identifier_digest: str) -> int:
        """Remove every link of an identifier, whatever its state; how many. It looks at all keys:
        for erasing a person. Not one atomic step: a link that is asked for meanwhile may stay.
        """
        ...


class SpentLinks(Protocol):
    """A durable row per used link, so that a Redis fail-over cannot give one back."""

    def add(self, link_digest: str, person_id: str, at: datetime) -> bool:
        """Write the row within the unit of work under way; False when it was there already."""
        ...
