"""Mail through real workers, a real queue and a real SMTP server that fails in real ways."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from contingency_world import HERE, ISSUER, World

from idp.adapters.queue.broker import NAMESPACE, DramatiqQueue, declare, make_broker
from idp.adapters.redis.connection import RedisGateway
from idp.adapters.redis.leases import LIFE
from idp.adapters.sql.database import Database
from idp.contingency.service import DELIVER
from idp.jobs.registry import Jobs

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent / "mail"))
from smtp_server import Behaviour, SmtpServer  # noqa: E402


def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for a condition, with a deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture
def queued(gateway: RedisGateway, database: Database, templates: Path, valkey: str) -> World:
    """The world with the real queue."""
    jobs = Jobs()
    jobs.register(DELIVER, lambda payload: None)
    broker = make_broker(valkey)
    declare(broker, jobs)
    world = World(gateway, database, templates, queue=DramatiqQueue(broker))
    world.seed()
    world.flag(up=False)
    return world


@pytest.fixture
def start(
    valkey: str, tmp_path: Path, templates: Path
) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start a worker process for the SMTP server on this port; lease: how long its leases live."""
    running: list[subprocess.Popen[bytes]] = []

    def run(port: int, lease: float = LIFE) -> subprocess.Popen[bytes]:
        path = os.pathsep.join([str(FOLDER.parents[1]), str(FOLDER)])
        process = subprocess.Popen(
            [
                sys.executable, str(FOLDER / "delivery_process.py"), valkey,
                f"sqlite:///{tmp_path}/idp.sqlite3", f"smtp://127.0.0.1:{port}", str(templates),
                str(lease),
            ],
            env={"PYTHONPATH": path},
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        running.append(process)
        return process

    yield run
    for process in running:
        process.kill()
        process.wait()


@dataclass
class Slow(Behaviour):
    """Answers for the first message only when told to."""

    go_on: threading.Event = field(default_factory=threading.Event)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = await super().handle_DATA(server, session, envelope)
        self.hanging.set()
        while not self.go_on.is_set():
            await asyncio.sleep(0.05)
        return answer


@contextmanager
def smtp(behaviour: Behaviour, port: int = 0) -> Iterator[int]:
    with SmtpServer(behaviour, port=port) as server:
        yield server.port


def token_in(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    text: str = body.get_content()
    return text.split(f"{ISSUER}/ingreso/")[1].split()[0]


def test_worker_killed_in_the_middle_of_a_delivery_another_sends_the_same_link(
    queued: World, start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    behaviour = Behaviour(hang=True)
    with smtp(behaviour) as port:
        first = start(port)
        transaction = queued.ask()
        assert behaviour.hanging.wait(20)
        first.send_signal(signal.SIGKILL)
        first.wait()
        behaviour.hang = False
        start(port)
        until(lambda: len(behaviour.received) == 2, 40)
        until(lambda: len(queued.events_of("link.sent")) == 1)
    before, after = (message for _, _, message in behaviour.received)
    assert token_in(before) == token_in(after)
    assert before["Message-ID"] == after["Message-ID"]
    assert queued.entry.enter(token_in(after), HERE, None) == transaction.id


def test_worker_that_stands_still_in_the_middle_of_a_delivery_no_other_sends_the_link_too(
    queued: World, start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    behaviour = Slow()
    with smtp(behaviour) as port:
        first = start(port, 60)
        queued.ask()
        assert behaviour.hanging.wait(20)
        first.send_signal(signal.SIGSTOP)
        start(port, 60)
        # The queue takes the first for dead; the second has it in hand and leaves it.
        until(lambda: tries_of(queued) >= 1, 40)
        assert len(behaviour.received) == 1
        behaviour.go_on.set()
        first.send_signal(signal.SIGCONT)
        until(lambda: len(queued.events_of("link.sent")) == 1)
        until(lambda: tries_of(queued) == 0)
    assert len(behaviour.received) == 1
    assert queued.events_of("mail.deferred") == []


def tries_of(world: World) -> int:
    """How often the queue's one message was put off; 0 when none is left."""
    tries = 0
    for key in world.redis.client.scan_iter(f"{NAMESPACE}:*.msgs"):
        for raw in world.redis.client.hvals(key):
            tries = max(tries, json.loads(raw)["options"].get("retries", 0))
    return tries


def test_smtp_down_and_back_the_mail_leaves_once(
    queued: World, start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    behaviour = Behaviour()
    with smtp(behaviour) as port:
        pass
    start(port)
    queued.ask()
    until(lambda: len(queued.events_of("mail.deferred")) >= 2)
    assert {r.details["code"] for r in queued.events_of("mail.deferred")} == {"connect"}
    with smtp(behaviour, port):
        until(lambda: len(queued.events_of("link.sent")) == 1)
    assert len(behaviour.received) == 1
    assert behaviour.received[0][1] == ["importa1@example.com"]


def test_relay_that_greylists_gets_it_again_and_takes_it(
    queued: World, start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    behaviour = Behaviour(rcpt="451 4.7.1 try again later")
    with smtp(behaviour) as port:
        start(port)
        queued.ask()
        until(lambda: len(queued.events_of("mail.deferred")) >= 1)
        behaviour.rcpt = ""
        until(lambda: len(queued.events_of("link.sent")) == 1)
    assert len(behaviour.received) == 1


def test_relay_that_refuses_is_not_asked_again(
    queued: World, start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    behaviour = Behaviour(rcpt="550 5.1.1 no such user")
    with smtp(behaviour) as port:
        start(port)
        queued.ask()
        until(lambda: len(queued.events_of("mail.refused")) == 1)
        until(lambda: len(queued.events_of("address.undeliverable")) == 1)
    assert queued.events_of("mail.deferred") == []
