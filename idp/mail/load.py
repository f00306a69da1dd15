"""How busy the mail is: what waits, what was delivered, and how long a new request would take.

Everything that a page shows of it is system-wide and coarse. What nobody tried yet counts live,
since who exists makes no difference to it. What hangs on a mail that leaves is told as `mail.news`
says: one person's request must not move a figure that a stranger can read.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.kernel.events import RelayAccepted
from idp.mail.news import CROWD, EPOCH, Epoch, News, closed, crowd, news

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
    untried, stuck: ages that at least a crowd has reached, of those that no worker tried yet and of
    all: one mailbox, or a request that was lost, moves neither.
    finished: how many were done within the last `window` seconds, which begin with the backlog.
    crowd: how many are one, as the store was asked.
    """

    open: int = 0
    oldest: float = 0.0
    untried: float = 0.0
    stuck: float = 0.0
    finished: int = 0
    window: float = 120.0
    crowd: int = CROWD


@dataclass(frozen=True)
class Outlook:
    """In whole minutes (1, 2, 5, 10 or 15: "at most about"), None where nothing can be told.

    queue: what requests wait now; 0 without a delay worth telling. recent: what deliveries of the
    last five minutes took.
    """

    queue: int
    recent: int | None


class LoadStore(Protocol):
    """Where it is counted, for all processes. Raises Unavailable("redis")."""

    def opened(self, request_id: str, at: float) -> None:
        """A request begins to wait (epoch seconds)."""
        ...

    def tried(self, request_id: str) -> None:
        """A worker has it in hand; it still waits."""
        ...

    def put_off(self, who: str, age: float, at: float) -> None:
        """A relay put it off when it was so many seconds old. who: a digest of whom it is for."""
        ...

    def closed(self, request_id: str, at: float) -> None:
        """It is done, or waits for its own mailbox only; counted once."""
        ...

    def delivered(self, domain: str, who: str, seconds: float, at: float) -> None:
        """A relay took a mail for this domain so many seconds after it was asked for."""
        ...

    def load(self, now: float, crowd: int) -> Load:
        """How busy it is now. crowd: so many must have reached the ages that it tells."""
        ...

    def epoch(self, number: int) -> Epoch:
        """What happened from `number * EPOCH` on, for so long."""
        ...

    def domains(self, now: float) -> Mapping[str, Mapping[int, int]]:
        """Deliveries of the last day by domain: how many took at most so many seconds (0: more)."""
        ...


class MailLoad:
    """The figures, kept for two seconds, and the one decision that hangs on them. key: 32 bytes, of
    what is drawn.
    """

    def __init__(self, *, store: LoadStore, clock: Clock, key: bytes) -> None:
        self._store = store
        self._clock = clock
        self._key = key
        self._lock = Lock()
        self._seen: tuple[float, Load] | None = None
        self._news: tuple[int, News] | None = None

    def opened(self, request_id: str) -> None:
        """A request begins to wait. Raises Unavailable("redis")."""
        self._store.opened(request_id, self._clock.timestamp())

    def tried(self, request_id: str) -> None:
        """A worker has it in hand. To be told before anything of it is decided, so that it is the
        same for everybody. Raises as `opened`.
        """
        self._store.tried(request_id)

    def put_off(self, who: str, age: float) -> None:
        """A relay or the budget, not its own mailbox, puts it off at that age (s). Raises as
        `opened`.
        """
        self._store.put_off(who, age, self._clock.timestamp())

    def closed(self, request_id: str) -> None:
        """It is done: a relay has its mail, or nobody gets one; or its own mailbox puts it off,
        which keeps nobody else waiting. Raises Unavailable("redis").
        """
        self._store.closed(request_id, self._clock.timestamp())

    def relay_accepted(self, event: RelayAccepted) -> None:
        """Count what a delivery took. Raises Unavailable("redis")."""
        self._store.delivered(event.domain, event.who, event.seconds, event.at)

    def domains(self) -> Mapping[str, Mapping[int, int]]:
        """As `LoadStore.domains`. Raises Unavailable("redis")."""
        return self._store.domains(self._clock.timestamp())

    def now(self) -> Load:
        """At most two seconds old. Raises Unavailable("redis")."""
        now = self._clock.timestamp()
        with self._lock:
            if self._seen is None or not 0 <= now - self._seen[0] < _FRESH:
                many = crowd(self._key, "now", int(now) // EPOCH)
                self._seen = (now, self._store.load(now, many))
            return self._seen[1]

    def news(self) -> News:
        """Of the last closed epoch, which does not change any more. Raises Unavailable("redis")."""
        number = closed(self._clock.timestamp())
        with self._lock:
            if self._news is None or self._news[0] != number:
                self._news = (number, news(self._store.epoch(number), self._key, number))
            return self._news[1]

    def outlook(self) -> Outlook:
        """What the waiting page may tell."""
        told = self.news()
        wait = max(self.now().untried, told.put_off)
        return Outlook(
            queue=0 if wait < 60 else _at_most(wait),
            recent=None if told.recent is None else _at_most(told.recent),
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
    if load.open < load.crowd:
        return 0.0
    if load.finished < CROWD:
        # Next to nothing gets through: it takes at least as long as it has taken those.
        return load.stuck
    if load.window < LEAST_WATCHED:
        return load.untried
    return max(load.untried, load.open / (load.finished / load.window))


def _at_most(seconds: float) -> int:
    return next((one for one in _MINUTES if seconds <= one * 60), _MINUTES[-1])
