"""Periodic work in a thread of its own: what must not wait for the others' turns."""

from __future__ import annotations

import threading

from idp.jobs.periodic import Periodic

_TICK_SECONDS = 1.0


class Beside:
    """Ticks while the process works. Whatever it runs must bear to be cut off with the process."""

    def __init__(self, name: str, periodic: Periodic, *, tick: float = _TICK_SECONDS) -> None:
        self._periodic = periodic
        self._tick = tick
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; returns when what is in hand is done."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._tick):
            self._periodic.tick()
