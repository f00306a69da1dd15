"""A proxy in front of a unix socket that can lose an answer: the request arrives, the reply never."""

from __future__ import annotations

import socket
import tempfile
import threading
from pathlib import Path
from typing import Self


class LosingProxy:
    """Forwards connections to `target` until told to drop the connection instead of an answer."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._folder = tempfile.TemporaryDirectory()
        self.path = Path(self._folder.name) / "p.sock"
        self._listener = socket.socket(socket.AF_UNIX)
        self._lose = threading.Event()

    def lose_next_answer(self) -> None:
        """The next bytes that the server sends are lost, with their connection."""
        self._lose.set()

    def __enter__(self) -> Self:
        self._listener.bind(str(self.path))
        self._listener.listen(8)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self._folder.cleanup()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(str(self._target))
            for source, sink, answers in ((client, server, False), (server, client, True)):
                threading.Thread(
                    target=self._forward, args=(source, sink, answers), daemon=True
                ).start()

    def _forward(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        try:
            while data := source.recv(65_536):
                if answers and self._lose.is_set():
                    self._lose.clear()
                    break
                sink.sendall(data)
        except OSError:
            pass
        for one in (source, sink):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
