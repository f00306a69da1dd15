"""The server of `idp serve`: granian's, with signals that neither end the provider nor get lost."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

from granian.server.mp import MPServer

_TURN = 1.0


class _Wakeful(threading.Event):
    """Waits in turns of a second, after each of which the main thread looks for signals.

    CPython does not run the handler of a signal that comes just as its main thread goes to sleep
    until something wakes it.
    """

    def wait(self, timeout: float | None = None) -> bool:
        while not super().wait(_TURN if timeout is None else timeout):
            if timeout is not None:
                return False
        return True


class Server(MPServer):
    """Hands SIGHUP on to its processes, which read keys and clients.yaml again.

    Granian's own meaning, new processes, would end a provider whose file is not valid then.
    Until a process sets its own, it has these handlers from its parent, by fork: it must not take
    itself for it, and would outlive an end that came so early.
    """

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.main_loop_interrupt = _Wakeful()

    def signal_handler_interrupt(self, *args: Any, **named: Any) -> None:
        if os.getpid() != self.pid:
            os._exit(0)
        super().signal_handler_interrupt(*args, **named)  # type: ignore[no-untyped-call]

    def signal_handler_reload(self, *args: Any, **named: Any) -> None:
        for process in self.wrks if os.getpid() == self.pid else ():
            if process.inner.is_alive():
                os.kill(process.inner.pid, signal.SIGHUP)

    def _stop_workers(self) -> None:
        # A process whose main thread has just gone to sleep hears only the second signal.
        stopped = threading.Event()
        insisting = threading.Thread(target=self._insist, args=(stopped,), daemon=True)
        insisting.start()
        super()._stop_workers()  # type: ignore[no-untyped-call]
        stopped.set()
        insisting.join()

    def _insist(self, stopped: threading.Event) -> None:
        while not stopped.wait(_TURN):
            for process in tuple(self.wrks):
                if process.is_alive():  # type: ignore[no-untyped-call]
                    process.terminate()  # type: ignore[no-untyped-call]
