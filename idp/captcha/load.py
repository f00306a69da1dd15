"""How busy this process is with forms: what a proof of work costs follows it."""

from __future__ import annotations

import threading
from collections import deque

from idp.kernel.clock import Clock

_WINDOW = 10.0
# Forms per second of one process, and by how much the work grows from there on. An old telephone
# needs some three seconds for the usual work: more than twice that would keep people out, who are
# what a busy day is made of.
_STEPS = ((30.0, 2.0), (10.0, 1.5))
_MOST = int(_WINDOW * _STEPS[0][0]) + 1


class Load:
    """Counts what was shown in the last ten seconds. For any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # Beyond the highest step more makes no difference.
        self._shown: deque[float] = deque(maxlen=_MOST)
        self._guard = threading.Lock()

    def factor(self) -> float:
        """Count one form; by how much its work is to grow."""
        now = self._clock.timestamp()
        with self._guard:
            self._shown.append(now)
            while self._shown and self._shown[0] <= now - _WINDOW:
                self._shown.popleft()
            rate = len(self._shown) / _WINDOW
        return next((factor for least, factor in _STEPS if rate > least), 1.0)
