"""Where transactions and sessions are kept; Redis implements both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from idp.login.session import OpenSession, Session
from idp.login.transaction import Transaction


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

    def all(self) -> Iterator[tuple[str, Session]]:
        """Every session with the digest of its cookie: for emergencies."""
        ...
