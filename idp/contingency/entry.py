"""Behind the link: looking at it costs nothing, a button in the asking browser uses it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.clients.client import Client
from idp.contingency.ports import Components, Directory
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.kernel.identity import Identifier, Mode, Proof
from idp.limits.noted import Noted
from idp.links.link import Link
from idp.links.ports import Outcome
from idp.links.service import REFUSALS, Links, refusal
from idp.login.service import ACCOUNT_NAME
from idp.login.transaction import Transaction
from idp.login.transactions import Transactions
from idp.login.ways_back import initiation_url, return_origins
from idp.people.masking import mask_identifier


@dataclass(frozen=True)
class Opened:
    """What a browser sees of a link.

    problem: None when one button may use it here. asked_here: this is the asking browser.
    client_name, asked_at: where to and since when (None for an unknown link). name and
    masked_identifier: only without a problem. restart_url: where the component begins a login.
    resend_transaction: the login to ask again for, in the asking browser while it lives.
    return_origins: where the login may end, which the page's `form-action` must allow.
    go_on: the login that this very link proved and that waits for its browser: who pressed twice is
    shown the way.
    """

    problem: Outcome | None
    status: int
    client_name: str | None = None
    asked_at: datetime | None = None
    until: datetime | None = None
    name: str = ""
    masked_identifier: str = ""
    restart_url: str | None = None
    resend_transaction: str | None = None
    return_origins: tuple[str, ...] = ()
    go_on: str | None = None


class Entry:
    """The link's own pages."""

    def __init__(
        self,
        *,
        links: Links,
        transactions: Transactions,
        people: Directory,
        clients: Components,
        audit: Audit,
        noted: Noted,
        clock: Clock,
        issuer: str,
    ) -> None:
        self._links = links
        self._transactions = transactions
        self._people = people
        self._clients = clients
        self._audit = audit
        self._noted = noted
        self._clock = clock
        self._issuer = issuer

    def open(self, token: str, browser_hash: str | None) -> Opened:
        """Look, any number of times: a scanner's visit changes nothing. Raises Unavailable."""
        link = self._links.by_token(token)
        if link is None:
            return Opened(Outcome.UNKNOWN, 404)
        transaction = self._transaction(link, browser_hash)
        problem = self._problem(link, browser_hash, transaction)
        if problem is not None or transaction is None:
            return self._refused(link, problem or Outcome.EXPIRED, transaction)
        person = self._people.get(link.person_id or "")
        if person is None:
            return Opened(Outcome.UNKNOWN, 404)
        self._tell(AuditEvent.LINK_OPENED, link, where="asking_browser")
        return Opened(
            None,
            200,
            client_name=self._client_name(link),
            asked_at=link.created_at,
            until=link.expires_at,
            name=person.name,
            masked_identifier=mask_identifier(Identifier(person.realm, person.identifier)),
            return_origins=return_origins(transaction, self._client(link)),
        )

    def asked_here(self, token: str, browser_hash: str | None) -> bool:
        """Whether this browser asked for the link (whatever became of it)."""
        link = self._links.by_token(token)
        return link is not None and browser_hash is not None and link.browser_hash == browser_hash

    def enter(self, token: str, browser_hash: str | None, known_cookie: str | None) -> str:
        """Use the link: the id of the login that goes on.

        Raises IdpError (`links.service.REFUSALS`), and Unavailable: the link is whole then, unless
        Redis went away in the very moment between its use and the login's proof.
        """
        link = self._links.by_token(token)
        transaction = self._transaction(link, browser_hash) if link else None
        problem = self._problem(link, browser_hash, transaction)
        if link is None or link.person_id is None or browser_hash is None or problem is not None:
            raise self._refuse(link, problem or Outcome.UNKNOWN)
        # What could fail is asked before the link is spent, since afterwards it is gone.
        known = self._people.known_browser(known_cookie, link.person_id)
        self._consume(token, browser_hash, link)
        self._transactions.prove_by_link(
            link.transaction_id,
            browser_hash,
            link.id,
            Proof(
                realm=link.realm,
                person_id=link.person_id,
                mode=Mode.CONTINGENCIA,
                auth_time=self._clock.now(),
                known_browser=known,
            ),
        )
        return link.transaction_id

    def _consume(self, token: str, browser_hash: str, link: Link) -> None:
        try:
            self._links.consume(token, browser_hash)
        except IdpError as error:
            lost = {code: outcome for outcome, (code, _) in REFUSALS.items()}.get(error.code)
            if lost is None:
                raise
            raise self._refuse(link, lost) from error

    def _problem(
        self, link: Link | None, browser_hash: str | None, transaction: Transaction | None
    ) -> Outcome | None:
        problem = self._links.problem(link, browser_hash)
        if problem is not None or link is None:
            return problem
        if transaction is None:
            # A link is good for the login that it was asked for, and that one is over.
            return Outcome.EXPIRED
        return None if transaction.link_id == link.id else Outcome.SUPERSEDED

    def _transaction(self, link: Link, browser_hash: str | None) -> Transaction | None:
        """The link's login, when it lives and is this browser's."""
        if browser_hash is None or browser_hash != link.browser_hash:
            return None
        try:
            return self._transactions.load(link.transaction_id, browser_hash)
        except IdpError as error:
            if error.status == 503:
                raise
            return None

    def _refused(self, link: Link, problem: Outcome, transaction: Transaction | None) -> Opened:
        if problem is Outcome.OTHER_BROWSER:
            self._tell(AuditEvent.LINK_OPENED, link, where="other_browser")
        return Opened(
            problem,
            REFUSALS[problem][1],
            client_name=self._client_name(link),
            asked_at=link.created_at,
            restart_url=initiation_url(self._client(link), self._issuer),
            resend_transaction=transaction.id if transaction else None,
            go_on=transaction.id if transaction and _proved(transaction, link) else None,
            return_origins=(return_origins(transaction, self._client(link)) if transaction else ()),
        )

    def _refuse(self, link: Link | None, problem: Outcome) -> IdpError:
        if link is not None:
            self._tell(AuditEvent.LINK_REFUSED, link, reason=problem.value)
        return refusal(problem)

    def _client(self, link: Link) -> Client | None:
        return self._clients.get(link.client_id) if link.client_id else None

    def _client_name(self, link: Link) -> str:
        client = self._client(link)
        return client.client_name if client else ACCOUNT_NAME

    def _tell(self, event: AuditEvent, link: Link, **details: str) -> None:
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


def _proved(transaction: Transaction, link: Link) -> bool:
    """Whether the login waits, proved by this very link, for its browser to go on."""
    return transaction.link_id == link.id and transaction.proof is not None
