"""A drill, and whom it takes: pure.

A drill shows some people the contingency while SUNAT works. It must hurt nobody: a browser is taken
only where everybody whom it is known for is taken, so that no neighbour at a shared PC is; and by
itself only people who could enter by mail.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LONGEST = timedelta(hours=24)
MOST_TESTERS = 200


class Ending(StrEnum):
    """Why a drill ended. UPSTREAM: SUNAT was flagged down, so that it was no drill any more."""

    TIME = "time"
    OPERATOR = "operator"
    UPSTREAM = "upstream"


@dataclass(frozen=True, kw_only=True)
class Drill:
    """One drill. Moments are aware, UTC.

    clients: the components that it is for, none of them meaning all. percent: how many of the
    people, 0 to 100. testers: persons who are taken whatever the percentage. everyone: those too
    who could not enter by mail. ended_at: when it was found to be over; its end is ends_at at the
    latest, whoever finds out when. ended_by, end_reason: an operator's, and what they said.
    """

    id: str
    realm: str
    clients: tuple[str, ...]
    percent: int
    testers: frozenset[str]
    everyone: bool
    reason: str
    who: str
    begins_at: datetime
    ends_at: datetime
    ended_at: datetime | None = None
    ended_why: Ending | None = None
    ended_by: str | None = None
    end_reason: str | None = None

    def covers(self, client_id: str | None) -> bool:
        """Whether it is for this component; for our own pages (None) it never is."""
        return client_id is not None and (not self.clients or client_id in self.clients)

    def on(self, now: datetime) -> bool:
        """Whether it goes on at that moment, as far as it knows itself."""
        return self.ended_at is None and self.begins_at <= now < self.ends_at

    def over_at(self) -> datetime:
        """When it was, or will be, over."""
        return self.ends_at if self.ended_at is None else min(self.ended_at, self.ends_at)


@dataclass(frozen=True)
class Candidate:
    """Somebody for whom a browser is known. counts: whether it is old enough to tell them by.
    able: whether they could enter by mail now.
    """

    person_id: str
    counts: bool
    able: bool


def check(drill: Drill) -> None:
    """Raises ValueError for a drill that says too little or too much."""
    if not drill.who or not drill.reason:
        raise ValueError("a drill needs a reason and a name")
    if not timedelta(0) < drill.ends_at - drill.begins_at <= LONGEST:
        raise ValueError(f"a drill lasts at most {int(LONGEST.total_seconds()) // 3600} hours")
    if not 0 <= drill.percent <= 100:
        raise ValueError("a percentage from 0 to 100")
    if not drill.percent and not drill.testers:
        raise ValueError("a drill needs a percentage or testers")
    if len(drill.testers) > MOST_TESTERS:
        raise ValueError(f"at most {MOST_TESTERS} testers")


def overlap(one: Drill, realm: str, clients: Sequence[str]) -> bool:
    """Whether another drill of this realm and these components would meet it somewhere."""
    if one.realm != realm:
        return False
    return not one.clients or not clients or not set(one.clients).isdisjoint(clients)


def in_share(drill: Drill, person_id: str, key: bytes) -> bool:
    """Whether the percentage holds this person: by a keyed hash, so that trying again changes
    nothing, nobody can reckon it, and the next drill takes others.
    """
    mac = hmac.new(key, f"{drill.id}|{person_id}".encode(), hashlib.sha256).digest()
    return int.from_bytes(mac[:8], "big") * 100 < drill.percent << 64


def takes(drill: Drill, person_id: str, *, able: bool, key: bytes) -> bool:
    """Whether it takes this person at a browser that is theirs."""
    wanted = person_id in drill.testers or in_share(drill, person_id, key)
    return wanted and (able or drill.everyone)


def takes_browser(drill: Drill, candidates: Iterable[Candidate], key: bytes) -> bool:
    """Whether it takes a browser: it is known for somebody, and all for whom it is are taken."""
    # A list: what is reckoned is the same whoever is in, and so is the time that it takes.
    found = [
        one.counts and takes(drill, one.person_id, able=one.able, key=key) for one in candidates
    ]
    return bool(found) and all(found)
