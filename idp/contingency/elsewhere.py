"""Behind the link, in any other browser than the one that asked.

A stranger who starts a login with somebody's RUC gains nothing from that person's click: what
begins here begins in *this* browser, and only a browser that was known as this very person's can be
let on from here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from idp.audit.events import AuditEvent
from idp.clients.client import Client
from idp.contingency.behind import Behind
from idp.contingency.codes import typed_code
from idp.contingency.ports import Components, Directory, Dispatcher
from idp.contingency.verdicts import Judge, Verdict
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.kernel.identity import Mode, Proof
from idp.links.link import Link, LinkState
from idp.links.ports import Outcome, Way
from idp.links.service import Links
from idp.login.steps import proves_once
from idp.login.transaction import Transaction
from idp.login.transactions import Transactions
from idp.login.ways_back import initiation_url
from idp.people.masking import mask_name, name_user
from idp.people.person import Person

_ASKS_AGAIN = (("prompt", "login"),)


@dataclass(frozen=True)
class SeenElsewhere:
    """What the link's page tells and offers in another browser.

    user: with the RUC masked. agent: the asking browser, as `Chrome/Windows`. there_code: the eight
    digits to type where it was asked; None unless that is a known browser of this very person.
    verdict: whether a session may begin here, by the six digits of the asking page. code_open:
    whether tries are left. asks_again: whether the component, which begins a request of its own
    here, asks for another login. drill: the realm of the drill that its login is in, else empty.
    """

    masked_name: str
    user: str
    realm: str
    agent: str
    there_code: str | None
    verdict: Verdict
    code_open: bool
    asks_again: bool
    drill: str = ""

    @property
    def way_out(self) -> bool:
        """Whether there is something to do: go on there, enter here, or log in with SUNAT."""
        return self.there_code is not None or self.verdict in (Verdict.TAKEN, Verdict.RECOVERED)


@dataclass(frozen=True)
class Arrival:
    """The end of a login that was proved here. client: its component, None for our own and for one
    that is gone. url: where that begins a login (empty when it has no such place). asks_again:
    whether it asks for another one there.
    """

    client: Client | None
    url: str
    asks_again: bool = False


@dataclass(frozen=True)
class Reported:
    """A report's número de atención, and what became of its link: `live`, `used` or `over`."""

    reference: str
    became: str


