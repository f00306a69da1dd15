"""What is wrong in clients.yaml, told so that an operator can mend it (in Spanish)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from idp.clients.client import Client

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One problem. line and column count from 1 (0: the file as a whole).

    path: such as `clients[2].redirect_uris[0]`, empty for the whole file.
    message: what is wrong. instead: what to write. Neither ever repeats a secret.
    """

    file: str
    line: int
    column: int
    path: str
    message: str
    instead: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        what = f"{self.path}: {self.message}" if self.path else self.message
        return f"{where}: {what}" + (f" → {self.instead}" if self.instead else "")


@dataclass(frozen=True)
class LoadResult:
    """What a file holds: clients by client_id, in the file's order; none when it has problems.

    digest: SHA-256 of its bytes (hex), empty when it could not be read.
    """

    clients: Mapping[str, Client]
    problems: tuple[Problem, ...]
    digest: str = ""

    @property
    def ok(self) -> bool:
        """Whether it may be used."""
        return not self.problems


def path_text(path: Path) -> str:
    """`("clients", 2, "redirect_uris", 0)` as `clients[2].redirect_uris[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
