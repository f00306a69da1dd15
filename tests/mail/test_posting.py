"""A mail to a person: sent once, and what is put on record of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from smtp_server import Behaviour, SmtpServer
from test_relay import CONTENT, SENDER

from idp.adapters.redis.audit_stream import RedisAuditStream
from idp.adapters.redis.connection import RedisGateway
from idp.adapters.redis.mail_tries import RedisMailTries
from idp.adapters.smtp.relay import SmtpRelay
from idp.audit.log import Audit
from idp.audit.ports import AuditStream
from idp.audit.records import AuditRecord
from idp.jobs.registry import RetryLater
from idp.kernel.clock import FixedClock
from idp.kernel.errors import Unavailable
from idp.kernel.random import SystemRandom
from idp.mail.posting import Posting
from idp.mail.repeats import RepeatingRelay
from idp.people.person import Address, Person

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
ADDRESS = Address(id="adr_1", email="rosa@empresa.example", created_at=NOW)
PERSON = Person(
    id="per_1", sub="sub_1", realm="sol", identifier="20504774288:ROSA0001",
    ruc="20504774288", usuario="ROSA0001", name="ROSA",
    created_at=NOW, updated_at=NOW, addresses=(ADDRESS,),
)  # fmt: skip


class NoSql:
    """The audit's store while SQL is away."""

    def append(self, record: AuditRecord) -> None:
        raise Unavailable("sql")

    append_many = search = purge = append


@dataclass
class Directory:
    marked: list[tuple[str, str, str]] = field(default_factory=list)

    def mark_undeliverable(self, person_id: str, address_id: str, *, code: str) -> None:
        self.marked.append((person_id, address_id, code))


class NoStream:
    def push(self, record: AuditRecord) -> None:
        raise Unavailable("redis")

    read = ack = push


def posting(
    gateway: RedisGateway, clock: FixedClock, port: int, stream: AuditStream | None = None
) -> tuple[Posting, Directory]:
    people = Directory()
    relay = SmtpRelay(f"smtp://127.0.0.1:{port}", sender=SENDER, timeout=1.0)
    return Posting(
        relay=RepeatingRelay(relay, tries=RedisMailTries(gateway), clock=clock),
        people=people,
        audit=Audit(store=NoSql(), clock=clock, random=SystemRandom()),
        stream=stream or RedisAuditStream(gateway, consumer="test"),
        clock=clock,
        issuer="https://idp.example.com",
        id_key=b"d" * 32,
    ), people


def records(gateway: RedisGateway) -> list[tuple[str, dict[str, str]]]:
    found = RedisAuditStream(gateway, consumer="test").read(50)
    return [(str(record.event), dict(record.details)) for _, record in found]


def test_mail_that_was_taken_while_sql_is_away_is_sent_once_and_recorded(
    gateway: RedisGateway, clock: FixedClock
) -> None:
    behaviour = Behaviour()
    with SmtpServer(behaviour) as server:
        sender, _ = posting(gateway, clock, server.port)
        sender.post("aviso", "ses_1", PERSON, ADDRESS, CONTENT)
    assert len(behaviour.received) == 1
    details = {"kind": "aviso", "relay": f"127.0.0.1:{server.port}", "attempt": "1"}
    assert records(gateway) == [("mail.accepted", details)]


def test_mail_that_was_taken_while_nothing_can_be_recorded_is_not_sent_again(
    gateway: RedisGateway, clock: FixedClock
) -> None:
    behaviour = Behaviour()
    with SmtpServer(behaviour) as server:
        sender, _ = posting(gateway, clock, server.port, NoStream())
        sender.post("aviso", "ses_1", PERSON, ADDRESS, CONTENT)
    assert len(behaviour.received) == 1


def test_mail_put_off_then_refused_tells_relay_and_attempt_of_each(
    gateway: RedisGateway, clock: FixedClock
) -> None:
    behaviour = Behaviour(rcpt="451 4.7.1 later")
    with SmtpServer(behaviour) as server:
        sender, people = posting(gateway, clock, server.port)
        with pytest.raises(RetryLater):
            sender.post("aviso", "ses_1", PERSON, ADDRESS, CONTENT, verification="ver_1")
        behaviour.rcpt = "550 5.1.1 no such user"
        sender.post("aviso", "ses_1", PERSON, ADDRESS, CONTENT)
    label = f"127.0.0.1:{server.port}"
    assert records(gateway) == [
        (
            "mail.deferred",
            {
                "kind": "aviso",
                "verification": "ver_1",
                "code": "451",
                "relay": label,
                "attempt": "1",
            },
        ),
        (
            "mail.refused",
            {"kind": "aviso", "code": "550", "relay": label, "attempt": "2", "address": "adr_1"},
        ),
    ]
    assert people.marked == [("per_1", "adr_1", "550")]
