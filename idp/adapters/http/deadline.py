"""A bound on a whole call, whatever the server does in between."""

from __future__ import annotations

import socket
import threading
import time
from typing import Self

from urllib3.connection import HTTPConnection

from idp.kernel.ports import HttpFailure


class Deadline:
    """A bound on the whole call. A server that drips a byte a second resets every socket time-out,
    so when the time is over the connection is cut from outside.
    """

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        return max(0.001, self._end - time.monotonic())

    @property
    def passed(self) -> bool:
        return time.monotonic() >= self._end

    def check(self) -> None:
        """Raise HttpFailure("timeout") once the time is over."""
        if self.passed:
            raise HttpFailure("timeout")


class Cutter:
    """Cuts the connection that it watches when the deadline passes, and closes it at the end."""

    def __init__(self, deadline: Deadline) -> None:
        self._connection: HTTPConnection | None = None
        self._timer = threading.Timer(deadline.left, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._timer.cancel()
        if self._connection is not None:
            self._connection.close()

    def watch(self, connection: HTTPConnection) -> None:
        self._connection = connection

    def _cut(self) -> None:
        sock = self._connection.sock if self._connection is not None else None
        if sock is None:
            return
        try:
            # Not SSLSocket.shutdown, which pulls the TLS state from under the reading thread.
            socket.socket.shutdown(sock, socket.SHUT_RDWR)
        except OSError:
            return
