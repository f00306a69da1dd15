"""What pages of a login by mail say of a drill, and the way out of one, which is always there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.audit.ports import AuditStream
from idp.audit.records import AuditRecord
from idp.contingency.ports import Dispatcher, Drills
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.limits.noted import Noted
from idp.login.drilling import LEFT
from idp.login.transaction import Transaction
from idp.login.transactions import Transactions
from idp.upstream_status.drill_choice import Ending


@dataclass(frozen=True)
class Kept:
    """A cookie for the rest of a drill. seconds: how long that is."""

    value: str
    seconds: int


@dataclass(frozen=True)
class Invitation:
    """What a tester's own link tells: until when the drill goes on, and whether this browser takes
    part in it. It names nobody.
    """

    until: datetime
    takes_part: bool


class DrillDesk:
    """Drills, as people meet them."""

    def __init__(
        self,
        *,
        drills: Drills,
        dispatcher: Dispatcher,
        transactions: Transactions,
        audit: Audit,
        stream: AuditStream,
        noted: Noted,
        clock: Clock,
    ) -> None:
        self._drills = drills
        self._dispatcher = dispatcher
        self._transactions = transactions
        self._audit = audit
        self._stream = stream
        self._noted = noted
        self._clock = clock

    def realm(self, transaction: Transaction) -> str | None:
        """The realm whose upstream this login may go to instead, while its pages are a drill's."""
        drill = self._dispatcher.drill(transaction)
        return drill.realm if drill else None

    def ended(self, transaction: Transaction) -> str:
        """For a login that SUNAT takes now: `left` or `over` where it came out of a drill."""
        drill = self._drills.find(transaction.drill)
        if drill is None or drill.ended_why is Ending.UPSTREAM:
            return ""
        return "left" if transaction.drill_left else "over"

    def shown(self, transaction: Transaction) -> None:
        """The form was shown; on record where that is a drill's."""
        if self._dispatcher.drill(transaction) is not None:
            entry = self._entry(AuditEvent.DRILL_SHOWN, transaction)
            self._noted.push(entry, transaction.id)

    def leave(self, transaction_id: str, browser_hash: str | None) -> Kept | None:
        """The person prefers SUNAT, for this login and, in this browser, for the rest of the drill:
        the cookie that says so. Raises IdpError as `Transactions.load`.
        """
        transaction = self._transactions.load(transaction_id, browser_hash)
        drill = self._drills.find(transaction.drill)
        if not transaction.drill:
            return None
        if not transaction.drill_left:
            left = self._transactions.leave_drill(transaction_id, browser_hash)
            self._stream.push(self._entry(AuditEvent.DRILL_LEFT, left))
        return self._kept(LEFT + drill.id, drill.ends_at) if drill else None

    def invitation(self, token: str, cookie: str | None) -> Invitation:
        """What a tester's own link shows. Raises IdpError("drill_unknown", 404)."""
        drill = self._drills.invited(token)
        if drill is None:
            raise IdpError("drill_unknown", 404)
        return Invitation(drill.ends_at, takes_part=cookie == token)

    def join(self, token: str) -> Kept:
        """Take part in this browser: the cookie. Raises IdpError("drill_unknown", 404)."""
        return self._kept(token, self.invitation(token, None).until)

    def withdraw(self, token: str) -> Kept:
        """Take part no more. Raises IdpError("drill_unknown", 404)."""
        drill = self._drills.invited(token)
        if drill is None:
            raise IdpError("drill_unknown", 404)
        return self._kept(LEFT + drill.id, drill.ends_at)

    def _kept(self, value: str, until: datetime) -> Kept:
        left = (until - self._clock.now()).total_seconds()
        return Kept(value, max(1, int(left)))

    def _entry(self, event: AuditEvent, transaction: Transaction) -> AuditRecord:
        return self._audit.entry(
            event,
            client_id=transaction.client_id,
            realm=transaction.realm,
            drill=transaction.drill,
            transaction=transaction.trace,
        )


def carried(transaction: Transaction) -> dict[str, str]:
    """What audit records of a login in a drill carry beside their own details."""
    if not transaction.drill:
        return {}
    return {"drill": transaction.drill, "transaction": transaction.trace}
