"""So many mails an hour, and so many to one domain: what is beyond waits, and is not lost."""

from __future__ import annotations

from idp.kernel.errors import IdpError
from idp.limits.service import Limits
from idp.mail.message import OutgoingMessage
from idp.mail.ports import Receipt, Relay, RelayDeferred


class BudgetedRelay:
    """`mail.ports.Relay`: another one, within the installation's budget (`limits.table`)."""

    def __init__(self, relay: Relay, limits: Limits) -> None:
        self._relay = relay
        self._limits = limits

    def send(self, message: OutgoingMessage) -> Receipt:
        """Raises RelayDeferred("budget") with when to try again, and what the relay raises."""
        domain = message.to.rpartition("@")[2].lower()
        try:
            self._limits.hit_all(("mail.budget",), ("mail.domain", domain))
        except IdpError as error:
            if error.code != "rate_limited":
                raise
            raise RelayDeferred("budget", after=float(error.retry_after or 1)) from None
        return self._relay.send(message)
