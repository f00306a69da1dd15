"""Reading keys and clients.yaml again when the operator asks (SIGHUP)."""

from __future__ import annotations

import logging
import signal
import socket
from queue import SimpleQueue
from threading import Thread

from idp.clients.registry import ClientRegistry
from idp.kernel.errors import StartError
from idp.signing.keyring import Keyring

_log = logging.getLogger(__name__)


class Reloader:
    """Does the reading in a thread of its own.

    Whoever asks goes on at once, and the files are read by one thread at a time.
    """

    def __init__(self, *, keyring: Keyring, clients: ClientRegistry) -> None:
        self._keyring = keyring
        self._clients = clients
        self._asked: SimpleQueue[bool] = SimpleQueue()
        self._thread: Thread | None = None

    def ask(self) -> None:
        """Have both read again, soon; returns at once."""
        self._asked.put(True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread = Thread(target=self._listen, name="reload", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End; returns when every reading that was asked for is done."""
        if self._thread is not None:
            self._asked.put(False)
            self._thread.join()
            self._thread = None

    def _listen(self) -> None:
        while self._asked.get():
            self._read()

    def _read(self) -> None:
        try:
            self._keyring.reload()
        except StartError as error:
            for one in error.problems:
                _log.error("keys refused, the last good ones stay: %s", one)
        try:
            self._clients.reload()
        except Exception:  # the thread must outlive whatever a reading meets
            _log.exception("clients file could not be reloaded")


class Hangup:
    """Listens for SIGHUP from its making on, in the main thread.

    Made before the files are read: a signal that comes while a process starts is kept until there
    is somebody to ask, or what it is about would be missed by this process alone.
    Signals are read from the wakeup descriptor, into which they are written as they come. The
    handler that CPython runs for them waits for the main thread, which may have just gone to sleep
    for as long as the process serves.
    """

    def __init__(self) -> None:
        self._read, self._written = socket.socketpair()
        self._written.setblocking(False)
        signal.signal(signal.SIGHUP, lambda *_: None)
        signal.set_wakeup_fd(self._written.fileno(), warn_on_full_buffer=False)

    def hand_to(self, reloader: Reloader) -> None:
        """Ask this one from now on, and at once if a signal came before."""
        Thread(target=self._listen, args=(reloader,), name="hangup", daemon=True).start()

    def _listen(self, reloader: Reloader) -> None:
        while numbers := self._read.recv(64):
            if signal.SIGHUP in numbers:
                reloader.ask()
