"""What stands behind a link: its login, its component, its record."""

from __future__ import annotations

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.clients.client import Client
from idp.contingency.ports import Components, Directory
from idp.contingency.verdicts import Verdict, not_taken
from idp.kernel.errors import IdpError
from idp.kernel.identity import Mode
from idp.limits.noted import Noted
from idp.links.link import Link
from idp.links.ports import Outcome
from idp.links.service import Links, refusal
from idp.login.service import ACCOUNT_NAME
from idp.login.transaction import Transaction
from idp.login.transactions import Transactions
from idp.people.eligibility import reached_still
from idp.people.person import Person


def login_of(transactions: Transactions, link: Link) -> Transaction | None:
    """The login that a link was asked for, while that lives. Raises Unavailable."""
    try:
        return transactions.load(link.transaction_id, link.browser_hash)
    except IdpError as error:
        if error.status == 503:
            raise
        return None


def waiting_login(transactions: Transactions, link: Link) -> Transaction | None:
    """The same, unless the person went back or was proved already. Raises Unavailable."""
    login = login_of(transactions, link)
    return login if login is not None and not login.denied and login.proof is None else None


class Behind:
    """Looks things up for a link, and puts on record what happens to it."""

    def __init__(
        self,
        *,
        links: Links,
        transactions: Transactions,
        clients: Components,
        people: Directory,
        audit: Audit,
        noted: Noted,
    ) -> None:
        self._links = links
        self._transactions = transactions
        self._clients = clients
        self._people = people
        self._audit = audit
        self._noted = noted

    def login(self, link: Link) -> Transaction | None:
        """The login that it was asked for, while that lives. Raises Unavailable."""
        return login_of(self._transactions, link)

    def person(self, link: Link) -> Person | None:
        """Whom it lets in. None for somebody who is no more (joined with another, or erased), who
        may enter by mail no more, and where the mailbox that it went to may be another human's.
        """
        person = self._people.get(link.person_id) if link.person_id else None
        if person is None or not reached_still(person):
            return None
        before = person.doubted_at is not None and link.created_at <= person.doubted_at
        return None if before else person

    def problem(
        self, link: Link | None, browser_hash: str | None, login: Transaction | None
    ) -> Outcome | None:
        """Why this browser could not use the link by a button now, or None."""
        problem = self._links.problem(link, browser_hash)
        if link is None or problem not in (None, Outcome.OTHER_BROWSER):
            return problem
        if login is None:
            # A link is good for the login that it was asked for, and that one is over.
            return Outcome.EXPIRED
        return problem if login.link_id == link.id else Outcome.SUPERSEDED

    def client(self, link: Link) -> Client | None:
        """The component, None for our own `/cuenta` and for one that is gone."""
        return self._clients.get(link.client_id) if link.client_id else None

    def client_name(self, link: Link) -> str:
        """Where the person is going, in words; empty for a component that is gone."""
        client = self.client(link)
        if client is None and link.client_id is not None:
            return ""
        return client.client_name if client else ACCOUNT_NAME

    def refuse(self, link: Link | None, problem: Outcome, **details: str) -> IdpError:
        """Put it on record; the error to raise."""
        if link is not None:
            self.tell(AuditEvent.LINK_REFUSED, link, reason=problem.value, **details)
        return refusal(problem)

    def told_wrong(self, link: Link, error: IdpError, where: str) -> None:
        """Put on record that a code was not taken, the same for everybody."""
        self.tell(AuditEvent.LINK_REFUSED, link, reason=error.code, where=where)

    def not_taken(self, link: Link, verdict: Verdict, where: str) -> IdpError:
        """Put on record that its component would not take this; the error to raise."""
        self.tell(AuditEvent.LINK_REFUSED, link, reason=verdict.value, where=where)
        return not_taken(verdict)

    def tell(self, event: AuditEvent, link: Link, **details: str) -> None:
        """Put something that anybody can repeat on record, within bounds."""
        self._noted.push(
            self._audit.entry(
                event,
                person_id=link.person_id,
                client_id=link.client_id,
                realm=link.realm,
                mode=Mode.CONTINGENCIA,
                reference=link.reference,
                link=link.id,
                **details,
            ),
            link.id,
        )
