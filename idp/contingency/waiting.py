"""*Revise su correo*: what the person who waits may know, which is nothing about this mail."""

from __future__ import annotations

import math
from datetime import timedelta

from idp.contingency.flow import FlowState, state_of
from idp.contingency.verdicts import Judge
from idp.contingency.visit import GONE, Progress, Seen, Waiting, resend_wait
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError, Unavailable
from idp.links.ports import Way
from idp.links.service import Links
from idp.login.transactions import Transactions
from idp.mail.load import MailLoad, Outlook


class WaitingRoom:
    """What the waiting page shows and polls."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        links: Links,
        judge: Judge,
        load: MailLoad,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._links = links
        self._judge = judge
        self._load = load
        self._clock = clock

    def outlook(self) -> Outlook:
        """How the mail goes, for everybody; nothing to tell when that cannot be known."""
        try:
            return self._load.outlook()
        except Unavailable:
            return Outlook(queue=0, recent=None)

    def waiting(self, transaction_id: str, browser_hash: str | None) -> Waiting | None:
        """The waiting page, or None when there is nothing to wait for."""
        transaction = self._transactions.load(transaction_id, browser_hash)
        link = self._links.get(transaction.link_id) if transaction.link_id else None
        now = self._clock.now()
        if link is None or state_of(transaction, link, now) is FlowState.PROVED:
            return None
        again_at = link.created_at + timedelta(seconds=resend_wait(link))
        ended = self._links.bound(link) <= now
        token = self._links.token_of(link.id)
        return Waiting(
            transaction,
            link.reference,
            link.created_at,
            again_at,
            self._transactions.takes_link(transaction, max(again_at, now)),
            ended,
            code=self._links.code(token, Way.HERE),
            code_open=self._links.code_open(token, browser_hash or ""),
            until=self._links.bound(link),
            realm=link.realm,
            recovered=self._judge.recovered(transaction, link.realm),
            link_ended=self._judge.ended(transaction, link.realm),
            minutes_left=max(0, math.ceil((self._links.bound(link) - now).total_seconds() / 60)),
        )

    def progress(self, transaction_id: str, browser_hash: str | None) -> Seen:
        """How far this browser's login is; what happens in other browsers does not count. Raises
        IdpError("wrong_browser", 403).
        """
        try:
            transaction = self._transactions.load(transaction_id, browser_hash)
        except IdpError as error:
            if error.code not in GONE:
                raise
            return Seen(Progress.OVER)
        link = self._links.get(transaction.link_id) if transaction.link_id else None
        left = (self._links.bound(link) - self._clock.now()).total_seconds() if link else None
        seconds = None if left is None else max(0, int(left))
        if transaction.proof is not None or link is None:
            found = Progress.WAITING if transaction.proof is None else Progress.PROVED
            return Seen(found, seconds)
        ended = self._judge.ended(transaction, link.realm)
        found = Progress.RECOVERED if ended else Progress.WAITING
        return Seen(found, seconds, self._judge.recovered(transaction, link.realm))
