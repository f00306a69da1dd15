"""The short ways of these tests to a nudge."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from flask.testing import FlaskClient
from login_steps import follow, page, park, prove
from werkzeug.test import TestResponse

from idp.audit.events import AuditEvent
from idp.audit.records import AuditFilter, AuditRecord
from idp.kernel.identity import Mode
from idp.people.person import Address, Person
from tests.support.world import World, csrf_of

AVISA = {
    "client_id": "avisa",
    "redirect_uri": "http://localhost:9006/callback",
    "scope": "openid email vuce",
}
DAY = 86_400
_NUMBERS = itertools.count()


@dataclass
class Visit:
    """Somebody of their own, in a browser of their own."""

    world: World
    browser: FlaskClient
    person: Person

    def log_in(self, mode: Mode = Mode.SUNAT, **changes: str) -> list[str]:
        """A whole login on the way to `avisa`; each place that it led to."""
        path = park(self.world, self.browser, **{**AVISA, **changes})
        prove(self.world, self.browser, path, self.person, mode)
        return follow(self.browser, path)

    def answer(self, path: str, said: str, **fields: str) -> TestResponse:
        """Press a button of the page at this path."""
        form = {"csrf_token": csrf_of(page(self.browser, path)), "respuesta": said, **fields}
        return self.browser.post(path, data=form)

    def now(self) -> Person:
        """The person as stored."""
        found = self.world.services.people.get(self.person.id)
        assert found is not None
        return found

    def prove(self, email: str = "ana@empresa.pe", consent: bool = True) -> Address:
        """Set an address, and prove it."""
        people = self.world.services.people
        people.set_contact(self.person.id, email=email, consent=consent)
        found = people.pending_verification(self.person.id)
        assert found is not None
        return people.confirm_address(self.person.id, code=found.code).address

    def on_record(self, event: AuditEvent) -> list[AuditRecord]:
        """What was recorded of this person, the oldest first."""
        wanted = AuditFilter(event=event, person_id=self.person.id)
        return self.world.services.audit.search(wanted)[::-1]


def visit(world: World) -> Visit:
    """Somebody without an address, who was told nothing yet."""
    person = world.person("20504774288", f"AVISO{next(_NUMBERS)}")
    return Visit(world, world.browser(), person)
