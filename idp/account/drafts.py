"""What a person typed after their session had ended, kept over the new login.

It is sealed for one person and one browser: whoever else logs in there is shown nothing of it. The
form says whose it is by a sealed field, since no session is left to tell.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Protocol

from idp.account.form import kept
from idp.account.service import may_change
from idp.kernel.clock import Clock
from idp.kernel.errors import Unavailable
from idp.login.session import Session

# Seconds: enough for a login, little for a shared PC.
LIFE = 1_800


class Seals(Protocol):
    """What is needed of `people.vault`."""

    def seal(self, text: str, bound: str) -> str:
        """Encrypt; it opens with the same `bound` alone."""
        ...

    def open(self, sealed: str, bound: str) -> str:
        """Decrypt. Raises Unavailable("data_keys") for what was not sealed so."""
        ...


class DraftStore(Protocol):
    """One sealed text for each browser. Raises Unavailable("redis")."""

    def put(self, browser_hash: str, sealed: str, *, seconds: int) -> None:
        """Keep it, instead of an earlier one, for so long."""
        ...

    def get(self, browser_hash: str) -> str | None:
        """The text that is there."""
        ...

    def drop(self, browser_hash: str) -> None:
        """Forget it."""
        ...


class Drafts:
    """Keeps what was typed, and gives it back to its own person."""

    def __init__(self, *, store: DraftStore, vault: Seals, clock: Clock) -> None:
        self._store = store
        self._vault = vault
        self._clock = clock

    def owner_field(self, session: Session, browser_hash: str) -> str:
        """For the form: whose it is, for this browser alone."""
        return self._vault.seal(session.person_id, _form(browser_hash))

    def keep(self, owner_field: str, browser_hash: str, form: Mapping[str, str]) -> None:
        """Keep a form that came without a session; nothing of one that is not ours."""
        person_id = self._opened(owner_field, _form(browser_hash))
        if person_id is None:
            return
        until = self._clock.timestamp() + LIFE
        text = json.dumps({"until": until, "form": kept(form)})
        sealed = self._vault.seal(text, _draft(browser_hash, person_id))
        self._store.put(browser_hash, sealed, seconds=LIFE)

    def of(self, session: Session, browser_hash: str) -> Mapping[str, str] | None:
        """What this very person typed here, if they may still save it.

        Somebody else's is forgotten: whoever left the PC does not come back to it.
        """
        if not may_change(session):
            return None
        sealed = self._store.get(browser_hash)
        if sealed is None:
            return None
        text = self._opened(sealed, _draft(browser_hash, session.person_id))
        found = json.loads(text) if text is not None else None
        if found is None or found["until"] <= self._clock.timestamp():
            self._store.drop(browser_hash)
            return None
        form: Mapping[str, str] = found["form"]
        return form

    def drop(self, browser_hash: str) -> None:
        """It was saved."""
        self._store.drop(browser_hash)

    def _opened(self, sealed: str, bound: str) -> str | None:
        try:
            return self._vault.open(sealed, bound)
        except Unavailable:
            return None


def _form(browser_hash: str) -> str:
    return f"account-form|{browser_hash}"


def _draft(browser_hash: str, person_id: str) -> str:
    return f"account-draft|{browser_hash}|{person_id}"
