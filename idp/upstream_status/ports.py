"""What this room needs of the outside: where all of it is kept, and a way to call the others."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from idp.upstream_status.changes import FlagChange, Transition
from idp.upstream_status.override import Override
from idp.upstream_status.request import Decision, Request
from idp.upstream_status.state import Facts, Flag, Health, Judgement, Policy, Window


class FlagStore(Protocol):
    """What decides about upstreams, durable. Every method raises Unavailable("sql")."""

    def load(self, ended_after: datetime) -> dict[str, Facts]:
        """By realm, for those of which anything is known; windows that ended before are left out,
        and so are cancelled ones.
        """
        ...

    def save(self, flag: Flag, change: FlagChange) -> bool:
        """Write the flag and add its history row, in the unit of work under way; False, and nothing
        was written, where that local override was taken over before.
        """
        ...

    def hold(self, realm: str) -> None:
        """Let nobody else write this flag until the unit of work under way has ended."""
        ...

    def put_health(self, health: Health) -> bool:
        """Write it unless a later probe is there; whether it was written."""
        ...

    def put_judgement(self, judgement: Judgement) -> bool:
        """Write what was decided, in the unit of work under way; False where it was so already."""
        ...

    def put_policy(self, realm: str, policy: Policy) -> None:
        """Write who decides while the flag is automatic."""
        ...

    def history(self, realm: str, limit: int) -> list[FlagChange]:
        """The newest changes of a flag first."""
        ...


class TransitionStore(Protocol):
    """Each change of what is in force, in order. Every method raises Unavailable("sql")."""

    def last(self, realm: str) -> Transition | None:
        """The newest of an upstream."""
        ...

    def add(self, transition: Transition) -> bool:
        """Add one, in the unit of work under way; False where its number is taken."""
        ...

    def find(
        self, realm: str | None, since: datetime | None, until: datetime | None, limit: int
    ) -> list[Transition]:
        """The newest first; since is included, until is not."""
        ...

    def untold(self, limit: int) -> list[Transition]:
        """Those that nobody was told of, the oldest first."""
        ...

    def told(self, transition_id: str, at: datetime) -> bool:
        """Somebody tells of it now; False where another does already."""
        ...


class WindowStore(Protocol):
    """Announced maintenance. Every method raises Unavailable("sql")."""

    def add(self, window: Window) -> None:
        """A new one."""
        ...

    def cancel(self, window_id: str, at: datetime) -> Window | None:
        """It does not take place, or ends now; None where there is none that could."""
        ...

    def all(self, ended_after: datetime) -> list[Window]:
        """By their beginning, cancelled ones included."""
        ...


class RequestStore(Protocol):
    """Changes that wait for a word. Every method raises Unavailable("sql")."""

    def add(self, request: Request) -> None:
        """A new one."""
        ...

    def get(self, request_id: str) -> Request | None:
        """By id."""
        ...

    def open(self, realm: str | None) -> list[Request]:
        """Those that were not decided, the oldest first."""
        ...

    def decide(self, request_id: str, decision: Decision, who: str, at: datetime) -> bool:
        """In the unit of work under way; of parallel words exactly one is True."""
        ...

    def recent(self, realm: str | None, limit: int) -> list[Request]:
        """The newest first, decided or not."""
        ...


class FlagMessenger(Protocol):
    """Tells the other processes that a flag changed; what changed they read themselves."""

    def announce(self) -> None:
        """Tell every process. Raises Unavailable("redis")."""
        ...

    def wait(self, timeout: float) -> bool:
        """Wait at most so many seconds; True as soon as somebody announced.

        For one thread of a process only. Raises Unavailable("redis"), then it may be called again.
        """
        ...


class Overrides(Protocol):
    """What was said on this machine while the database was away."""

    def read(self) -> tuple[Override, ...]:
        """Every one that waits. Nothing, and a line in the log, for a file that cannot be used."""
        ...

    def remove(self, override: Override) -> None:
        """It is in the database; one that was written since stays."""
        ...


class NullOverrides:
    """A machine where nobody said anything."""

    def read(self) -> tuple[Override, ...]:
        """Nothing."""
        return ()

    def remove(self, override: Override) -> None:
        """Nothing to remove."""
