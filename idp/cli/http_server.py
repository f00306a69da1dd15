"""The server of `idp serve`: granian's, with signals that neither end the provider nor get lost."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

from granian.server.mp import MPServer

_TURN = 1.0


class _Wakeful(threading.Event):
    """Waits in turns of a second, after each of which the main thread looks for signals.

    CPython does not run the handler of a signal that comes just as its main thread goes to sleep
    until something wakes it. No lock is taken, since a handler sets it in the thread that waits.
    """

    def __init__(self) -> None:
        super().__init__()
        self._is = False
        self._told: SimpleQueue[None] = SimpleQueue()

    def is_set(self) -> bool:
        return self._is

    def set(self) -> None:
        self._is = True
        self._told.put(None)

    def clear(self) -> None:
        self._is = False

    def wait(self, timeout: float | None = None) -> bool:
        while not self._is:
            try:
                self._told.get(timeout=_TURN if timeout is None else timeout)
            except Empty:
                if timeout is not None:
                    break
        return self._is


class Server(MPServer):
    """Hands SIGHUP on to its processes, which read keys and clients.yaml again.

    Granian's own meaning, new processes, would end a provider whose file is not valid then.
    Until a process sets its own, it has these handlers from its parent, by fork: it must not take
    itself for it, and would outlive an end that came so early.
    """

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.main_loop_interrupt = _Wakeful()
        # Only to wake a process, which has this from its parent.
        signal.signal(signal.SIGUSR1, lambda *_: None)

    def signal_handler_interrupt(self, *args: Any, **named: Any) -> None:
        if os.getpid() != self.pid:
            os._exit(0)
        super().signal_handler_interrupt(*args, **named)  # type: ignore[no-untyped-call]

    def signal_handler_reload(self, *args: Any, **named: Any) -> None:
        for process in self.wrks if os.getpid() == self.pid else ():
            _send(process, signal.SIGHUP)

    def _stop_workers(self) -> None:
        # A process whose main thread has just gone to sleep hears only a second signal. It must not
        # be SIGTERM: granian's handler of a third one stands still, with the requests under way.
        stopped = threading.Event()
        insisting = threading.Thread(target=self._insist, args=(stopped,), daemon=True)
        insisting.start()
        super()._stop_workers()  # type: ignore[no-untyped-call]
        stopped.set()
        insisting.join()

    def _insist(self, stopped: threading.Event) -> None:
        while not stopped.wait(_TURN):
            for process in tuple(self.wrks):
                _send(process, signal.SIGUSR1)


def _send(process: Any, number: signal.Signals) -> None:
    if process.inner.is_alive():
        with suppress(ProcessLookupError):
            os.kill(process.inner.pid, number)
