"""Reading keys and clients.yaml again when the operator asks (SIGHUP)."""

from __future__ import annotations

import logging
import signal
from queue import SimpleQueue
from threading import Thread

from idp.clients.registry import ClientRegistry
from idp.kernel.errors import StartError
from idp.signing.keyring import Keyring

_log = logging.getLogger(__name__)


class Reloader:
    """Does the reading in a thread of its own.

    A signal's handler interrupts the main thread wherever it stands, perhaps holding the very lock
    that a reading would wait for: all that a handler may do is `ask`.
    """

    def __init__(self, *, keyring: Keyring, clients: ClientRegistry) -> None:
        self._keyring = keyring
        self._clients = clients
        # Of all that a thread can wait for, only this may be used by a handler within a handler.
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
        """End; returns when a reading under way is done."""
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
    """

    def __init__(self) -> None:
        self._reloader: Reloader | None = None
        self._kept = False
        signal.signal(signal.SIGHUP, self._heard)

    def hand_to(self, reloader: Reloader) -> None:
        """Ask this one from now on, and at once if a signal came before."""
        self._reloader = reloader
        if self._kept:
            reloader.ask()

    def _heard(self, *_: object) -> None:
        self._kept = True
        if self._reloader is not None:
            self._reloader.ask()
