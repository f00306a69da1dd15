"""Keeps the flags of a process fresh: a change made anywhere is in force here within a second."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event, Thread

from idp.upstream_status.ports import FlagMessenger
from idp.upstream_status.service import UpstreamStatus

_log = logging.getLogger(__name__)


class FlagWatcher:
    """Reads the flags every `interval` seconds, and at once when somebody announces a change.

    Two threads, since a Redis that hangs instead of refusing would hold up the reading: one reads
    SQL, the other listens and only wakes the first.
    """

    def __init__(
        self,
        *,
        status: UpstreamStatus,
        messenger: FlagMessenger | None = None,
        interval: float = 0.5,
    ) -> None:
        self._status = status
        self._messenger = messenger
        self._also: list[Callable[[], object]] = []
        self._interval = interval
        self._stopping = Event()
        self._wake = Event()
        self._threads: list[Thread] = []

    def also(self, refresh: Callable[[], object]) -> None:
        """Read this too each time that the flags are read; before `start`."""
        self._also.append(refresh)

    def start(self) -> None:
        """Read once, then keep reading in the background; a database that is away only delays."""
        self._stopping.clear()
        self._refresh()
        self._threads = [Thread(target=self._read, name="flag-reader", daemon=True)]
        if self._messenger is not None:
            self._threads.append(Thread(target=self._listen, name="flag-listener", daemon=True))
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the background work; returns when it has ended, or after five seconds."""
        self._stopping.set()
        self._wake.set()
        for thread in self._threads:
            thread.join(timeout=5)
        self._threads = []

    def _read(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait(self._interval)
            self._wake.clear()
            self._refresh()

    def _refresh(self) -> None:
        try:
            self._status.refresh()
            for refresh in self._also:
                refresh()
        except Exception:  # the thread must outlive whatever a refresh meets
            _log.exception("the flags could not be read")

    def _listen(self) -> None:
        assert self._messenger is not None
        while not self._stopping.is_set():
            try:
                if self._messenger.wait(self._interval):
                    self._wake.set()
            except Exception as error:
                # Polling goes on meanwhile; waiting here keeps a dead Redis from spinning us.
                _log.debug("not listening for flags", extra={"reason": type(error).__name__})
                self._stopping.wait(self._interval)
