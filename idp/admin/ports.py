"""What this room needs of the outside: accounts and their proofs in SQL, sessions in Redis."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from idp.admin.account import Account
from idp.admin.session import OpenSession, Session


class AccountStore(Protocol):
    """Accounts; none is ever removed. Every method raises Unavailable("sql")."""

    def add(self, account: Account) -> bool:
        """A new one; False where its name is taken."""
        ...

    def get(self, account_id: str) -> Account | None:
        """By id."""
        ...

    def named(self, name: str) -> Account | None:
        """By name."""
        ...

    def awaiting(self, setup_digest: str) -> Account | None:
        """The one that this link sets up."""
        ...

    def all(self) -> list[Account]:
        """Every one, by name."""
        ...

    def swap(self, was: Account, becomes: Account) -> bool:
        """Write it anew, as the next generation, where it is still of the generation that `was`
        has: of parallel changes exactly one is True.
        """
        ...

    def hashed_anew(self, was: Account, password_hash: str) -> None:
        """The same password in another form, where it is still kept in the one that `was` has. It
        is the same generation: nothing ends by it.
        """
        ...

    def entered(self, account_id: str, at: datetime) -> None:
        """It logged in."""
        ...


@dataclass(frozen=True)
class Authenticator:
    """An app that makes codes. secret: base32. counter: of the last code that was taken."""

    secret: str = field(repr=False)
    counter: int


class ProofStore(Protocol):
    """What proves an account beside its password. Every method raises Unavailable("sql")."""

    def put(self, account_id: str, authenticator: Authenticator, codes: Iterable[str]) -> None:
        """Its app and the digests of its recovery codes, in the place of any others."""
        ...

    def authenticator(self, account_id: str) -> Authenticator | None:
        """Its app. Raises Unavailable("data_keys") too."""
        ...

    def advance(self, account_id: str, counter: int) -> bool:
        """Take the code of that counter; False unless it is later than every one taken before."""
        ...

    def renew_codes(self, account_id: str, codes: Iterable[str]) -> None:
        """Other recovery codes, by digest, instead of all before."""
        ...

    def spend_code(self, account_id: str, code: str, at: datetime) -> bool:
        """Use up a recovery code, by digest; of parallel tries exactly one is True."""
        ...

    def codes_left(self, account_id: str) -> int:
        """How many recovery codes are left."""
        ...

    def drop(self, account_id: str) -> None:
        """Forget all of it."""
        ...


class SessionStore(Protocol):
    """Sessions by the digest of their cookie. Every method raises Unavailable("redis")."""

    def add(self, digest: str, session: Session, *, now: float) -> None:
        """A new one."""
        ...

    def touch(self, digest: str, *, now: float, idle: int) -> Session | None:
        """The live one, noting its use; None for one that is over, or was idle for so many seconds,
        which `remove` still finds.
        """
        ...

    def look(self, digest: str, *, now: float, idle: int) -> Session | None:
        """As `touch`, but it counts as no use: what asks by itself keeps nothing alive."""
        ...

    def proved(self, digest: str, *, now: float) -> None:
        """Its account was proved again."""
        ...

    def remove(self, digest: str) -> Session | None:
        """End it; what it was."""
        ...

    def of_account(self, account_id: str, *, now: float, idle: int) -> list[OpenSession]:
        """The live ones of an account."""
        ...


class StepStore(Protocol):
    """Half-done logins and set-ups: a text by kind and key. Raises Unavailable("redis")."""

    def put(self, kind: str, key: str, text: str, *, seconds: int) -> None:
        """Keep it, instead of an earlier one, for at least so long."""
        ...

    def get(self, kind: str, key: str) -> str | None:
        """The text that is there."""
        ...

    def drop(self, kind: str, key: str) -> None:
        """Forget it."""
        ...
