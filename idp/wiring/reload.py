"""Reading keys and clients.yaml again when the operator asks (SIGHUP)."""

from __future__ import annotations

import logging
from threading import Event, Thread

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
        self._asked = Event()
        self._stopping = False
        self._thread: Thread | None = None

    def ask(self) -> None:
        """Have both read again, soon; returns at once."""
        self._asked.set()

    def start(self) -> None:
        """Begin to listen."""
        self._stopping = False
        self._thread = Thread(target=self._listen, name="reload", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End; returns when a reading under way is done."""
        if self._thread is not None:
            self._stopping = True
            self._asked.set()
            self._thread.join()
            self._thread = None

    def _listen(self) -> None:
        while True:
            self._asked.wait()
            self._asked.clear()
            if self._stopping:
                return
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
