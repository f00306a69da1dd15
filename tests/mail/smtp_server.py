"""A real SMTP server on loopback whose behaviour a test chooses."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Behaviour:
    """What the server says; `hang` makes it take the message and never answer, `answer_after` (s)
    answer late.
    """

    rcpt: str = ""
    data: str = ""
    hang: bool = False
    answer_after: float = 0.0
    close_after_data: bool = False
    close_before_answer: bool = False
    received: list[tuple[str, list[str], EmailMessage]] = field(default_factory=list)
    hanging: threading.Event = field(default_factory=threading.Event)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        if self.rcpt:
            return self.rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.data:
            return self.data
        content = envelope.content
        assert isinstance(content, bytes)
        message = message_from_bytes(content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.received.append((envelope.mail_from or "", list(envelope.rcpt_tos), message))
        if self.close_before_answer:
            server.transport.close()
            return "250 OK"
        await asyncio.sleep(self.answer_after)
        if self.hang:
            self.hanging.set()
            await asyncio.sleep(60)
        if self.close_after_data:
            await server.push("250 OK")
            server.transport.close()
        return "250 OK"


class SmtpServer:
    """Starts on a free port of 127.0.0.1 (`port` to come back on the same one)."""

    def __init__(
        self,
        behaviour: Behaviour,
        *,
        port: int = 0,
        starttls: ssl.SSLContext | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        more: dict[str, Any] = (
            {"tls_context": starttls, "require_starttls": True} if starttls else {}
        )
        if port == 0:
            port = _free_port()
        self._controller = Controller(
            behaviour, hostname="127.0.0.1", port=port, ssl_context=tls, **more
        )
        self.port = port

    def __enter__(self) -> SmtpServer:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop(no_assert=True)


class ScriptedServer:
    """Answers each line that begins with one of these words with that text; an empty text closes
    the connection. `.` is the end of a message. What it was told is in `lines`.
    """

    def __init__(self, **changes: str) -> None:
        self._answers = {
            "EHLO": "250 me", "MAIL": "250 OK", "RCPT": "250 OK", "DATA": "354 go on",
            ".": "250 OK", "RSET": "250 OK", "QUIT": "221 bye", **changes,
        }  # fmt: skip
        self.lines: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb", 0) as file:
                self._talk(file)

    def _talk(self, file: Any) -> None:
        file.write(b"220 me\r\n")
        for raw in file:
            line = raw.decode().strip()
            self.lines.append(line)
            answer = self._answers.get(line[:4].upper())
            if answer == "":
                return
            if answer is not None:
                file.write(f"{answer}\r\n".encode())

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
