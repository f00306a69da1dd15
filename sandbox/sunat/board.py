"""What each realm does now, and how often it was asked. Shared by all request threads."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Iterable

from sandbox.sunat.faults import CUT_AFTER, CUT_SECONDS, FLAKY_SHARE, BadSetting, Setting

ALL = "all"
COUNTERS = ("login_pages", "login_posts", "codes", "token_posts", "tokens", "faults")


class Board:
    """The switchboard. Thread-safe; `flaky` draws from one seeded sequence."""

    def __init__(self, realms: Iterable[str], *, seed: int | None = None) -> None:
        self._changed = threading.Condition()
        self._settings = {realm: Setting() for realm in realms}
        self._counters: dict[str, Counter[str]] = {realm: Counter() for realm in self._settings}
        self._random = random.Random(seed)
        self._asked: dict[str, list[float]] = {}

    def setting(self, realm: str) -> Setting:
        """What a realm does now."""
        with self._changed:
            return self._settings[realm]

    def set(self, realm: str, setting: Setting) -> None:
        """Put a setting in force for a realm or for `all`. Ends every pause under way."""
        with self._changed:
            for one in self._named(realm):
                self._settings[one] = setting
            self._asked.clear()
            self._changed.notify_all()

    def seed(self, seed: int) -> None:
        """Start the sequence of `flaky` again."""
        with self._changed:
            self._random.seed(seed)

    def flaky_hit(self) -> bool:
        """Whether this request is one of the 8 %."""
        with self._changed:
            return self._random.random() < FLAKY_SHARE

    def cut_hit(self, realm: str) -> bool:
        """Whether a `cut_after` realm was asked too often, too quickly, this request included."""
        with self._changed:
            now = time.monotonic()
            recent = [at for at in self._asked.get(realm, []) if at > now - CUT_SECONDS]
            self._asked[realm] = [*recent, now]
            return len(recent) >= CUT_AFTER

    def pause(self, realm: str) -> None:
        """Wait a `slow` realm's seconds, or until its setting changes."""
        with self._changed:
            now = self._settings[realm]
            self._changed.wait_for(lambda: self._settings[realm] is not now, now.seconds)

    def count(self, realm: str, what: str) -> None:
        """Add one to a counter of `COUNTERS`."""
        with self._changed:
            self._counters[realm][what] += 1

    def counters(self, realm: str) -> dict[str, int]:
        """All counters of a realm."""
        with self._changed:
            return {what: self._counters[realm][what] for what in COUNTERS}

    def reset_counters(self, realm: str) -> None:
        """Back to zero, for a realm or for `all`."""
        with self._changed:
            for one in self._named(realm):
                self._counters[one].clear()

    def check(self, realm: str) -> None:
        """Raise BadSetting for a realm that does not exist (`all` does)."""
        self._named(realm)

    def _named(self, realm: str) -> tuple[str, ...]:
        if realm == ALL:
            return tuple(self._settings)
        if realm not in self._settings:
            raise BadSetting(f"realm: one of {', '.join(self._settings)}, {ALL}")
        return (realm,)
