"""A mail that a relay may have taken already is not given again soon, and not again and again."""

from __future__ import annotations

import logging
from dataclasses import replace

from idp.kernel.clock import Clock
from idp.kernel.errors import Unavailable
from idp.mail.message import OutgoingMessage
from idp.mail.ports import MailTries, Receipt, Relay, RelayDeferred, RelayRefused, Tries

_log = logging.getLogger(__name__)

# Whoever is that slow needs time; and a person who got the first copy has used it by then.
REPEAT_AFTER = 300.0


class RepeatingRelay:
    """`mail.ports.Relay`: another one, with a memory of each mail's tries.

    A mail whose outcome is unknown is repeated once, identical and with its Message-ID, after
    REPEAT_AFTER seconds. If nobody answers then either, that was all: of two copies that a mailbox
    may hold, a third helps nobody.
    """

    def __init__(self, relay: Relay, *, tries: MailTries, clock: Clock) -> None:
        self._relay = relay
        self._tries = tries
        self._clock = clock

    def send(self, message: OutgoingMessage) -> Receipt:
        """Raises what the relay raises; RelayDeferred("unknown") before its time, and
        RelayRefused("unknown") after the second silence.
        """
        past = self._begin(message)
        try:
            self._judge(past)
            receipt = self._relay.send(replace(message, attempt=past.count))
        except RelayRefused as error:
            error.attempt = past.count
            raise
        except RelayDeferred as error:
            error.attempt = past.count
            if error.scope == "unknown" and error.after is None:
                self._unanswered(message, past, error)
            raise
        return replace(receipt, attempt=past.count)

    def _judge(self, past: Tries) -> None:
        if past.unknown > 1:
            raise RelayRefused("unknown", recipient=False)
        left = past.unknown_at + REPEAT_AFTER - self._clock.timestamp()
        if past.unknown and left > 0:
            raise RelayDeferred("unknown", after=left, scope="unknown")

    def _unanswered(self, message: OutgoingMessage, past: Tries, error: RelayDeferred) -> None:
        """Remember it. Raises RelayRefused where it was not the first time."""
        try:
            self._tries.unknown(message.message_id, self._clock.timestamp())
        except Unavailable:
            _log.warning("not remembered that a mail may have left")
        if past.unknown:
            refused = RelayRefused("unknown", recipient=False)
            refused.relay, refused.attempt = error.relay, error.attempt
            raise refused from None
        error.after = REPEAT_AFTER

    def _begin(self, message: OutgoingMessage) -> Tries:
        try:
            return self._tries.begin(message.message_id)
        except Unavailable:
            return Tries()
