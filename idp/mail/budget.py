"""So many mails an hour, and so many to one domain: what is beyond waits, and is not lost."""

from __future__ import annotations

from idp.limits.service import Limits
from idp.mail.message import OutgoingMessage
from idp.mail.ports import Receipt, Relay, RelayDeferred


class BudgetedRelay:
    """`mail.ports.Relay`: another one, within the installation's budget (`limits.table`).

    What counts is a mail that left or may have left, and one that a relay refused: a flood of those
    is what the budget is there to slow down. A try that the relay put off, or that did not reach
    it, is given back. Where there is little left, login links go before what can wait.
    """

    def __init__(self, relay: Relay, limits: Limits) -> None:
        self._relay = relay
        self._limits = limits

    def send(self, message: OutgoingMessage) -> Receipt:
        """Raises RelayDeferred("budget") with this mail's own turn, and what the relay raises."""
        domain = message.to.rpartition("@")[2].lower()
        uses = (("mail.budget",), ("mail.domain", domain))
        wait = self._limits.turn(*uses, later=not message.urgent, again=message.attempt > 1)
        if wait > 0:
            raise RelayDeferred("budget", after=wait)
        try:
            return self._relay.send(message)
        except RelayDeferred as error:
            if error.scope != "unknown":
                self._limits.give_back(*uses)
            raise
