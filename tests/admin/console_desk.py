"""The console over a world, and the short ways that its tests need."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from idp.adapters.sql.audit import SqlAuditStore
from idp.admin.roles import Role
from idp.admin.totp import code_at
from idp.audit.drain import drain
from idp.audit.events import AuditEvent
from idp.audit.records import AuditFilter, AuditRecord
from tests.support.world import World, csrf_of

LOCALES = Path(__file__).resolve().parents[2] / "locales"
URL = "http://localhost:8010"
PASSWORD = "cuatro nubes verdes corren"
_NAMES = itertools.count(1)


class ConsoleClient(FlaskClient):
    """A browser that asks for the console by its own name."""

    def open(self, *args: Any, **named: Any) -> TestResponse:
        named.setdefault("base_url", URL)
        return super().open(*args, **named)

    def send(self, path: str, page: str | None = None, **form: str) -> TestResponse:
        """Send a form that stands on a page (the same path by default)."""
        token = csrf_of(self.get(page or path).text)
        return self.post(path, data={"csrf_token": token, **form})


@dataclass
class Member:
    """An account with everything that its owner knows."""

    name: str
    secret: str = field(repr=False)
    codes: tuple[str, ...] = ()
    password: str = PASSWORD


@dataclass
class Desk:
    world: World
    app: Flask
    language: str = ""

    @property
    def console(self) -> Any:
        return self.world.services.console

    def browser(self, address: str = "127.0.0.1") -> ConsoleClient:
        found = self.app.test_client()
        found.environ_base["REMOTE_ADDR"] = address
        if self.language:
            found.set_cookie("idp_language", self.language, domain="localhost")
        assert isinstance(found, ConsoleClient)
        return found

    def link(self, role: Role = Role.VIEWER) -> tuple[str, str]:
        """A new account's name, and the path of its link."""
        name = f"cuenta{next(_NAMES)}"
        made = self.console.desk.create(name, role, actor="prueba")
        return name, made.url.removeprefix(URL)

    def member(self, role: Role = Role.VIEWER) -> Member:
        """An account that was set up, without its pages."""
        name, path = self.link(role)
        token, enrolment = path.rpartition("/")[2], self.console.enrolment
        assert enrolment.choose(token, PASSWORD, PASSWORD, "aquí") is None
        secret = enrolment.app(token, "aquí").text.replace(" ", "")
        done = enrolment.confirm(token, self.code(secret), "aquí")
        # The next step: that code is spent.
        self.world.clock.advance(30)
        return Member(name, secret, done.codes)

    def code(self, secret: str, later: float = 0) -> str:
        """What the app shows now, or then."""
        return code_at(secret, self.world.clock.timestamp() + later)

    def half(self, browser: ConsoleClient, member: Member, **form: str) -> TestResponse:
        """The first step of a login."""
        typed = {"usuario": member.name, "clave": member.password, **form}
        return browser.send("/admin/ingresar", **typed)

    def log_in(self, browser: ConsoleClient, member: Member) -> TestResponse:
        """Both steps."""
        assert self.half(browser, member).location == "/admin/codigo"
        found = browser.send("/admin/codigo", codigo=self.code(member.secret))
        self.world.clock.advance(30)
        return found

    def visitor(
        self, role: Role = Role.VIEWER, address: str = "127.0.0.1"
    ) -> tuple[ConsoleClient, Member]:
        """Somebody who is logged in."""
        browser, member = self.browser(address), self.member(role)
        assert self.log_in(browser, member).status_code == 303
        return browser, member

    def records(self, event: AuditEvent, name: str) -> list[AuditRecord]:
        """What is on record about an account, the newest first."""
        services = self.world.services
        drain(services.audit_stream, SqlAuditStore(services.database))
        found = services.audit.search(AuditFilter(event=event), limit=1_000)
        return [one for one in found if one.details.get("account") == name]


def inside(browser: ConsoleClient) -> bool:
    """Whether it is let in."""
    return browser.get("/admin").status_code == 200


def lacking(language: str) -> list[str]:
    """What a catalogue does not say."""
    with (LOCALES / language / "messages.po").open("rb") as file:
        found = read_po(file)
    return [str(one.id) for one in found if one.id and isinstance(one.id, str) and not one.string]
