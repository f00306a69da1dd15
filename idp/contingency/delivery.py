"""The worker's side: decides who is sent a mail, and sends it.

At-least-once: every step bears being repeated. The link is derived from its id, so whatever is
sent again is the same link; once a relay's acceptance is written down, nothing is sent again, and
two workers never have the same link in hand. A link that its login does not name is not sent: its
request failed halfway, or the login went another way meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.audit.ports import AuditStream
from idp.audit.records import AuditRecord
from idp.contingency.behind import waiting_login
from idp.contingency.ports import Components, Directory, Drills, Leases
from idp.contingency.sealing import SealBroken, Sealing
from idp.contingency.verdicts import Judge
from idp.jobs.registry import RetryLater, RetryPolicy
from idp.kernel.clock import Clock
from idp.kernel.events import EventBus, RelayAccepted
from idp.kernel.identity import Mode
from idp.kernel.ids import keyed_digest
from idp.kernel.times import lima_date
from idp.links.link import Link, LinkState
from idp.links.service import Links
from idp.login.service import ACCOUNT_NAME
from idp.login.transaction import Transaction
from idp.login.transactions import Transactions
from idp.mail.load import MailLoad
from idp.mail.message import OutgoingMessage
from idp.mail.message_id import message_id
from idp.mail.ports import Receipt, Relay, RelayDeferred, RelayRefused
from idp.mail.templates import MailTemplates
from idp.people.eligibility import Eligibility, contact_address, eligibility
from idp.people.masking import name_user
from idp.people.person import Address, Person

# Bound by time alone: put-offs of a second must not use up what a link has left. The handler itself
# says when it is too late.
RETRY = RetryPolicy(first=5.0, longest=60.0)

# A mail that leaves less than this before its link's last moment helps nobody.
LEAST_USEFUL = timedelta(minutes=2)
# A request names its link on its login right after it enqueued the job; what is not named by then
# never will be. Redis may take its time-outs in between.
SETTLES = timedelta(seconds=15)
_UNSETTLED_AGAIN, _IN_HAND_AGAIN = 0.5, 1.0
_MAIL = "ingreso"
# Why nobody was sent a mail in a drill: at this browser the person is no known one, and no tester.
NOT_IN_DRILL = "not_in_drill"


class NotSent(StrEnum):
    """Why a mail never left, beside what a relay says: the codes of `mail.refused`.

    TOO_LATE: its link would have ended too soon. LOGIN_OVER: its login was cancelled or finished.
    ABANDONED: another request of the same login took its place. COMPONENT_GONE: as it says.
    RECOVERED: SUNAT is back, and links end by that.
    """

    TOO_LATE = "too_late"
    LOGIN_OVER = "login_over"
    ABANDONED = "abandoned"
    COMPONENT_GONE = "component_gone"
    RECOVERED = "recovered"


class Delivery:
    """The handler of `contingency.deliver`. issuer: every link is built from it, from nothing else.
    id_key: of the Message-IDs, and of people in figures.

    Subscribe nothing to RelayAccepted that counts a link's life: it is counted here already.
    """

    def __init__(
        self,
        *,
        links: Links,
        transactions: Transactions,
        leases: Leases,
        judge: Judge,
        people: Directory,
        clients: Components,
        drills: Drills,
        sealing: Sealing,
        templates: MailTemplates,
        relay: Relay,
        load: MailLoad,
        audit: Audit,
        stream: AuditStream,
        events: EventBus,
        clock: Clock,
        issuer: str,
        id_key: bytes,
    ) -> None:
        self._links = links
        self._transactions = transactions
        self._leases = leases
        self._judge = judge
        self._people = people
        self._clients = clients
        self._drills = drills
        self._sealing = sealing
        self._templates = templates
        self._relay = relay
        self._load = load
        self._audit = audit
        self._stream = stream
        self._events = events
        self._clock = clock
        self._issuer = issuer
        self._id_key = id_key

    def __call__(self, payload: Mapping[str, str]) -> None:
        """Deliver one link, or decide that nobody gets one.

        Raises RetryLater when the relay puts it off or another worker has it, Unavailable; all are
        tried again.
        """
        with self._leases.hold(payload["link"]) as mine:
            if not mine:
                raise RetryLater("in_hand", after=_IN_HAND_AGAIN)
            # Before anything is decided: what waits untried must not depend on who exists.
            self._load.tried(payload["link"])
            self._deliver(payload)
        self._load.closed(payload["link"])

    def given_up(self, payload: Mapping[str, str]) -> None:
        """The queue drops it: no worker came in time to say that it is too late."""
        link = self._links.get(payload["link"])
        if link is not None and link.sent_at is None and link.state in _OPEN:
            self._not_sent(link, NotSent.TOO_LATE)
        self._load.closed(payload["link"])

    def _deliver(self, payload: Mapping[str, str]) -> None:
        link = self._links.get(payload["link"])
        if link is None or link.sent_at is not None or link.state not in _OPEN:
            return
        if self._links.bound(link) - self._clock.now() < LEAST_USEFUL:
            self._not_sent(link, NotSent.TOO_LATE)
            return
        login = self._wanted(link)
        if login is None:
            return
        try:
            identifier = self._sealing.unseal(payload["identifier"])
        except SealBroken:
            self._tell(AuditEvent.LINK_NOT_ELIGIBLE, link, reason="unreadable")
            return
        person = self._people.find(identifier)
        now = self._clock.now()
        verdict = eligibility(person, now)
        address = contact_address(person, now) if person else None
        if verdict is not Eligibility.ELIGIBLE or person is None or address is None:
            self._tell(AuditEvent.LINK_NOT_ELIGIBLE, link, person, reason=verdict.value)
            return
        known = self._people.known_by(link.known_tokens.split(), person.id)
        if login.drill and not self._drills.admits(login.drill, person.id, known=known):
            self._tell(AuditEvent.LINK_NOT_ELIGIBLE, link, person, reason=NOT_IN_DRILL)
            return
        if self._links.assign(link.id, person.id, known=known):
            self._send(link, login, person, address)

    def _wanted(self, link: Link) -> Transaction | None:
        """Its login, if that lives and waits for this very link; put on record when not.

        Raises RetryLater while its request may still be about to name it there.
        """
        login = waiting_login(self._transactions, link)
        if login is None:
            self._not_sent(link, NotSent.LOGIN_OVER)
            return None
        if login.link_id == link.id:
            sends = self._has_component(link) and self._in_time(link, login)
            return login if sends else None
        if self._clock.now() - link.created_at < SETTLES:
            raise RetryLater("unsettled", after=_UNSETTLED_AGAIN)
        self._not_sent(link, NotSent.ABANDONED)
        return None

    def _has_component(self, link: Link) -> bool:
        """Whether its component still takes logins; put on record when not."""
        client = self._clients.get(link.client_id) if link.client_id else None
        if link.client_id is None or (client is not None and not client.disabled):
            return True
        self._not_sent(link, NotSent.COMPONENT_GONE)
        return False

    def _in_time(self, link: Link, login: Transaction) -> bool:
        """Whether its link would be taken still; put on record when not."""
        if not self._judge.ended(login, link.realm):
            return True
        self._not_sent(link, NotSent.RECOVERED)
        return False

    def _not_sent(self, link: Link, why: NotSent) -> None:
        self._tell(AuditEvent.MAIL_REFUSED, link, kind=_MAIL, code=why.value)

    def _send(self, link: Link, login: Transaction, person: Person, address: Address) -> None:
        drill = self._drills.says_so(login.drill)
        try:
            receipt = self._relay.send(self._message(link, person, address, drill=drill))
        except RelayDeferred as error:
            self._put_off(link, person, error)
            self._tell(AuditEvent.MAIL_DEFERRED, link, person, kind=_MAIL, **error.told)
            raise RetryLater(error.reason, after=error.after) from None
        except RelayRefused as error:
            if error.recipient:
                self._people.mark_undeliverable(person.id, address.id, code=error.reason)
            self._tell(
                AuditEvent.MAIL_REFUSED,
                link,
                person,
                kind=_MAIL,
                **error.told,
                address=address.id,
            )
            return
        self._accepted(link, person, address, receipt)

    def _put_off(self, link: Link, person: Person, error: RelayDeferred) -> None:
        """For the figures: a mailbox that is full or greylists keeps nobody else waiting."""
        if error.scope == "recipient":
            self._load.closed(link.id)
        else:
            age = (self._clock.now() - link.created_at).total_seconds()
            self._load.put_off(self._who(person), age)

    def _who(self, person: Person) -> str:
        """For counting people. A taxpayer can make any number of accounts: they are one."""
        return keyed_digest(self._id_key, f"crowd|{person.ruc or person.id}")

    def _accepted(self, link: Link, person: Person, address: Address, receipt: Receipt) -> None:
        accepted = self._clock.now()
        self._links.accepted(
            link.id,
            accepted,
            records=(
                self._entry(AuditEvent.LINK_SENT, link, person),
                self._entry(AuditEvent.MAIL_ACCEPTED, link, person, kind=_MAIL, **receipt.told),
            ),
        )
        self._events.publish(
            RelayAccepted(
                link.id,
                accepted.timestamp(),
                domain=address.email.rpartition("@")[2].lower(),
                seconds=(accepted - link.created_at).total_seconds(),
                who=self._who(person),
            )
        )

    def _message(
        self, link: Link, person: Person, address: Address, *, drill: bool
    ) -> OutgoingMessage:
        until = self._links.promised_until(link)
        now = self._clock.now()
        client = self._clients.get(link.client_id) if link.client_id else None
        content = self._templates.render(
            _MAIL,
            link.language,
            {
                "name": person.name,
                "user": name_user(person.key),
                "client_name": client.client_name if client else ACCOUNT_NAME,
                "link": f"{self._issuer}/ingreso/{self._links.token_of(link.id)}",
                "until_lima": lima_date(until, link.language),
                "minutes": int((until - now).total_seconds() // 60),
                "reference": link.reference,
                "drill": drill,
            },
        )
        host = urlsplit(self._issuer).hostname or "localhost"
        return OutgoingMessage(
            to=address.email,
            content=content,
            message_id=message_id(self._id_key, link.id, person.id, address.id, host),
            date=now,
        )

    def _tell(
        self, event: AuditEvent, link: Link, person: Person | None = None, **details: str
    ) -> None:
        self._stream.push(self._entry(event, link, person, **details))

    def _entry(
        self, event: AuditEvent, link: Link, person: Person | None, **details: str
    ) -> AuditRecord:
        return self._audit.entry(
            event,
            person_id=person.id if person else None,
            client_id=link.client_id,
            realm=link.realm,
            mode=Mode.CONTINGENCIA,
            reference=link.reference,
            link=link.id,
            **details,
        )


_OPEN = frozenset({LinkState.ASKED, LinkState.LIVE})