class Elsewhere:
    """The three ways: enter here, go on there, it was not me."""

    def __init__(
        self,
        *,
        links: Links,
        transactions: Transactions,
        dispatcher: Dispatcher,
        judge: Judge,
        people: Directory,
        clients: Components,
        behind: Behind,
        clock: Clock,
        issuer: str,
    ) -> None:
        self._links = links
        self._transactions = transactions
        self._dispatcher = dispatcher
        self._judge = judge
        self._people = people
        self._clients = clients
        self._behind = behind
        self._clock = clock
        self._issuer = issuer

    def look(
        self,
        token: str,
        link: Link,
        login: Transaction,
        person: Person,
        browser_hash: str,
        known_cookie: str | None,
        method: str,
    ) -> SeenElsewhere:
        """Count the look, which is a scanner's as often as not, and say what there is to do."""
        self._behind.tell(AuditEvent.LINK_OPENED, link, where="other_browser", method=method)
        there = link.known and self._there(link, login)
        return SeenElsewhere(
            masked_name=mask_name(person.name),
            user=name_user(person.key),
            realm=link.realm,
            agent=link.agent,
            there_code=self._links.code(token, Way.THERE) if there else None,
            verdict=self._verdict(link, login, self._known(link, known_cookie)),
            code_open=self._links.code_open(token, browser_hash, hit=True),
            asks_again=proves_once(login),
            drill=self._judge.drilled(login) or "",
        )

    def enter(
        self, token: str, browser_hash: str, known_cookie: str | None, typed: str
    ) -> Transaction:
        """Use the link here, by the code of the asking page: a login of this browser, proved.

        What was parked where it was asked stays there, and learns nothing. Raises IdpError:
        code_malformed, `links.service.REFUSALS`, `verdicts.NOT_TAKEN`; Unavailable.
        """
        link = self._links.by_token(token)
        login = self._behind.login(link) if link else None
        problem = self._behind.problem(link, browser_hash, login)
        if link is None or login is None or problem is not Outcome.OTHER_BROWSER:
            raise self._behind.refuse(link, problem or Outcome.UNKNOWN, where=Way.HERE)
        if self._behind.person(link) is None:
            raise self._behind.refuse(link, Outcome.UNKNOWN, where=Way.HERE)
        known = self._known(link, known_cookie)
        verdict = self._verdict(link, login, known)
        if verdict is not Verdict.TAKEN:
            raise self._behind.not_taken(link, verdict, Way.HERE)
        code = typed_code(typed, 6)
        arrival = self._transactions.prepare(
            browser_hash=browser_hash,
            destination="account" if login.destination == "account" else "component",
            client_id=link.client_id,
            # Not a demand on this login, which is met by its proof, but what its end has to tell.
            params=_ASKS_AGAIN if proves_once(login) else (),
            realms=(link.realm,),
        )
        try:
            self._links.consume(token, browser_hash, Way.HERE, code)
        except IdpError as error:
            self._behind.told_wrong(link, error, Way.HERE)
            raise
        proof = Proof(
            realm=link.realm,
            person_id=link.person_id or "",
            mode=Mode.CONTINGENCIA,
            auth_time=self._clock.now(),
            known_browser=known,
        )
        return self._transactions.add(
            replace(
                arrival,
                realm=link.realm,
                proof=proof,
                drill=login.drill,
                drill_trace=login.trace if login.drill else "",
            )
        )

    def report(self, token: str) -> Reported | None:
        """*No fui yo*: on record, and nothing ends, since scanners press every button."""
        link = self._links.by_token(token)
        if link is None:
            return None
        self._behind.tell(AuditEvent.LINK_REPORTED, link)
        if link.state is LinkState.SPENT:
            return Reported(link.reference, "used")
        over = self._behind.problem(link, link.browser_hash, self._behind.login(link)) is not None
        return Reported(link.reference, "over" if over else "live")

    def arrive(self, transaction_id: str, browser_hash: str | None, *, end: bool) -> Arrival:
        """Where a login that was proved here leads. end: whether it comes to its end by this, which
        a mere look at its address (HEAD) must not do. Raises IdpError as `Transactions.load`.
        """
        login = self._transactions.load(transaction_id, browser_hash)
        if login.destination != "component" or login.proof is not None:
            raise IdpError("transaction_unknown", 404, detail=login.destination)
        if end:
            self._transactions.end(login)
        client = self._clients.get(login.client_id) if login.client_id else None
        url = initiation_url(client, self._issuer) or ""
        return Arrival(client, url, client is not None and login.params == _ASKS_AGAIN)

    def components(self) -> list[tuple[str, str | None]]:
        """Where a person may go from here: names, each with its front door or its home, if any."""
        return [
            (one.client_name, initiation_url(one, self._issuer) or one.client_uri)
            for one in self._clients.all()
            if not one.disabled and one.redirect_uris
        ]

    def _known(self, link: Link, known_cookie: str | None) -> bool:
        return self._people.known_browser(known_cookie, link.person_id or "")

    def _there(self, link: Link, login: Transaction) -> bool:
        """Whether the login would be let on where it was asked, in a known browser."""
        taken = self._judge.verdict(login, link.realm, known_browser=True)
        return taken is Verdict.TAKEN

    def _verdict(self, link: Link, login: Transaction, known: bool) -> Verdict:
        """Whether a session by this link would do here, for a new request of its component."""
        verdict = self._judge.verdict(login, link.realm, known_browser=known)
        client = self._behind.client(link)
        if verdict is not Verdict.TAKEN or client is None:
            return verdict
        now = int(self._clock.timestamp())
        lives = self._dispatcher.grant_lives(
            client, Mode.CONTINGENCIA, link.realm, now, login.drill or ""
        )
        return Verdict.TAKEN if lives else Verdict.RECOVERED
