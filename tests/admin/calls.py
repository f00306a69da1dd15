"""People who call: what they did before, over the world of the console's tests."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from console_desk import ConsoleClient, Desk
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from idp.adapters.sql.audit import SqlAuditStore
from idp.admin.roles import Role
from idp.audit.drain import drain
from idp.audit.events import AuditEvent
from idp.audit.records import AuditFilter, AuditRecord
from idp.contingency.service import DELIVER
from idp.jobs.registry import RetryLater
from idp.links.link import Link
from idp.mail.message import OutgoingMessage
from idp.mail.ports import Receipt, Relay
from idp.people.person import Address, Person
from idp.upstream_status.state import FlagState
from tests.support.world import World, csrf_of

RUC, USUARIO = "20131312955", "LLAMA001"
EMAIL = "llama@una-empresa.example.com"
MAILBOX = "l•••@una-empresa.example.com"


@dataclass
class Taking:
    """A relay that takes everything, or fails as it is told to."""

    failure: Exception | None = None
    sent: list[OutgoingMessage] = field(default_factory=list)

    def send(self, message: OutgoingMessage) -> Receipt:
        if self.failure is not None:
            raise self.failure
        self.sent.append(message)
        return Receipt("uno.example:25", 1)


@dataclass
class Calls:
    """What the console's tests need of the provider's side."""

    desk: Desk

    @property
    def world(self) -> World:
        return self.desk.world

    def person(self, usuario: str = USUARIO, *, consent: bool = True) -> Person:
        """Somebody who logged in once, with a verified address."""
        people, now = self.world.services.people, self.world.clock.now()
        found = self.world.person(RUC, usuario)
        if not found.addresses:
            address = Address(
                id=f"adr_{usuario.lower()}", email=EMAIL, created_at=now, verified_at=now,
                counts_from=now,
            )  # fmt: skip
            people._store.put_address(found.id, address)
            people.set_profile(found.id, {"mobile": "987654321"})
        if found.consent != consent:
            people.set_consent(found.id, consent)
        refreshed = people.get(found.id)
        assert refreshed is not None
        return refreshed

    def flag(self, *, down: bool) -> None:
        """Flag SUNAT down, or leave it to itself."""
        status = self.world.services.upstream_status
        state = FlagState.FORCED_DOWN if down else FlagState.AUTO
        found = status.flag("sol")
        if found is None or found.state is not state:
            status.set("sol", state, reason="prueba", who="prueba")

    def ask(self, usuario: str = USUARIO, ruc: str = RUC) -> tuple[FlaskClient, str, str]:
        """Ask for a link as a person does: browser, login, número de atención."""
        self.flag(down=True)
        browser = self.world.browser()
        asked = {"client_id": "origen", "redirect_uri": "http://localhost:9002/callback"}
        parked = self.world.authorize(browser, **asked)
        login = str(parked.location).rpartition("/")[2]
        browser.get(f"/login/{login}")
        self.retype(browser, login, usuario, ruc)
        return browser, login, self.link_of(login).reference

    def retype(self, browser: FlaskClient, login: str, usuario: str, ruc: str = RUC) -> None:
        """Send the form of contingency, the first time or again."""
        path = f"/contingencia/{login}"
        form = {"csrf_token": csrf_of(browser.get(path).text), "ruc": ruc, "usuario": usuario}
        assert browser.post(path, data=form).status_code == 303

    def link_of(self, login: str) -> Link:
        """The link that a login names now."""
        services = self.world.services
        link = services.links.get(services.logins.transactions._live(login).link_id or "")
        assert link is not None
        return link

    def decide(self, login: str, relay: Relay | None = None) -> None:
        """What the worker does with the login's link; the relay takes everything by default."""
        link = self.link_of(login)
        job = next(one for one in self.world.services.jobs if one.name == DELIVER)
        delivery: Any = job.handler
        before, delivery._relay = delivery._relay, relay or Taking()
        try:
            delivery({"link": link.id, "reference": link.reference, "identifier": link.sealed})
        except RetryLater:
            pass
        finally:
            delivery._relay = before
        self.drain()

    def drain(self) -> None:
        """Bring what travels to the log."""
        services = self.world.services
        drain(services.audit_stream, SqlAuditStore(services.database))

    def records(self, event: AuditEvent, **wanted: str) -> list[AuditRecord]:
        """What is on record, the newest first."""
        self.drain()
        search = replace(AuditFilter(event=event), **wanted)  # type: ignore[arg-type]
        return self.world.services.audit.search(search, 100)

    def case(self, browser: ConsoleClient, *, motivo: str = "mail", **typed: str) -> TestResponse:
        """Search; the answer."""
        return browser.send("/admin/personas", motivo=motivo, **typed)

    def open(self, role: Role = Role.HELPDESK, **typed: str) -> tuple[ConsoleClient, str, str]:
        """Somebody at the console with a case open: browser, its path, their name."""
        browser, member = self.desk.visitor(role)
        answer = self.case(browser, **(typed or {"ruc": RUC, "usuario": USUARIO}))
        assert answer.status_code == 303, answer.text
        return browser, str(answer.location), member.name
