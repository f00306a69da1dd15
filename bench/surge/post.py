"""What arrived: the sink's journal, read on while it grows."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

_FRESH = 1.0


class Post:
    """For any thread. mails: each as the sink noted it. tries: put-offs by address."""

    def __init__(self, journal: Path) -> None:
        self._journal = journal
        self._guard = threading.Lock()
        self._offset = 0
        self._looked = 0.0
        self._first: dict[str, float] = {}
        self.mails: list[dict[str, Any]] = []
        self.put_offs: dict[str, int] = {}

    def arrived(self, email: str) -> float | None:
        """When the first mail with a link came for this address, known a second later."""
        if time.monotonic() - self._looked > _FRESH:
            self.look()
        return self._first.get(email)

    def look(self) -> None:
        """Read what is new."""
        with self._guard:
            self._looked = time.monotonic()
            if not self._journal.exists():
                return
            with self._journal.open("rb") as file:
                file.seek(self._offset)
                found = file.read()
            # The last line may be half written.
            whole = found[: found.rfind(b"\n") + 1]
            self._offset += len(whole)
            for line in whole.splitlines():
                self._note(json.loads(line))

    def _note(self, entry: dict[str, Any]) -> None:
        if entry.get("put_off"):
            self.put_offs[entry["to"]] = self.put_offs.get(entry["to"], 0) + 1
            return
        self.mails.append(entry)
        if entry["link"]:
            self._first.setdefault(entry["to"], entry["at"])
