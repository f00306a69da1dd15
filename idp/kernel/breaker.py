"""A circuit breaker: who fails again and again is left alone for a while, then tried once."""

from __future__ import annotations

from threading import Lock

from idp.kernel.clock import Clock

FAILURES = 3
FIRST_PAUSE = 10.0
LONGEST_PAUSE = 300.0


class Breaker:
    """Of one relay or vendor, in this process; any thread. longest: seconds of a pause."""

    def __init__(self, clock: Clock, *, longest: float = LONGEST_PAUSE) -> None:
        self._clock = clock
        self._longest = longest
        self._lock = Lock()
        self._failures = 0
        self._until = 0.0

    def wait(self) -> float:
        """Seconds until a try may be made; 0 for now. Of one that failed, only one caller gets the
        0: the others wait for what becomes of that try.
        """
        with self._lock:
            if self._failures < FAILURES:
                return 0.0
            left = self._until - self._clock.timestamp()
            if left > 0:
                return left
            self._until = self._clock.timestamp() + self._pause()
            return 0.0

    def pausing(self) -> float:
        """Seconds for which it is left alone still; takes no try, unlike `wait`."""
        with self._lock:
            if self._failures < FAILURES:
                return 0.0
            return max(0.0, self._until - self._clock.timestamp())

    def untried(self) -> None:
        """The try that was granted was not made: the next caller may make it."""
        with self._lock:
            if self._failures >= FAILURES:
                self._until = self._clock.timestamp()

    def succeeded(self) -> bool:
        """It works; whether it had been left alone before."""
        with self._lock:
            was_open = self._failures >= FAILURES
            self._failures = 0
            return was_open

    def failed(self) -> bool:
        """It does not; whether it is left alone from now on."""
        with self._lock:
            self._failures += 1
            if self._failures < FAILURES:
                return False
            self._until = self._clock.timestamp() + self._pause()
            return self._failures == FAILURES

    def _pause(self) -> float:
        beyond = min(self._failures - FAILURES, 8)
        return min(self._longest, FIRST_PAUSE * 2.0**beyond)
