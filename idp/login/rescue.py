"""Who was sent to an upstream and has not come back: what their own request may do next.

The request waits at `/login/<txn>` as it was parked: whoever finds its page again, by *Back* or by
a new login of the component in the same browser, is asked instead of being sent to the same broken
page once more.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.login.service import Logins
from idp.login.session import Session
from idp.login.steps import StepKind
from idp.login.transaction import Transaction

# An upstream that is merely slow takes a minute; who begins anew later had something else to do.
HANGS_FOR = timedelta(minutes=5)
_OVER = frozenset({"transaction_unknown", "transaction_expired"})


class WayOn(StrEnum):
    """What a request that waits may do now. ON: somebody was proved, or has to choose: its own page
    knows. OVER: it is no more.
    """

    SUNAT = "sunat"
    MAIL = "mail"
    REFUSED = "refused"
    ON = "on"
    OVER = "over"


_WAYS = {
    StepKind.UPSTREAM: WayOn.SUNAT,
    StepKind.UNANSWERED: WayOn.SUNAT,
    StepKind.CONTINGENCY: WayOn.MAIL,
    StepKind.CONTINGENCY_REFUSED: WayOn.REFUSED,
}


def hangs(earlier: Transaction, transaction: Transaction, realm: str, now: datetime) -> bool:
    """Whether an earlier login of the same component is at the same upstream, unanswered, since so
    little that this one would meet what that one met.
    """
    return (
        earlier.id != transaction.id
        and earlier.client_id == transaction.client_id
        and earlier.destination == transaction.destination
        and earlier.realm == realm
        and _away(earlier)
        and not earlier.came_back
        and earlier.sent_at is not None
        and now - earlier.sent_at < HANGS_FOR
    )


def last_away(found: Iterable[Transaction], realm: str) -> Transaction | None:
    """The login that was sent to this upstream last, of those that wait for it."""
    away = [(one.sent_at, one) for one in found if one.realm == realm and _away(one)]
    times = [(at, one) for at, one in away if at is not None]
    return max(times, key=lambda pair: pair[0])[1] if times else None


def _away(one: Transaction) -> bool:
    return one.sent_at is not None and one.proof is None and not one.denied


class Rescue:
    """Looks at the requests of one browser that wait for an upstream."""

    def __init__(self, *, logins: Logins, clock: Clock) -> None:
        self._logins = logins
        self._clock = clock

    def hangs_already(self, transaction: Transaction, realm: str) -> bool:
        """Whether this browser was sent there for this component just now, and did not come back.

        One round trip. Raises Unavailable.
        """
        found = self._logins.transactions.of_browser(transaction.browser_hash)
        now = self._clock.now()
        return any(hangs(one, transaction, realm, now) for one in found)

    def waiting_for(self, realm: str, browser_hash: str | None) -> Transaction | None:
        """This browser's request that was sent to this upstream last; for an answer that names
        none. Raises Unavailable.
        """
        return last_away(self._logins.transactions.of_browser(browser_hash), realm)

    def way_on(self, transaction: Transaction, session: Session | None) -> WayOn:
        """What it may do now. Raises IdpError as `Logins.step`."""
        return _WAYS.get(self._logins.step(transaction, session).kind, WayOn.ON)

    def way_on_by_id(
        self, transaction_id: str, browser_hash: str | None, session: Session | None
    ) -> WayOn:
        """The same, OVER for one that is no more. Raises IdpError("wrong_browser", 403)."""
        try:
            transaction = self._logins.transactions.load(transaction_id, browser_hash)
        except IdpError as error:
            if error.code not in _OVER:
                raise
            return WayOn.OVER
        return WayOn.ON if transaction.proof else self.way_on(transaction, session)
