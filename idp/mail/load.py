"""How busy the mail is: what waits, what was delivered, and how long a new request would take.

Everything that a page shows of it is system-wide and coarse, and nothing is shown of fewer than
CROWD people: one person's request must not move a figure that a stranger can read.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from threading import Lock
from typing import Protocol

from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.kernel.events import RelayAccepted

CROWD = 20
LONGEST_WAIT = 900.0
# A backlog is watched for so long before its speed is believed: the first seconds of a surge tell
# nothing of how fast it goes.
LEAST_WATCHED = 30.0
# Figures for pages may be this old, so that a surge asks for them once and not once a request.
_FRESH = 2.0
_MINUTES = (1, 2, 5, 10, 15)


@dataclass(frozen=True)
class Load:
    """open: requests that wait for a decision or a relay; oldest: age of the first of them (s).
    untried, stuck: ages that at least CROWD have reached, of those that no worker tried yet and of
    all: one mailbox, or a request that was lost, moves neither.
    finished: how many were done within the last `window` seconds, which begin with the backlog.
    delivered: what recent deliveries took, from the request to the relay (s).
    """

    open: int = 0
    oldest: float = 0.0
    untried: float = 0.0
    stuck: float = 0.0
    finished: int = 0
    window: float = 120.0
    delivered: tuple[float, ...] = ()


@dataclass(frozen=True)
class Outlook:
    """In whole minutes (1, 2, 5, 10 or 15: "at most about"), None where nothing can be told.

    queue: what a request would wait now; 0 without a delay worth telling. recent: what recent
    deliveries took.
    """

    queue: int
    recent: int | None


class LoadStore(Protocol):
    """Where it is counted, for all processes. Raises Unavailable("redis")."""

    def opened(self, request_id: str, at: float) -> None:
        """A request begins to wait (epoch seconds)."""
        ...

    def tried(self, request_id: str) -> None:
        """A worker had it in hand; it still waits."""
        ...

    def closed(self, request_id: str, at: float) -> None:
        """It is done, or waits for its own mailbox only; counted once."""
        ...

    def delivered(self, domain: str, seconds: float, at: float) -> None:
        """A relay took a mail for this domain so many seconds after it was asked for."""
        ...

    def load(self, now: float) -> Load:
        """How busy it is now."""
        ...

    def domains(self, now: float) -> Mapping[str, Mapping[int, int]]:
        """Deliveries of the last day by domain: how many took at most so many seconds (0: more)."""
        ...


class MailLoad:
    """The figures, kept for two seconds, and the one decision that hangs on them."""

    def __init__(self, *, store: LoadStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lock = Lock()
        self._seen: tuple[float, Load] | None = None

    def opened(self, request_id: str) -> None:
        """A request begins to wait. Raises Unavailable("redis")."""
        self._store.opened(request_id, self._clock.timestamp())

    def tried(self, request_id: str) -> None:
        """A worker had it in hand, and a relay or the budget put it off. Raises as `opened`."""
        self._store.tried(request_id)

    def closed(self, request_id: str) -> None:
        """It is done: a relay has its mail, or nobody gets one; or its own mailbox puts it off,
        which keeps nobody else waiting. Raises Unavailable("redis").
        """
        self._store.closed(request_id, self._clock.timestamp())

    def relay_accepted(self, event: RelayAccepted) -> None:
        """Count what a delivery took. Raises Unavailable("redis")."""
        self._store.delivered(event.domain, event.seconds, event.at)

    def domains(self) -> Mapping[str, Mapping[int, int]]:
        """As `LoadStore.domains`. Raises Unavailable("redis")."""
        return self._store.domains(self._clock.timestamp())

    def now(self) -> Load:
        """At most two seconds old. Raises Unavailable("redis")."""
        now = self._clock.timestamp()
        with self._lock:
            if self._seen is None or not 0 <= now - self._seen[0] < _FRESH:
                self._seen = (now, self._store.load(now))
            return self._seen[1]

    def outlook(self) -> Outlook:
        """What the waiting page may tell."""
        load = self.now()
        wait = estimated_wait(load)
        recent = median(load.delivered) if len(load.delivered) >= CROWD else None
        return Outlook(
            queue=0 if wait < 60 else _at_most(wait),
            recent=None if recent is None else _at_most(recent),
        )

    def admit(self) -> None:
        """Raises IdpError("mail_busy", 503), with when to come back, beyond a quarter of an hour:
        what is queued then would come too late to be of use.
        """
        wait = estimated_wait(self.now())
        if wait > LONGEST_WAIT:
            raise IdpError(
                "mail_busy", 503, retry_after=math.ceil(min(1_800.0, wait - LONGEST_WAIT + 60))
            )


def estimated_wait(load: Load) -> float:
    """Seconds that a new request would wait; 0 while so few wait that it would tell of somebody."""
    if load.open < CROWD:
        return 0.0
    if load.finished < CROWD:
        # Next to nothing gets through: it takes at least as long as it has taken those.
        return load.stuck
    if load.window < LEAST_WATCHED:
        return load.untried
    return max(load.untried, load.open / (load.finished / load.window))


def _at_most(seconds: float) -> int:
    return next((one for one in _MINUTES if seconds <= one * 60), _MINUTES[-1])
