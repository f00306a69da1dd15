"""A provider whose admins have a real mail server, and whose components a real place to be told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import dramatiq

from idp.adapters.sql.audit import SqlAuditStore
from idp.audit.drain import drain
from idp.audit.events import AuditEvent
from idp.audit.records import AuditFilter, AuditRecord
from idp.deliveries.flag_notices import NOTIFY
from idp.mail.admins import NOTICE
from idp.wiring import Services, build_services, worker_broker
from tests.mail.smtp_server import Behaviour, SmtpServer
from tests.support.world import CHEAP, CLIENTS, World, build_world

ADMINS = ("turno@vuce.example", "jefe@vuce.example")
QUEUES = {"admins-notice", "upstream-notify"}


@dataclass
class Receiver:
    """Where components are told: what came to which path, and what is answered there."""

    port: int = 0
    status: dict[str, int] = field(default_factory=dict)
    came: list[tuple[str, dict[str, str], str]] = field(default_factory=list)

    def tokens(self, path: str) -> list[str]:
        return [body for at, _, body in self.came if at == path]


@contextmanager
def receiving() -> Iterator[Receiver]:
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            found.came.append((self.path, dict(self.headers), body))
            self.send_response(found.status.get(self.path, 202))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Told:
    """The world, its mail server, and who is told."""

    world: World
    smtp: Behaviour
    receiver: Receiver

    @property
    def services(self) -> Services:
        return self.world.services

    def another(self) -> Services:
        """The services of another worker."""
        found = build_services(self.world.settings, clock=self.world.clock, password_cost=CHEAP)
        found.upstream_status.refresh()
        return found

    def step(self, seconds: float = 0.0) -> None:
        """Let that time pass, and a worker do what it does regularly about upstreams."""
        self.world.clock.advance(seconds)
        self.services.upstream_status.refresh()
        self.services.switch.steward.step()
        self.services.telling.step()

    def work(self) -> None:
        """Let a worker do what is queued."""
        broker = worker_broker(self.services)()
        worker = dramatiq.Worker(broker, queues=QUEUES, worker_threads=2, worker_timeout=50)
        worker.start()
        for queue in QUEUES:
            broker.join(queue, timeout=20_000)
        worker.join()
        worker.stop()
        broker.client.close()

    def mails(self, to: str = ADMINS[0]) -> list[str]:
        """The subjects of the mails that came to an admin, in the order in which they were told."""
        mine = [mail for _, rcpt, mail in self.smtp.received if rcpt == [to]]
        # A folded header may be read back with a space more.
        return [" ".join(str(mail["Subject"]).split()) for mail in mine]

    def handler(self, name: str) -> Any:
        """What does the work of that name."""
        return next(job for job in self.services.jobs if job.name == name)

    def recorded(self, event: AuditEvent) -> list[AuditRecord]:
        """The newest first."""
        store = SqlAuditStore(self.services.database)
        drain(self.services.audit_stream, store)
        return store.search(AuditFilter(event=event), 50)


@contextmanager
def told_world(folder: Path, valkey: str, **settings: Any) -> Iterator[Told]:
    """`mr` and `origen` are told; `spa` is not."""
    with receiving() as receiver, SmtpServer(smtp := Behaviour()) as server:
        base = f"http://127.0.0.1:{receiver.port}"
        clients = CLIENTS
        for name in ("mr", "origen"):
            line = f"client_id: {name}\n"
            clients = clients.replace(line, f"{line}    status: {{events_uri: '{base}/{name}'}}\n")
        world = build_world(
            folder,
            valkey,
            clients=clients,
            smtp_url=f"smtp://127.0.0.1:{server.port}",
            **{"admin_emails": ADMINS, **settings},
        )
        try:
            yield Told(world, smtp, receiver)
        finally:
            world.services.stop()


__all__ = ["ADMINS", "NOTICE", "NOTIFY", "Told", "told_world"]
