"""A campaign in one process: real tables, real posting, a queue and a relay that a test can break.

Whatever the campaign is made of can end the process: `Killed` is raised before or after a call, and
what was not committed is gone, as with a signal. What the queue had handed to a worker comes again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from idp.account.campaign_mails import CampaignMails, CampaignPump
from idp.adapters.sql.campaign_mails import SqlCampaignMails
from idp.adapters.sql.campaigns import SqlCampaignStore
from idp.adapters.sql.database import Database
from idp.audit.log import Audit
from idp.audit.records import AuditRecord
from idp.jobs.registry import RetryLater
from idp.kernel.clock import FixedClock
from idp.kernel.errors import IdpError
from idp.kernel.random import SystemRandom
from idp.mail.message import OutgoingMessage
from idp.mail.ports import Receipt
from idp.mail.posting import Posting
from idp.mail.templates import MailTemplates
from idp.people.campaign import Campaigns
from idp.people.campaign_work import CampaignWork
from idp.people.service import People

TEMPLATES = Path(__file__).parents[2] / "templates"
REST = timedelta(days=30)


_CHANGES = ("add", "update", "due", "move", "lose", "release", "send", "enqueue", "push")


class Killed(BaseException):
    """The process is no more."""


@dataclass
class Fate:
    """Ends the process at the call of that number, before it is done or after; None: never."""

    at: int | None = None
    after: bool = False
    calls: int = 0

    def strike(self, *, after: bool) -> None:
        if not after:
            self.calls += 1
        if self.calls == self.at and after is self.after:
            self.at = None
            raise Killed


class Mortal:
    """Something each of whose calls may be the process's last."""

    def __init__(self, target: Any, fate: Fate) -> None:
        self._target = target
        self._fate = fate

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        if name not in _CHANGES:
            return found  # to end before or after a look is to end before what comes next

        def call(*args: Any, **kwargs: Any) -> Any:
            self._fate.strike(after=False)
            answer = found(*args, **kwargs)
            self._fate.strike(after=True)
            return answer

        return call


@dataclass
class Queue:
    """At-least-once: a job is there until its handler returned."""

    jobs: list[tuple[Mapping[str, str], float]] = field(default_factory=list)

    def enqueue(
        self, name: str, payload: Mapping[str, str], *, max_age: int, delay: float = 0
    ) -> None:
        self.jobs.append((dict(payload), max_age))


@dataclass
class Mailbox:
    """A relay that keeps what it took. failure: what it raises instead."""

    taken: list[OutgoingMessage] = field(default_factory=list)
    failure: Callable[[], Exception] | None = None

    def send(self, message: OutgoingMessage) -> Receipt:
        if self.failure is not None:
            raise self.failure()
        self.taken.append(message)
        return Receipt("relay")


@dataclass
class Flag:
    """The flag of every upstream."""

    down: set[str] = field(default_factory=set)
    loaded: bool = True
    realms: tuple[str, ...] = ("sol", "extranet")

    def up(self, realm: str) -> bool:
        return realm not in self.down

    def refresh(self) -> bool:
        return True


@dataclass
class Allowance:
    """The budget of campaigns."""

    left: int = 1_000_000

    def hit(self, name: str, *parts: str) -> None:
        assert (name, parts) == ("mail.campaign", ())
        if not self.left:
            raise IdpError("rate_limited", 429)
        self.left -= 1


class Stream:
    """The audit stream: it forgets."""

    def __init__(self) -> None:
        self.records: list[AuditRecord] = []

    def push(self, record: AuditRecord) -> None:
        self.records.append(record)

    read = ack = push


class Stage:
    """Builds the services anew for each process; what is outside of it stays."""

    def __init__(self, database: Database, people: People, audit: Audit, clock: FixedClock) -> None:
        self.database, self.people, self.audit, self.clock = database, people, audit, clock
        self.fate = Fate()
        self.queue, self.relay, self.flag, self.allowance = Queue(), Mailbox(), Flag(), Allowance()
        self.stream = Stream()
        self.begin_process()

    def begin_process(self) -> None:
        """As after a start: nothing is in memory."""
        store = Mortal(SqlCampaignStore(self.database), self.fate)
        mails = Mortal(SqlCampaignMails(self.database), self.fate)
        self.campaigns = Campaigns(
            store=store,
            mails=mails,
            uow=self.database,
            audit=self.audit,
            clock=self.clock,
            random=SystemRandom(),
            rest=REST,
        )
        self.worker = CampaignWork(
            store=store,
            mails=mails,
            uow=self.database,
            audit=self.audit,
            clock=self.clock,
            rest=REST,
        )
        self.handler = CampaignMails(
            work=self.worker,
            people=self.people,
            status=self.flag,
            templates=MailTemplates(
                TEMPLATES, shared={"help_desk": {"phone": "207-1510", "email": "ayuda@example.pe"}}
            ),
            posting=Posting(
                relay=Mortal(self.relay, self.fate),
                people=self.people,
                audit=self.audit,
                stream=Mortal(self.stream, self.fate),  # type: ignore[arg-type]
                clock=self.clock,
                issuer="https://ingreso.vuce.example",
                id_key=b"d" * 32,
            ),
            clock=self.clock,
            issuer="https://ingreso.vuce.example",
        )
        self.pump = CampaignPump(
            work=self.worker,
            status=self.flag,
            limits=self.allowance,  # type: ignore[arg-type]
            queue=Mortal(self.queue, self.fate),
        )

    def work(self) -> None:
        """Do every job that is there: one that is put off comes again, at the end."""
        later = []
        while self.queue.jobs:
            job = self.queue.jobs[0]
            try:
                self.handler(job[0])
            except RetryLater:
                later.append(job)
            self.queue.jobs.pop(0)  # acknowledged once it is done: not when the process ended
        self.queue.jobs.extend(later)

    def run(self, ticks: int = 200) -> None:
        """Tick and work until the campaign is over; a process that ends begins anew."""
        for _ in range(ticks):
            try:
                self.pump()
                self.work()
                found = self.campaigns.unfinished()
            except Killed:
                self.begin_process()
                continue
            if found is None:
                return
            self.clock.advance(61)
        raise AssertionError("the campaign does not end")

    def addressed(self) -> list[str]:
        """Whom mails went to."""
        return sorted(message.to for message in self.relay.taken)
