"""The way out for mail."""

from __future__ import annotations

from typing import Literal, Protocol

from idp.mail.message import OutgoingMessage


class RelayDeferred(Exception):
    """Not now: 4xx, a time-out, no connection, or the relay refuses *us*. Another try may do.

    reason: a short code without personal data, e.g. `451` or `timeout`. after: seconds until
    another try may do; None leaves it to the backoff. scope: whether it is about the recipient, or
    about the relay, or the relay had the message and nobody knows whether it took it.
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


class RelayRefused(Exception):
    """Never: the relay refused this recipient or this message with a 5xx (RFC 5321 §4.2.1).

    recipient: whether it is the address that was refused (else the message).
    """

    def __init__(self, reason: str, *, recipient: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.recipient = recipient


class Relay(Protocol):
    """Hands a mail to somebody who delivers it."""

    def send(self, message: OutgoingMessage) -> None:
        """Return once the relay accepted it. Raises RelayDeferred, RelayRefused."""
        ...
