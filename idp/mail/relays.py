"""Several relays in the order of preference, each with its breaker and its cap.

A mail goes to the first that takes it. It is never given to two: when a connection ends after the
message was handed over and before the answer, nobody knows whether it was taken, so the mail is put
off, and its repeat is the same mail with the same Message-ID.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from idp.kernel.breaker import Breaker
from idp.kernel.clock import Clock
from idp.kernel.errors import Unavailable
from idp.kernel.ids import digest
from idp.limits.ports import Counter, evenly
from idp.mail.message import OutgoingMessage
from idp.mail.ports import Receipt, Relay, RelayDeferred, RelayRefused
from idp.mail.relay_figures import NoFigures, RelayFigures, Trouble, What

_log = logging.getLogger(__name__)

# A worker waits so long for a relay that is at its cap, or about to be tried again: in the order
# of the queue, which putting off would lose.
PATIENCE = 8.0
_PUT_OFF = 5.0
_WIDEST_SPREAD = 30.0


@dataclass(frozen=True)
class _Named:
    """name: host and port, for the log. per_minute: its cap, 0 for none."""

    name: str
    relay: Relay
    per_minute: int
    breaker: Breaker


class Relays:
    """`mail.ports.Relay` over others. pause: waits so many seconds."""

    def __init__(
        self,
        relays: Sequence[tuple[str, Relay, int]],
        *,
        counter: Counter,
        clock: Clock,
        pause: Callable[[float], object],
        patience: float = PATIENCE,
        figures: RelayFigures | None = None,
    ) -> None:
        self._figures = figures or NoFigures()
        self._relays = [
            _Named(name, relay, per_minute, Breaker(clock)) for name, relay, per_minute in relays
        ]
        self._counter = counter
        self._clock = clock
        self._pause = pause
        self._patience = patience

    def send(self, message: OutgoingMessage) -> Receipt:
        """Hand it to the first relay that takes it. Raises RelayDeferred, RelayRefused (when every
        relay refused the message, or one the recipient).
        """
        # What can wait keeps no worker from the links behind it.
        left = self._patience if message.urgent else 0.0
        while not isinstance(found := self._try_each(message), Receipt):
            if found > left:
                raise RelayDeferred("no_relay", after=_spread(message, max(_PUT_OFF, found)))
            left -= found
            self._pause(found)
        return found

    def _try_each(self, message: OutgoingMessage) -> Receipt | float:
        """Which one took it; else seconds until one may. Raises as `send` does, when one was asked
        and none took it.
        """
        waits: list[float] = []
        failure: RelayDeferred | RelayRefused | None = None
        for one in self._relays:
            wait = self._wait(one, message)
            if wait > 0:
                waits.append(wait)
                continue
            try:
                receipt = one.relay.send(message)
            except RelayRefused as error:
                self._works(one, "refused")
                if error.recipient:
                    raise
                # This relay does not like the message; a put-off by another counts for more.
                failure = failure or error
            except RelayDeferred as error:
                self._put_off(one, error)
                failure = error
            else:
                self._works(one, "accepted")
                return receipt
        if isinstance(failure, RelayDeferred) or (failure is not None and not waits):
            raise failure
        return max(0.05, min(waits))

    def _wait(self, one: _Named, message: OutgoingMessage) -> float:
        """Seconds until this relay may be asked."""
        wait = one.breaker.wait()
        if wait > 0 or not one.per_minute:
            return wait
        wait = self._wait_for_cap(one, message)
        if wait > 0:
            # The one try of a relay that failed must not be lost on its cap.
            one.breaker.untried()
        return wait

    def _wait_for_cap(self, one: _Named, message: OutgoingMessage) -> float:
        use = evenly(f"relay:{one.name}", one.per_minute, 60.0)
        now = self._clock.timestamp()
        try:
            if message.urgent:
                return self._counter.hit([use], now=now)[1]
            return self._counter.turn([use], now=now, later=True, again=message.attempt > 1)
        except Unavailable:
            return 0.0

    def _put_off(self, one: _Named, error: RelayDeferred) -> None:
        """Raises it again where nobody knows whether the relay has the message."""
        if error.scope == "recipient":
            # The relay works; another one may still reach that mailbox.
            self._works(one, "deferred")
            return
        if one.breaker.failed():
            _log.error("mail relay left alone", extra={"relay": one.name, "reason": error.reason})
        self._tell_failed(one, error)
        if error.scope == "unknown":
            raise error

    def _works(self, one: _Named, what: What) -> None:
        recovered = one.breaker.succeeded()
        if recovered:
            _log.warning("mail relay works again", extra={"relay": one.name})
        # Figures: no mail is lost, nor sent twice, for their sake.
        with suppress(Unavailable):
            self._figures.count(one.name, what, self._clock.timestamp())
            if recovered:
                self._figures.works(one.name)

    def _tell_failed(self, one: _Named, error: RelayDeferred) -> None:
        now = self._clock.timestamp()
        alone_until = now + one.breaker.pausing() if one.breaker.pausing() else 0.0
        with suppress(Unavailable):
            self._figures.count(one.name, "deferred", now)
            self._figures.failed(one.name, Trouble(now, error.reason, alone_until))


def _spread(message: OutgoingMessage, after: float) -> float:
    """Later by a part that is each mail's own: all that waited for a relay would come back at the
    same moment.
    """
    part = int(digest(message.message_id)[:4], 16) / 0x10000
    return after + part * min(after, _WIDEST_SPREAD)
