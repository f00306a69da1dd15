"""What is half done: a login between password and code, a set-up between password and app.

It belongs to one browser, and counts for minutes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from idp.admin.ports import StepStore
from idp.kernel.clock import Clock

# Seconds: to find the telephone, and to install an app on it.
CODE_LIFE = 300
SETUP_LIFE = 1_800
_LOGIN, _SETUP = "login", "setup"


@dataclass(frozen=True)
class HalfLogin:
    """The password was right. back: the page that was wanted."""

    account_id: str
    generation: int
    back: str


@dataclass(frozen=True)
class HalfSetup:
    """A password was chosen. browser_hash: where."""

    browser_hash: str
    password_hash: str = field(repr=False)


class Steps:
    """Keeps them by our own clock."""

    def __init__(self, *, store: StepStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def put_login(self, browser_hash: str, half: HalfLogin) -> None:
        """This browser's, in the place of any other."""
        self._put(_LOGIN, browser_hash, vars(half), CODE_LIFE)

    def login(self, browser_hash: str) -> HalfLogin | None:
        """This browser's."""
        found = self._get(_LOGIN, browser_hash)
        return HalfLogin(**found) if found else None

    def drop_login(self, browser_hash: str) -> None:
        """It is done."""
        self._store.drop(_LOGIN, browser_hash)

    def put_setup(self, setup_digest: str, half: HalfSetup) -> None:
        """A link's, in the place of any other."""
        self._put(_SETUP, setup_digest, vars(half), SETUP_LIFE)

    def setup(self, setup_digest: str, browser_hash: str) -> HalfSetup | None:
        """A link's, if this browser began it."""
        found = self._get(_SETUP, setup_digest)
        half = HalfSetup(**found) if found else None
        return half if half and half.browser_hash == browser_hash else None

    def drop_setup(self, setup_digest: str) -> None:
        """It is done."""
        self._store.drop(_SETUP, setup_digest)

    def _put(self, kind: str, key: str, values: dict[str, object], seconds: int) -> None:
        until = self._clock.timestamp() + seconds
        self._store.put(kind, key, json.dumps({"until": until, **values}), seconds=seconds)

    def _get(self, kind: str, key: str) -> dict[str, Any] | None:
        text = self._store.get(kind, key)
        found = json.loads(text) if text else None
        if found is None or found.pop("until") <= self._clock.timestamp():
            return None
        return dict(found)
