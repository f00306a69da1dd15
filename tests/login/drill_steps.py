"""Drills of the whole provider: people who may be taken, and what the worker does for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from login_steps import park

from idp.adapters.sql.audit import SqlAuditStore
from idp.adapters.sql.drills import SqlDrillRecords
from idp.audit.drain import drain
from idp.audit.records import AuditRecord
from idp.contingency.service import DELIVER
from idp.login.transaction import Transaction
from idp.mail.message import OutgoingMessage
from idp.mail.ports import Receipt
from idp.people.person import Address, Person
from idp.upstream_status.drill_choice import Drill
from tests.support.world import World, csrf_of

RUC = "20131312955"


@dataclass
class Outbox:
    """A relay that keeps what it accepts."""

    sent: list[OutgoingMessage] = field(default_factory=list)

    def send(self, message: OutgoingMessage) -> Receipt:
        self.sent.append(message)
        return Receipt()


def able(world: World, usuario: str) -> Person:
    """Somebody who could enter by mail."""
    person, people = world.person(usuario=usuario), world.services.people
    if not person.addresses:
        now = world.clock.now()
        people._store.put_address(
            person.id,
            Address(
                id=f"adr_{usuario.lower()}", email=f"{usuario.lower()}@example.com",
                created_at=now, verified_at=now, counts_from=now,
            ),
        )  # fmt: skip
        people.set_consent(person.id, True)
    found = people.get(person.id)
    assert found is not None
    return found


def known(world: World, *people: Person, for_long: bool = True) -> FlaskClient:
    """A browser that is known for these people, by default for long enough to count."""
    browser, cookie = world.browser(), None
    for person in people:
        cookie = world.services.people.remember_browser(person.id, cookie)
    assert cookie is not None
    browser.set_cookie("idp_known", cookie, domain="localhost")
    if for_long:
        world.clock.advance(86_401)
    return browser


def begin(world: World, **changes: Any) -> Drill:
    """A drill of everybody's for an hour, changed."""
    wanted: dict[str, Any] = {
        "realm": "sol", "percent": 100, "lasts": timedelta(hours=1), "who": "ana",
        "reason": "prueba", **changes,
    }  # fmt: skip
    return world.services.drills.begin(**wanted)


def start(world: World, browser: FlaskClient, **changes: Any) -> str:
    """A login that chose Clave SOL; the path of its dispatcher."""
    path = park(world, browser, **changes)
    page = browser.get(path)
    if page.status_code == 200 and "/upstream/sol/start" not in page.text:
        browser.post(f"{path}/elegir", data={"csrf_token": csrf_of(page.text), "realm": "sol"})
    return path


def to_contingency(world: World, browser: FlaskClient, **changes: Any) -> bool:
    """Whether a new login of this browser goes to the form, rather than to SUNAT."""
    answer = browser.get(start(world, browser, **changes))
    if answer.status_code == 200:
        assert "/upstream/sol/start" in answer.text
        return False
    assert answer.location.startswith(("/contingencia/", "/upstream/sol/start")), answer.location
    return str(answer.location).startswith("/contingencia/")


def parked(world: World, path: str) -> Transaction:
    """The login of a dispatcher's path."""
    return world.services.logins.transactions._live(path.rpartition("/")[2])


def ask(world: World, browser: FlaskClient, path: str, usuario: str = "DRILLADO") -> None:
    """Ask for a link at the form of this login."""
    form = f"/contingencia/{path.rpartition('/')[2]}"
    page = browser.get(form)
    assert page.status_code == 200, page.location
    data = {"csrf_token": csrf_of(page.text), "ruc": RUC, "usuario": usuario}
    assert browser.post(form, data=data).status_code == 303


def deliver(world: World, path: str) -> list[OutgoingMessage]:
    """What the worker does for the link of this login; the mails that left."""
    services, outbox = world.services, Outbox()
    link = services.links.get(parked(world, path).link_id or "")
    assert link is not None
    handler: Any = next(job.handler for job in services.jobs if job.name == DELIVER)
    relay, handler._relay = handler._relay, outbox
    try:
        handler({"link": link.id, "reference": link.reference, "identifier": link.sealed})
    finally:
        handler._relay = relay
    return outbox.sent


def link_path(mail: OutgoingMessage) -> str:
    """The path of a mail's link."""
    return "/ingreso/" + mail.content.text.split("/ingreso/")[1].split()[0]


def records(world: World, names: Iterable[str], drill: Drill) -> list[AuditRecord]:
    """The records of these events that carry the drill, the oldest first."""
    drained(world)
    until = drill.ends_at + timedelta(days=1)
    found = SqlDrillRecords(world.services.database).of_drill(drill, until)
    return [one for one in found if one.event in names and one.details.get("drill") == drill.id]


def drained(world: World) -> None:
    """Nothing is on its way to the audit log any more."""
    store = SqlAuditStore(world.services.database)
    while drain(world.services.audit_stream, store):
        pass
