"""The way out for mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from idp.mail.message import OutgoingMessage


@dataclass(frozen=True)
class Receipt:
    """A relay took a mail. relay: which one (host and port), "" where that is not known. attempt:
    how often the mail was tried by then, 0 where nobody counted.
    """

    relay: str = ""
    attempt: int = 0

    @property
    def told(self) -> dict[str, str]:
        """The details of an audit row."""
        return _told(self.relay, self.attempt)


class RelayDeferred(Exception):
    """Not now: 4xx, a time-out, no connection, or the relay refuses *us*. Another try may do.

    reason: a short code without personal data, e.g. `451` or `timeout`. after: seconds until
    another try may do; None leaves it to the backoff. scope: whether it is about the recipient, or
    about the relay, or the relay had the message and nobody knows whether it took it. relay and
    attempt: as in `Receipt`, filled in by who knows them.
    """

    def __init__(
        self,
        reason: str,
        *,
        after: float | None = None,
        scope: Literal["relay", "recipient", "unknown"] = "relay",
    ) -> None:
        super().__init__(reason)
        self.scope = scope
        self.reason = reason
        self.after = after
        self.relay = ""
        self.attempt = 0

    @property
    def told(self) -> dict[str, str]:
        """The details of an audit row."""
        return {"code": self.reason, **_told(self.relay, self.attempt)}


class RelayRefused(Exception):
    """Never: the relay refused this recipient or this message with a 5xx (RFC 5321 §4.2.1), or its
    answer stayed away twice (reason `unknown`).

    recipient: whether it is the address that was refused (else the message). relay and attempt: as
    in `Receipt`.
    """

    def __init__(self, reason: str, *, recipient: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.recipient = recipient
        self.relay = ""
        self.attempt = 0

    @property
    def told(self) -> dict[str, str]:
        """The details of an audit row."""
        return {"code": self.reason, **_told(self.relay, self.attempt)}


class Relay(Protocol):
    """Hands a mail to somebody who delivers it."""

    def send(self, message: OutgoingMessage) -> Receipt:
        """Return once the relay accepted it. Raises RelayDeferred, RelayRefused."""
        ...


@dataclass(frozen=True)
class Tries:
    """What is remembered of a mail. count: its tries, this one included (0: nobody counts).
    unknown: how many of them ended without anybody knowing whether the relay took it, and
    unknown_at: when the last of these did (epoch seconds).
    """

    count: int = 0
    unknown: int = 0
    unknown_at: float = 0.0


class MailTries(Protocol):
    """Remembers the tries of a mail by its Message-ID, for all processes, for some hours after the
    last one. Raises Unavailable("redis").
    """

    def begin(self, message_id: str) -> Tries:
        """Another try begins."""
        ...

    def unknown(self, message_id: str, at: float) -> None:
        """It ended without an answer (epoch seconds)."""
        ...


def _told(relay: str, attempt: int) -> dict[str, str]:
    told = {"relay": relay, "attempt": str(attempt) if attempt else ""}
    return {name: value for name, value in told.items() if value}
