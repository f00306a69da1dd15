"""A person at `/cuenta`, and the mail that reaches anybody."""

from __future__ import annotations

import re
from dataclasses import dataclass

import dramatiq
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from idp.kernel.identity import Mode
from idp.kernel.ids import digest
from idp.people.person import Person
from tests.mail.smtp_server import Behaviour
from tests.support.world import World, csrf_of


@dataclass
class Mail:
    """A mail as it arrived."""

    to: str
    subject: str
    text: str

    @property
    def code(self) -> str:
        found = re.search(r"(?<!\d)\d{6}(?!\d)", re.sub(r"https?://\S+", "", self.text))
        assert found, self.text
        return found[0]

    @property
    def link(self) -> str:
        """The link's path."""
        found = re.search(r"http://localhost:8000(/cuenta/verificar/[\w-]{43})\b", self.text)
        assert found, self.text
        return found[1]


class Desk:
    """A person's browser at `/cuenta`, and the mail that reaches anybody."""

    def __init__(self, world: World, smtp: Behaviour) -> None:
        self.world, self._smtp = world, smtp
        self.person: Person = world.person()
        self.browser = self.logged_in(self.person)

    def logged_in(self, person: Person, mode: Mode = Mode.SUNAT) -> FlaskClient:
        """A browser of its own with a session of that person."""
        browser = self.world.browser()
        browser.get("/cuenta")  # sets the browser cookie
        self.world.log_in(browser, person, mode)
        return browser

    def post(
        self, path: str, form: dict[str, str], browser: FlaskClient | None = None
    ) -> TestResponse:
        """Post a form with the token of this browser's own page."""
        browser = browser or self.browser
        token = csrf_of(browser.get(path if "verificar" in path else "/cuenta").text)
        return browser.post(path, data={"csrf_token": token, **form})

    def update(self, email: str, *, consent: bool = True, **fields: str) -> TestResponse:
        """*Actualizar Datos*."""
        checked = {"consent": "1"} if consent else {}
        return self.post("/cuenta", {"email": email, **checked, **fields})

    def mails(self) -> list[Mail]:
        """What has arrived once the worker did all there is; and forget it."""
        broker = self.world.services.queue._broker
        worker = dramatiq.Worker(broker, worker_timeout=50, worker_threads=1)
        worker.start()
        try:
            for queue in sorted(broker.get_declared_queues()):
                broker.join(queue, interval=20, timeout=10_000)
            worker.join()
        finally:
            worker.stop()
        received, self._smtp.received = self._smtp.received, []
        found = []
        for _, to, message in received:
            text = message.get_body(("plain",))
            assert text is not None
            found.append(Mail(to[0], str(message["Subject"]), text.get_content()))
        return found

    def now(self) -> Person:
        """The person as stored."""
        found = self.world.services.people.get(self.person.id)
        assert found is not None
        return found

    def verified(self, email: str) -> None:
        """Set and prove an address."""
        assert self.update(email).status_code == 303
        code = self.mails()[0].code
        assert self.post("/cuenta/codigo", {"codigo": code}).status_code == 303

    def browser_hash(self, browser: FlaskClient) -> str:
        cookie = browser.get_cookie("idp_browser", domain="localhost")
        assert cookie is not None
        return digest(cookie.value)
