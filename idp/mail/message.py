"""A mail, rendered and addressed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class RenderedMail:
    """What the templates gave: one line of subject, a text part, an HTML part."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class OutgoingMessage:
    """One mail to one address.

    message_id: without angle brackets, the same over retries of the same mail. date: from our
    clock. urgent: somebody waits for it (a login link): where mail is short, it goes first.
    attempt: which try of this mail it is, 0 where nobody counts. Raises ValueError when a header
    would break into another (header injection).
    """

    to: str = field(repr=False)
    content: RenderedMail = field(repr=False)
    message_id: str
    date: datetime
    headers: Mapping[str, str] = field(default_factory=lambda: {"Auto-Submitted": "auto-generated"})
    urgent: bool = True
    attempt: int = 0

    def __post_init__(self) -> None:
        lines = (
            self.to,
            self.content.subject,
            self.message_id,
            *self.headers,
            *self.headers.values(),
        )
        if any(mark in line for line in lines for mark in "\r\n\0"):
            raise ValueError("a header holds a line break")
        if "," in self.to or ";" in self.to:
            raise ValueError("more than one recipient")
