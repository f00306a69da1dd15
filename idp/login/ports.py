"""Where transactions and sessions are kept (Redis implements both), and what the dispatcher needs
of its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from idp.clients.client import Client
from idp.login.session import OpenSession, Session
from idp.login.transaction import Transaction
from idp.people.person import Person
from idp.upstream_status.drill_choice import Drill


class TransactionStore(Protocol):
    """Parked requests. Every method is atomic; Unavailable("redis") when it does not answer."""

    def add(self, transaction: Transaction, *, per_browser: int) -> None:
        """Store a new one; beyond `per_browser` the browser's oldest ones are dropped."""
        ...

    def get(self, transaction_id: str) -> Transaction | None:
        """The stored one, expired or not, or None."""
        ...

    def replace(self, transaction: Transaction) -> bool:
        """Store unless somebody else did since it was read (its `version`); False then."""
        ...

    def bind(self, transaction: Transaction, *, per_browser: int) -> bool:
        """`replace`, for one that has its browser from now on: counted among that browser's."""
        ...

    def remove(self, transaction_id: str) -> bool:
        """End it; whether it was there, for exactly one caller."""
        ...

    def of_browser(self, browser_hash: str) -> list[Transaction]:
        """Those that are counted among this browser's, expired or not, the newest last."""
        ...


class SessionStore(Protocol):
    """Sessions by the digest of their cookie."""

    def add(self, cookie_digest: str, session: Session, *, now: float) -> None:
        """Store a new one."""
        ...

    def touch(self, cookie_digest: str, *, now: float, idle: int) -> Session | None:
        """The live one, noting its use at `now`; None when ended, expired or idle for too long."""
        ...

    def remove(self, cookie_digest: str) -> Session | None:
        """End it; the session that ended, for exactly one caller."""
        ...

    def of_person(self, person_id: str, *, now: float, idle: int) -> list[OpenSession]:
        """The live ones of a person, in no order."""
        ...

    def by_mail(self, realm: str, *, before: float, most: int) -> list[tuple[str, Session | None]]:
        """Sessions of a realm that began by mail, and were noted before that moment (epoch
        seconds), the oldest first; None for what ended meanwhile.
        """
        ...

    def note_by_mail(self, realm: str, cookie_digest: str, at: float | None) -> None:
        """Note one as looked at; None: forget it, since it ended."""
        ...

    def all(self) -> Iterator[tuple[str, Session]]:
        """Every session with the digest of its cookie: for emergencies."""
        ...


class FindsClients(Protocol):
    """What is needed of the registry of components."""

    def get(self, client_id: str) -> Client | None:
        """The component, or None."""
        ...


class FindsPeople(Protocol):
    """What is needed of the directory."""

    def get(self, person_id: str) -> Person | None:
        """The person, or None."""
        ...

    def successor(self, person_id: str) -> Person | None:
        """Who was joined with a person that is no more, and is kept, or None."""
        ...


class KnowsUpstreams(Protocol):
    """What is needed of the flag."""

    def back_since(self, realm: str) -> datetime | None:
        """Since when it is up without a break, from memory; None while it is down, or if it was
        never otherwise.
        """
        ...

    def up(self, realm: str) -> bool:
        """Whether the realm's upstream is up, from memory."""
        ...


class KnowsDrills(Protocol):
    """What is needed of drills, from memory (`upstream_status.drills.Drills`)."""

    def find(self, drill_id: str | None) -> Drill | None:
        """A drill that goes on, or was over not long ago."""
        ...

    def in_force(self, drill_id: str | None, client_id: str | None) -> Drill | None:
        """That drill, while it goes on, is for this component, and SUNAT is not flagged down."""
        ...


class NoDrills:
    """There never is one."""

    def find(self, drill_id: str | None) -> Drill | None:
        """None."""
        return None

    def in_force(self, drill_id: str | None, client_id: str | None) -> Drill | None:
        """None."""
        return None


class Nudges(Protocol):
    """What is needed of whoever has a word for people on their way."""

    def due(self, person: Person, *, tells: bool, asks: bool) -> str | None:
        """What this person is to be told, or asked, now, in words of its own; None for nothing.

        tells, asks: which of the two the component allows. Raises Unavailable.
        """
        ...


class NullNudges:
    """Has nothing to say."""

    def due(self, person: Person, *, tells: bool, asks: bool) -> str | None:
        """Nothing."""
        return None
