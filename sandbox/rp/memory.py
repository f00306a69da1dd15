"""Sessions in memory, by an unguessable id in a cookie."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field
from typing import Any

_MOST = 2_000


@dataclass
class Visit:
    """One browser. pending: logins under way by state. user: claims and ID token once logged in.

    drafts: what was typed into a trámite, by its number, logged in or not.
    """

    pending: dict[str, dict[str, str]] = field(default_factory=dict)
    user: dict[str, Any] | None = None
    drafts: dict[int, str] = field(default_factory=dict)


class Visits:
    """Thread-safe; the oldest give way."""

    def __init__(self) -> None:
        self._visits: dict[str, Visit] = {}
        self._lock = threading.Lock()

    def get(self, visit_id: str | None) -> tuple[str, Visit]:
        """The visit of a cookie, a new one where there is none."""
        with self._lock:
            if visit_id and visit_id in self._visits:
                return visit_id, self._visits[visit_id]
            if len(self._visits) >= _MOST:
                del self._visits[next(iter(self._visits))]
            visit_id = secrets.token_urlsafe(24)
            self._visits[visit_id] = Visit()
            return visit_id, self._visits[visit_id]

    def renew(self, visit_id: str) -> str:
        """Another id for the same visit, after a login: the old one is worth nothing."""
        with self._lock:
            # Two answers at once for one browser: the slower one finds its visit renewed already.
            visit = self._visits.pop(visit_id, None) or Visit()
            renewed = secrets.token_urlsafe(24)
            self._visits[renewed] = visit
            return renewed
