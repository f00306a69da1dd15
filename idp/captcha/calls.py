"""How a vendor is called: few calls at once, and none while it is known to be away.

Whoever sends the form makes a call, and each holds a thread for as long as the vendor takes. What
a stranger can repeat must leave threads to everybody else.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from idp.kernel.breaker import Breaker
from idp.kernel.clock import Clock
from idp.kernel.ports import HttpFailure, HttpResponse

_log = logging.getLogger(__name__)
_QUEUE_SECONDS = 1.0
# What the page asks people to wait: it must be true by then that the vendor is tried again.
LONGEST_PAUSE = 60.0


class NotCalled(Exception):
    """The vendor was not asked; the text says why (`busy`, `left alone`)."""


class Calls:
    """Of one process with so many threads, of which calls take a quarter (at least one) and, with
    those that wait up to a second for one to end, never more than half.
    """

    def __init__(self, *, clock: Clock, threads: int) -> None:
        parallel = max(1, threads // 4)
        self._slots = threading.BoundedSemaphore(parallel)
        self._places = threading.BoundedSemaphore(max(parallel, threads // 2))
        self._breaker = Breaker(clock, longest=LONGEST_PAUSE)

    def make(self, call: Callable[[], HttpResponse]) -> HttpResponse:
        """What the call brought. Raises NotCalled at once or after a second, HttpFailure."""
        # First, so that nobody waits for a vendor that is away.
        if self._breaker.wait() > 0:
            raise NotCalled("left alone")
        with self._slot():
            try:
                answer = call()
            except HttpFailure:
                self._failed()
                raise
        # Whatever else it says, it is there. Were refusals to count, a stranger's odd answers
        # could close the form to everybody.
        if answer.status >= 500 or answer.status == 429:
            self._failed()
        elif self._breaker.succeeded():
            _log.warning("captcha vendor answers again")
        return answer

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise NotCalled("busy")
        try:
            if not self._slots.acquire(timeout=_QUEUE_SECONDS):
                raise NotCalled("busy")
            try:
                yield
            finally:
                self._slots.release()
        finally:
            self._places.release()

    def _failed(self) -> None:
        if self._breaker.failed():
            _log.error("captcha vendor left alone for a while")
