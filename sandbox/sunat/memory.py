"""Codes and SUNAT's own browser sessions, in memory: the mock forgets them when it ends."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass

CODE_TTL = 300.0


@dataclass(frozen=True)
class Grant:
    """What a code stands for."""

    person_key: str
    realm: str
    client_id: str
    expires_at: float


class Codes:
    """Authorization codes: five minutes, single use, bound to their client."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._grants: dict[str, Grant] = {}

    def issue(self, person_key: str, realm: str, client_id: str) -> str:
        """A new code."""
        code = secrets.token_urlsafe(32)
        now = self._clock()
        with self._lock:
            self._grants = {k: one for k, one in self._grants.items() if one.expires_at > now}
            self._grants[code] = Grant(person_key, realm, client_id, now + CODE_TTL)
        return code

    def redeem(self, code: str, realm: str, client_id: str) -> Grant | None:
        """Spend a code, once; None when unknown, spent, expired or another client's."""
        with self._lock:
            grant = self._grants.get(code)
            if grant is None or (grant.realm, grant.client_id) != (realm, client_id):
                return None
            del self._grants[code]
        return grant if self._clock() < grant.expires_at else None


class Sessions:
    """Who a browser is at SUNAT, per realm."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._people: dict[str, dict[str, str]] = {}

    def person_key(self, cookie: str | None, realm: str) -> str | None:
        """The key of the person logged in, or None."""
        return self.people(cookie).get(realm)

    def people(self, cookie: str | None) -> dict[str, str]:
        """Realm to person's key, of a browser."""
        with self._lock:
            return dict(self._people.get(cookie or "", {}))

    def enter(self, cookie: str | None, realm: str, person_key: str) -> str:
        """Log a browser in; returns the new cookie. The old one ends."""
        fresh = secrets.token_urlsafe(32)
        with self._lock:
            self._people[fresh] = {**self._people.pop(cookie or "", {}), realm: person_key}
        return fresh

    def end(self, cookie: str | None) -> None:
        """Log a browser out of both realms."""
        with self._lock:
            self._people.pop(cookie or "", None)
