"""The messages that were caught, the newest 500, and how the catcher behaves."""

from __future__ import annotations

import email
import email.policy
import itertools
import threading
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage

BEHAVIOURS = ("accept", "defer", "refuse", "hang", "close")
_MOST = 500


@dataclass(frozen=True)
class Caught:
    """One message. to: envelope recipients. text, html: its parts, empty where it has none."""

    id: str
    at: datetime
    sender: str
    to: tuple[str, ...]
    subject: str
    text: str
    html: str
    headers: tuple[tuple[str, str], ...]


class Mailbox:
    """Thread-safe; `behaviour` is one of BEHAVIOURS."""

    def __init__(self) -> None:
        self._messages: deque[Caught] = deque(maxlen=_MOST)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self.behaviour = "accept"

    def add(self, sender: str, to: list[str], content: bytes) -> Caught:
        """Keep a message."""
        parsed = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        with self._lock:
            caught = Caught(
                id=str(next(self._numbers)),
                at=datetime.now(UTC),
                sender=sender,
                to=tuple(to),
                subject=str(parsed.get("Subject", "")),
                text=_part(parsed, "plain"),
                html=_part(parsed, "html"),
                headers=tuple((name, str(value)) for name, value in parsed.items()),
            )
            self._messages.appendleft(caught)
        return caught

    def messages(self, to: str = "") -> list[Caught]:
        """The newest first; only those whose recipients contain `to`."""
        wanted = to.strip().lower()
        with self._lock:
            return [one for one in self._messages if any(wanted in name.lower() for name in one.to)]

    def get(self, message_id: str) -> Caught | None:
        """One message, or None."""
        return next((one for one in self.messages() if one.id == message_id), None)

    def clear(self) -> None:
        """Forget every message."""
        with self._lock:
            self._messages.clear()


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""
