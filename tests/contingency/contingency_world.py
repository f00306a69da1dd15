"""Everything around contingency for real: Valkey, SQLite, the login's dispatcher, the rooms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from idp.adapters.redis.audit_stream import RedisAuditStream
from idp.adapters.redis.captcha import RedisSpentSolutions
from idp.adapters.redis.connection import RedisGateway
from idp.adapters.redis.leases import LIFE, RedisLeases
from idp.adapters.redis.limits import RedisCounter
from idp.adapters.redis.links import RedisLinks
from idp.adapters.redis.mail_load import RedisMailLoad
from idp.adapters.redis.sessions import RedisSessions
from idp.adapters.redis.transactions import RedisTransactions
from idp.adapters.sql.audit import SqlAuditStore
from idp.adapters.sql.contact import SqlBrowserStore, SqlVerificationStore
from idp.adapters.sql.database import Database
from idp.adapters.sql.imports import SqlImportStore
from idp.adapters.sql.people import SqlPersonStore
from idp.adapters.sql.privacy import SqlHolds
from idp.adapters.sql.retired_subs import SqlRetiredSubs
from idp.adapters.sql.spent_links import SqlSpentLinks
from idp.adapters.sql.transitions import SqlTransitionStore
from idp.adapters.sql.upstream_status import SqlFlagStore
from idp.audit.drain import drain
from idp.audit.log import Audit
from idp.audit.records import AuditFilter, AuditRecord
from idp.captcha.service import Captcha, Tools
from idp.clients.client import Client, ContingencyPolicy
from idp.clients.subjects import Subjects
from idp.contingency.behind import Behind
from idp.contingency.delivery import Delivery
from idp.contingency.drilling import DrillDesk
from idp.contingency.elsewhere import Elsewhere
from idp.contingency.entry import Entry
from idp.contingency.form import Patterns
from idp.contingency.ports import NoDrills
from idp.contingency.sealing import Sealing
from idp.contingency.service import Contingency
from idp.contingency.verdicts import Judge
from idp.contingency.visit import Visitor
from idp.contingency.waiting import WaitingRoom
from idp.jobs.ports import JobQueue
from idp.kernel.clock import FixedClock
from idp.kernel.events import EventBus, RelayAccepted
from idp.kernel.ids import digest
from idp.kernel.random import SystemRandom
from idp.limits.noted import Noted
from idp.limits.service import Limits
from idp.links.service import Links
from idp.login.service import Logins
from idp.login.sessions import Sessions
from idp.login.transaction import Transaction
from idp.login.transactions import Transactions
from idp.mail.load import MailLoad
from idp.mail.message import OutgoingMessage
from idp.mail.news import EPOCH
from idp.mail.ports import Receipt, Relay
from idp.mail.templates import MailTemplates
from idp.people.rows import SeedRow
from idp.people.service import People
from idp.upstream_status.service import UpstreamStatus
from idp.upstream_status.state import FlagState
from tests.support.vault import vault_beside

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
ISSUER = "https://idp.example.com"
TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
COOKIE = "a" * 43
HERE = digest(COOKIE)
VISITOR = Visitor("203.0.113.0/24", None)
EARLIER = (NOW - timedelta(days=90)).isoformat()
KNOWN = {"ruc": "20504774288", "usuario": "IMPORTA1"}
UNKNOWN = {"ruc": "20999999990", "usuario": "NUEVO001"}

# One person for every way of being excluded, and two who may enter.
ROWS = (
    SeedRow(
        1, "sol", "IMPORTA1", "20504774288", "IMPORTADORA SINTÉTICA S.A.C.",
        "importa1@example.com", EARLIER, EARLIER, EARLIER,
    ),
    SeedRow(
        2, "sol", "NUNCA001", "20131312955", "NUNCA INGRESÓ S.A.",
        "nunca@example.com", EARLIER, EARLIER, "",
    ),
    SeedRow(
        3, "sol", "SINCORRE", "15000000016", "SIN CORREO", "", "", EARLIER, EARLIER,
    ),
    SeedRow(
        4, "sol", "SINVERIF", "20000000001", "SIN VERIFICAR",
        "sinverif@example.com", "", EARLIER, EARLIER,
    ),
    SeedRow(
        5, "sol", "SINCONSE", "17000000019", "SIN CONSENTIMIENTO",
        "sinconse@example.com", EARLIER, "", EARLIER,
    ),
    SeedRow(
        6, "extranet", "EXT0001", "", "FUNCIONARIA SINTÉTICA",
        "ext0001@example.com", EARLIER, EARLIER, EARLIER,
    ),
)  # fmt: skip
EXCLUDED = {
    "unknown": UNKNOWN,
    "never logged in": {"ruc": "20131312955", "usuario": "NUNCA001"},
    "no address": {"ruc": "15000000016", "usuario": "SINCORRE"},
    "not verified": {"ruc": "20000000001", "usuario": "SINVERIF"},
    "no consent": {"ruc": "17000000019", "usuario": "SINCONSE"},
}


@dataclass
class HeldQueue:
    """A queue that holds what it is given until the test works on it."""

    held: list[tuple[str, dict[str, str], int]] = field(default_factory=list)

    def enqueue(
        self, name: str, payload: Mapping[str, str], *, max_age: int, delay: float = 0
    ) -> None:
        self.held.append((name, dict(payload), max_age))


@dataclass
class Outbox:
    """A relay that keeps what it accepts; `failure` is raised instead while it is set."""

    sent: list[OutgoingMessage] = field(default_factory=list)
    failure: Exception | None = None

    def send(self, message: OutgoingMessage) -> Receipt:
        if self.failure is not None:
            raise self.failure
        self.sent.append(message)
        return Receipt()


@dataclass
class Components:
    """The registry of components."""

    clients: dict[str, Client] = field(default_factory=dict)

    def get(self, client_id: str) -> Client | None:
        return self.clients.get(client_id)

    def all(self) -> tuple[Client, ...]:
        return tuple(self.clients.values())


def component(client_id: str = "origen", **policy: object) -> Client:
    return Client(
        client_id=client_id,
        client_name="Origen",
        redirect_uris=("https://origen.example.com/callback",),
        realms=("sol", "extranet"),
        initiate_login_uri="https://origen.example.com/login",
        contingency=ContingencyPolicy(**policy),  # type: ignore[arg-type]
    )


class World:
    """The services, wired as a process has them. recognises: whether the form knows browsers again,
    each of which has an allowance of its own.
    """

    def __init__(
        self,
        gateway: RedisGateway,
        database: Database,
        templates: Path,
        *,
        captcha: str = "none",
        relay: Relay | None = None,
        queue: JobQueue | None = None,
        lease: float = LIFE,
        recognises: bool = False,
        links_end_at_recovery: bool = False,
    ) -> None:
        self.redis, self.database = gateway, database
        self.clock = clock = FixedClock(NOW)
        self.random = random = SystemRandom()
        self.events = EventBus()
        self.store = SqlAuditStore(database)
        self.audit = audit = Audit(store=self.store, clock=clock, random=random)
        self.stream = RedisAuditStream(gateway, consumer="test")
        self.components = Components({"origen": component()})
        self.people = People(
            store=SqlPersonStore(database, vault_beside(database)), verifications=SqlVerificationStore(database),
            browsers=SqlBrowserStore(database),
        imports=SqlImportStore(database), holds=SqlHolds(database), retired=SqlRetiredSubs(database), events=EventBus(), uow=database, audit=audit, clock=clock,
            random=random, code_key=b"v" * 32,
        )  # fmt: skip
        self.status = UpstreamStatus(
            store=SqlFlagStore(database), transitions=SqlTransitionStore(database), uow=database,
            audit=audit, clock=clock, realms=("sol", "extranet"),
        )  # fmt: skip
        self.transactions = Transactions(
            store=RedisTransactions(gateway, clock), clock=clock, random=random,
            ttl=600, touched_ttl=3_600,
        )  # fmt: skip
        self.sessions = Sessions(
            store=RedisSessions(gateway), audit=audit, stream=self.stream, events=self.events, clock=clock,
            random=random, ttl=28_800, contingency_ttl=3_600, idle=1_800,
        )  # fmt: skip
        self.logins = Logins(
            transactions=self.transactions, sessions=self.sessions, clients=self.components,
            people=self.people, upstream_status=self.status, subjects=Subjects(b"p" * 32),
            realms=("sol", "extranet"),
            clock=clock, issuer=ISSUER,
        )  # fmt: skip
        self.links = Links(
            store=RedisLinks(gateway), spent=SqlSpentLinks(database), uow=database, audit=audit,
            clock=clock, random=random, key=b"l" * 32, ttl=600, max_age=1_800,
        )  # fmt: skip
        self.limits = Limits(counter=RedisCounter(gateway), clock=clock, key=b"m" * 32)
        self.noted = Noted(audit=audit, stream=self.stream, limits=self.limits)
        self.queue, self.outbox = HeldQueue(), Outbox()
        self.figures = RedisMailLoad(gateway)
        self.load = MailLoad(store=self.figures, clock=clock, key=b"n" * 32)
        self.events.subscribe(RelayAccepted, self.load.relay_accepted)
        self.sealing = Sealing(key=b"s" * 32, random=random)
        tools = Tools(spent=RedisSpentSolutions(gateway), clock=clock, key=b"c" * 32, altcha_cost=5)
        self.judge = Judge(
            dispatcher=self.logins, clock=clock, links_end_at_recovery=links_end_at_recovery
        )
        self.contingency = Contingency(
            transactions=self.transactions, dispatcher=self.logins, judge=self.judge,
            browsers=self.people if recognises else None, links=self.links,
            captcha=Captcha(vendor=captcha, tools=tools), limits=self.limits, load=self.load,
            queue=queue or self.queue,
            sealing=self.sealing, audit=audit, stream=self.stream, noted=self.noted,
            clock=clock, identifier_key=b"i" * 32,
            link_max_age=1_800, patterns=Patterns(),
        )  # fmt: skip
        self.behind = Behind(
            links=self.links, transactions=self.transactions, clients=self.components,
            people=self.people, audit=audit, noted=self.noted,
        )  # fmt: skip
        self.elsewhere = Elsewhere(
            links=self.links, transactions=self.transactions, dispatcher=self.logins,
            judge=self.judge, people=self.people, clients=self.components, behind=self.behind, clock=clock,
            issuer=ISSUER,
        )  # fmt: skip
        self.waiting_room = WaitingRoom(
            judge=self.judge,
            transactions=self.transactions,
            links=self.links,
            load=self.load,
            clock=clock,
        )
        self.entry = Entry(
            links=self.links, transactions=self.transactions, people=self.people,
            judge=self.judge, behind=self.behind, elsewhere=self.elsewhere, clock=clock, issuer=ISSUER,
        )  # fmt: skip
        self.drill_desk = DrillDesk(
            drills=NoDrills(), dispatcher=self.logins, transactions=self.transactions,
            audit=audit, stream=self.stream, noted=self.noted, clock=clock,
        )  # fmt: skip
        self.delivery = Delivery(
            judge=self.judge,
            links=self.links, transactions=self.transactions,
            leases=RedisLeases(gateway, random, life=lease), people=self.people, clients=self.components, drills=NoDrills(), sealing=self.sealing,
            templates=MailTemplates(
                templates, shared={"help_desk": {"phone": "207-1510", "email": "m@example.com"}}
            ),
            relay=relay or self.outbox, load=self.load, audit=audit, stream=self.stream, events=self.events,
            clock=clock, issuer=ISSUER, id_key=b"d" * 32,
        )  # fmt: skip

    def seed(self) -> None:
        report = self.people.seed(ROWS, trust_emails=True)
        assert not report.problems, report

    def flag(self, up: bool, realm: str = "sol") -> None:
        state = FlagState.FORCED_UP if up else FlagState.FORCED_DOWN
        self.status.set(realm, state, reason="test", who="test")

    def park(self, browser_hash: str = HERE, realm: str = "sol") -> Transaction:
        parked = self.transactions.add(
            self.transactions.prepare(
                browser_hash=browser_hash,
                destination="authorize",
                client_id="origen",
                params=(("redirect_uri", "https://origen.example.com/callback"),),
                realms=("sol", "extranet"),
            )
        )
        return self.transactions.choose(parked.id, browser_hash, realm)

    def ask(
        self,
        typed: Mapping[str, str] = KNOWN,
        *,
        transaction: Transaction | None = None,
        visitor: Visitor = VISITOR,
    ) -> Transaction:
        """Ask for a link; the transaction as it is then."""
        transaction = transaction or self.park()
        visit = self.contingency.visit(transaction.id, HERE)
        result = self.contingency.request(visit, HERE, typed, visitor)
        assert not result.errors
        return self.transactions.load(transaction.id, HERE)

    def work(self) -> None:
        """Do the work that is held, once each."""
        held, self.queue.held = self.queue.held, []
        for _, payload, _ in held:
            self.delivery(payload)

    def delivered_and_put_off(self) -> tuple[int, int]:
        """How many people's deliveries and put-offs the figures hold for this epoch."""
        found = self.figures.epoch(int(self.clock.timestamp()) // EPOCH)
        return len(found.delivered), len(found.put_off)

    def queue_reference(self) -> str:
        """The número de atención of the last mail's link."""
        return self.events_of("link.requested")[-1].reference or ""

    def mailed_token(self) -> str:
        """The token in the last mail."""
        text = self.outbox.sent[-1].content.text
        return text.split(f"{ISSUER}/ingreso/")[1].split()[0]

    def records(self) -> list[AuditRecord]:
        """Every audit record so far, the oldest first."""
        while drain(self.stream, self.store):
            pass
        return list(reversed(self.audit.search(AuditFilter(), 500)))

    def events_of(self, *names: str) -> list[AuditRecord]:
        return [record for record in self.records() if record.event in names]
