"""What this room needs of the outside: where flags are kept, and a way to call the others."""

from __future__ import annotations

from typing import Protocol

from idp.upstream_status.state import Flag, FlagChange


class FlagStore(Protocol):
    """Flags, durable. Every method raises Unavailable("sql")."""

    def load(self) -> tuple[Flag, ...]:
        """Every flag that was ever set."""
        ...

    def save(self, flag: Flag, change: FlagChange) -> None:
        """Write the flag and add its history row, in the unit of work under way."""
        ...

    def history(self, realm: str, limit: int) -> list[FlagChange]:
        """The newest changes of a flag first."""
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
