"""Another link for somebody who waits for one, asked for by the help desk on their behalf.

It is what the person's own *Enviar otro enlace* does, with the same limits and to the same address;
the desk learns neither link nor code, and names nobody: only a request that waits can be repeated.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from idp.contingency.behind import waiting_login
from idp.contingency.service import Contingency
from idp.contingency.visit import Gate, Visit, Visitor, resend_wait
from idp.links.link import Link
from idp.links.service import Links
from idp.login.transaction import Transaction
from idp.login.transactions import Transactions

# Whence it comes, for limits that count by address: the desk shares one.
_PREFIX = "help-desk"


@dataclass(frozen=True)
class Waits:
    """A login that waits for its mail. again_at: from when another link may be asked for. another:
    whether the login is young enough for one by then.
    """

    again_at: datetime
    another: bool


class DeskResend:
    """Over the person's own way of asking again."""

    def __init__(
        self, *, contingency: Contingency, links: Links, transactions: Transactions
    ) -> None:
        self._contingency = contingency
        self._links = links
        self._transactions = transactions

    def waits(self, link_id: str) -> Waits | None:
        """The login that this link was asked for, if it still waits. Raises Unavailable."""
        found = self._current(link_id)
        if found is None:
            return None
        login, last = found
        again_at = last.created_at + timedelta(seconds=resend_wait(last))
        return Waits(again_at, self._transactions.takes_link(login, again_at))

    def resend(self, link_id: str, *, actor: str) -> Gate:
        """Ask again: OPEN where it was done, RECOVERED where SUNAT is up, ELSEWHERE where no login
        waits any more. Raises as `Contingency.resend`.
        """
        found = self._current(link_id)
        if found is None:
            return Gate.ELSEWHERE
        login, last = found
        visit = self._visit(login, last)
        if visit.gate is not Gate.OPEN:
            return visit.gate
        visitor = Visitor(
            _PREFIX, None, last.agent, last.language, known_tokens=last.known_tokens, actor=actor
        )
        asked = self._contingency.resend(visit, last.browser_hash, visitor)
        return Gate.OPEN if asked else Gate.ELSEWHERE

    def _visit(self, login: Transaction, last: Link) -> Visit:
        visit = self._contingency.visit(login.id, last.browser_hash)
        if visit.gate is Gate.UNKNOWN_BROWSER and last.known_tokens:
            # Their browser was let in at the form; only its cookie is not at hand here.
            return replace(visit, gate=Gate.OPEN)
        return visit

    def _current(self, link_id: str) -> tuple[Transaction, Link] | None:
        """The waiting login, and the link that it names by now: of what was typed for this one.
        Whoever typed another user there since is not whom the desk has before it.
        """
        link = self._links.get(link_id)
        login = waiting_login(self._transactions, link) if link else None
        current = self._links.get(login.link_id) if login and login.link_id else None
        if link is None or login is None or current is None:
            return None
        return (login, current) if current.identifier_digest == link.identifier_digest else None
