"""Behind the link, in the browser that asked: looking costs nothing, one button uses it, and so
does the code that the link's page shows elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from idp.audit.events import AuditEvent
from idp.contingency.behind import Behind
from idp.contingency.codes import typed_code
from idp.contingency.elsewhere import Elsewhere, SeenElsewhere
from idp.contingency.ports import Directory
from idp.contingency.verdicts import Judge, Verdict
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.kernel.identity import Mode, Proof
from idp.links.link import Link
from idp.links.ports import Outcome, Way
from idp.links.service import REFUSALS, Links
from idp.login.transaction import Transaction
from idp.login.transactions import Transactions
from idp.login.ways_back import front_door_origins, initiation_url, return_origins
from idp.people.masking import name_user


@dataclass(frozen=True)
class Opened:
    """What a browser sees of a link.

    problem: None when one button may use it here, if the verdict is that its login would be taken.
    client_name, asked_at: where to and since when (None for an unknown link). name and
    user (the RUC masked): only without a problem. restart_url: where the component begins a login.
    resend_transaction: the login to ask again for, in the asking browser while that is young
    enough. return_origins: where the login may end, which the page's `form-action` must allow.
    go_on: the login that needs this link no more: it was proved by it and waits for its browser
    (who pressed twice is shown the way), or SUNAT is back. elsewhere: what any other browser is
    offered. drill: the realm of the drill that its login is in, empty for none. login: that login's
    id, in the browser that asked.
    """

    problem: Outcome | None
    status: int
    verdict: Verdict = Verdict.TAKEN
    realm: str = ""
    client_name: str | None = None
    asked_at: datetime | None = None
    until: datetime | None = None
    name: str = ""
    user: str = ""
    restart_url: str | None = None
    resend_transaction: str | None = None
    return_origins: tuple[str, ...] = ()
    go_on: str | None = None
    reference: str = ""
    elsewhere: SeenElsewhere | None = None
    drill: str = ""
    login: str | None = None


class Entry:
    """The link's own pages."""

    def __init__(
        self,
        *,
        links: Links,
        transactions: Transactions,
        people: Directory,
        judge: Judge,
        behind: Behind,
        elsewhere: Elsewhere,
        clock: Clock,
        issuer: str,
    ) -> None:
        self._links = links
        self._transactions = transactions
        self._people = people
        self._judge = judge
        self._behind = behind
        self._elsewhere = elsewhere
        self._clock = clock
        self._issuer = issuer

    def open(
        self,
        token: str,
        browser_hash: str | None,
        known_cookie: str | None = None,
        *,
        method: str = "GET",
    ) -> Opened:
        """Look, any number of times: a scanner's visit changes nothing. Raises Unavailable.

        method: of the request, for the record.
        """
        link = self._links.by_token(token)
        if link is None:
            return Opened(Outcome.UNKNOWN, 404)
        login = self._behind.login(link)
        problem = self._behind.problem(link, browser_hash, login)
        person = self._behind.person(link)
        if person is None:
            return Opened(Outcome.UNKNOWN, 404)
        if problem is Outcome.OTHER_BROWSER and login is not None:
            seen = self._elsewhere.look(
                token, link, login, person, browser_hash or "", known_cookie, method
            )
            return self._refused(link, problem, None, elsewhere=seen)
        if problem is not None or login is None:
            here = browser_hash is not None and browser_hash == link.browser_hash
            return self._refused(link, problem or Outcome.EXPIRED, login if here else None)
        self._behind.tell(AuditEvent.LINK_OPENED, link, where=Way.BUTTON, method=method)
        known = self._people.known_browser(known_cookie, person.id)
        verdict = self._judge.verdict(login, link.realm, known_browser=known)
        return Opened(
            None,
            200 if verdict is Verdict.TAKEN else 403,
            verdict,
            link.realm,
            client_name=self._behind.client_name(link),
            asked_at=link.created_at,
            until=link.expires_at,
            name=person.name,
            user=name_user(person.key),
            return_origins=return_origins(login, self._behind.client(link)),
            reference=link.reference,
            go_on=login.id if verdict is Verdict.RECOVERED else None,
            drill=self._drilled(login),
            login=login.id,
        )

    def asked_here(self, token: str, browser_hash: str | None) -> bool:
        """Whether this browser asked for the link (whatever became of it)."""
        link = self._links.by_token(token)
        return link is not None and browser_hash is not None and link.browser_hash == browser_hash

    def enter(self, token: str, browser_hash: str | None, known_cookie: str | None) -> str:
        """Use the link by its button: the id of the login that goes on.

        Raises IdpError (`links.service.REFUSALS`, `verdicts.NOT_TAKEN`), and Unavailable: the link
        is whole then, unless Redis went away in the very moment between its use and the login's
        proof.
        """
        link = self._links.by_token(token)
        login = self._behind.login(link) if link else None
        problem = self._behind.problem(link, browser_hash, login)
        person = self._behind.person(link) if link else None
        if (
            link is None
            or login is None
            or person is None
            or browser_hash is None
            or problem is not None
        ):
            raise self._behind.refuse(link, problem or Outcome.UNKNOWN)
        # What could fail is asked before the link is spent, since afterwards it is gone.
        known = self._people.known_browser(known_cookie, person.id)
        verdict = self._judge.verdict(login, link.realm, known_browser=known)
        if verdict is not Verdict.TAKEN:
            raise self._behind.not_taken(link, verdict, Way.BUTTON)
        try:
            self._links.consume(token, browser_hash)
        except IdpError as error:
            raise self._lost(link, error) from error
        return self._prove(link, person.id, browser_hash, known=known)

    def go_on(
        self, transaction_id: str, browser_hash: str | None, typed: str, known_cookie: str | None
    ) -> str:
        """Use the login's link where it was asked for, by the code of the link's page.

        Only a known browser of that very person can; nobody else is ever shown such a code, and
        every case but success has the same answer. Raises IdpError: code_malformed, code_wrong,
        code_closed, `verdicts.NOT_TAKEN` (by the component alone, so it tells nothing), those of
        `Transactions.load`; Unavailable.
        """
        code = typed_code(typed, 8)
        login = self._transactions.load(transaction_id, browser_hash)
        link = self._links.get(login.link_id) if login.link_id else None
        if link is None or browser_hash is None:
            raise IdpError("code_wrong", 422)
        verdict = self._judge.verdict(login, link.realm, known_browser=True)
        if verdict is not Verdict.TAKEN:
            raise self._behind.not_taken(link, verdict, Way.THERE)
        person = self._behind.person(link)
        known = person is not None and self._people.known_browser(known_cookie, person.id)
        token = self._links.token_of(link.id)
        # Its cookie must still be there: what made it known may have been removed meanwhile.
        try:
            self._links.consume(token, browser_hash, Way.THERE, code if known else "")
        except IdpError as error:
            self._behind.told_wrong(link, error, Way.THERE)
            raise
        return self._prove(link, link.person_id or "", browser_hash, known=True)

    def _prove(self, link: Link, person_id: str, browser_hash: str, *, known: bool) -> str:
        self._transactions.prove_by_link(
            link.transaction_id,
            browser_hash,
            link.id,
            Proof(
                realm=link.realm,
                person_id=person_id,
                mode=Mode.CONTINGENCIA,
                auth_time=self._clock.now(),
                known_browser=known,
            ),
        )
        return link.transaction_id

    def _lost(self, link: Link, error: IdpError) -> IdpError:
        """The error of a use that lost its race, on record."""
        lost = {code: outcome for outcome, (code, _) in REFUSALS.items()}.get(error.code)
        return self._behind.refuse(link, lost) if lost else error

    def _refused(
        self,
        link: Link,
        problem: Outcome,
        login: Transaction | None,
        *,
        elsewhere: SeenElsewhere | None = None,
    ) -> Opened:
        client = self._behind.client(link)
        origins = front_door_origins(client) if elsewhere else ()
        return Opened(
            problem,
            REFUSALS[problem][1],
            elsewhere.verdict if elsewhere and not elsewhere.way_out else Verdict.TAKEN,
            client_name=self._behind.client_name(link),
            asked_at=link.created_at,
            until=link.expires_at,
            restart_url=initiation_url(client, self._issuer),
            resend_transaction=login.id if login and self._transactions.takes_link(login) else None,
            go_on=login.id if login and _proved(login, link) else None,
            return_origins=return_origins(login, client) if login else origins,
            reference=link.reference,
            elsewhere=elsewhere,
            drill=elsewhere.drill if elsewhere else self._drilled(login),
            login=login.id if login else None,
        )

    def _drilled(self, login: Transaction | None) -> str:
        return (self._judge.drilled(login) if login else None) or ""


def _proved(login: Transaction, link: Link) -> bool:
    """Whether the login waits, proved by this very link, for its browser to go on."""
    return login.link_id == link.id and login.proof is not None
