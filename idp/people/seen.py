"""Which identifiers a file named already: on disk, so that a million of them cost no memory."""

from __future__ import annotations

import hashlib
import sqlite3
from types import TracebackType
from typing import Self

from idp.kernel.identity import Identifier


class Seen:
    """A temporary table that is gone with it. It holds digests and line numbers alone."""

    def __init__(self) -> None:
        # The empty name: a private file that SQLite removes by itself.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute(
            "CREATE TABLE seen (digest BLOB PRIMARY KEY, line INTEGER) WITHOUT ROWID"
        )
        self._database.execute("BEGIN")

    def before(self, identifier: Identifier, line: int) -> int | None:
        """The line that named it first, or None for this one."""
        text = f"{identifier.realm}\0{identifier.value}".encode()
        digest = hashlib.blake2b(text, digest_size=16).digest()
        added = self._database.execute(
            "INSERT OR IGNORE INTO seen VALUES (?, ?)", (digest, line)
        ).rowcount
        if added:
            return None
        row = self._database.execute("SELECT line FROM seen WHERE digest = ?", (digest,)).fetchone()
        return int(row[0])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.close()
