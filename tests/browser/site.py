"""The provider in this process, on a port of its own, by a clock that a test moves; and the short
ways that lead a real browser into any state of its pages.
"""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from playwright.sync_api import Page
from werkzeug.serving import WSGIRequestHandler, make_server

from idp.admin.account import Account
from idp.admin.roles import Role
from idp.admin.totp import code_at
from idp.captcha.service import Captcha, Tools
from idp.console import create_console
from idp.kernel.identity import EXTRANET, SOL, Identifier, Mode, Proof
from idp.kernel.ids import digest
from idp.people.person import Address, Person, UpstreamFacts
from idp.upstream_status.state import FlagState
from idp.web.documents import Documents
from idp.web.render import Pages
from tests.support.world import CLIENTS, START, World, authorization_params, build_world

RUC = "20131312955"
CONSOLE_PASSWORD = "cuatro nubes verdes corren"
_NUMBERS = itertools.count(1)
# One component takes known browsers only; its name is as long as a name may well be.
_CLIENTS = (
    CLIENTS
    + """
  - client_id: conocido
    client_name: Gestión de Autorizaciones de Mercancías Restringidas y Controladas
    redirect_uris: [http://localhost:9005/callback]
    initiate_login_uri: http://localhost:9005/login
    scope: openid vuce
    token_endpoint_auth_method: client_secret_basic
    secrets: [{hash: "@hash@"}]
    realms: [sol]
    contingency: {require_known_browser: true}
"""
)
REDIRECTS = {
    "estricto": "http://localhost:9004/callback",
    "conocido": "http://localhost:9005/callback",
    "origen": "http://localhost:9002/callback",
    "avisa": "http://localhost:9006/callback",
}


@dataclass
class Site:
    """A world behind an address, and its console behind another. shown: the template of each page
    or file that either has answered with.
    """

    world: World
    base: str
    console_app: Flask
    console: str
    patch: pytest.MonkeyPatch
    shown: list[str] = field(default_factory=list)

    def fresh(self) -> None:
        """As at the beginning, but for people."""
        services, clock = self.world.services, self.world.clock
        services.redis.client.flushdb()
        clock.advance((START - clock.now()).total_seconds())
        for realm in (SOL, EXTRANET):
            self.flag(realm, down=False)
        self.world.end_drills()
        self.shown.clear()

    def flag(self, realm: str = SOL, *, down: bool = True) -> None:
        """Flag SUNAT down, or up."""
        status = self.world.services.upstream_status
        state = FlagState.FORCED_DOWN if down else FlagState.AUTO
        found = status.flag(realm)
        if found is None or found.state is not state:
            status.set(realm, state, reason="prueba", who="prueba")

    def go(self, page: Page, path: str) -> None:
        """Open a path of the site."""
        page.goto(self.base + path)

    def person(self, usuario: str = "EXPORTA1", realm: str = SOL) -> Person:
        """Somebody who logged in at SUNAT, with a verified address and consent."""
        people, now = self.world.services.people, self.world.clock.now()
        ruc = RUC if realm == SOL else ""
        found = people.record_upstream_login(
            UpstreamFacts(
                realm=realm,
                identifier=Identifier(realm, f"{RUC}:{usuario}" if ruc else usuario),
                usuario=usuario,
                ruc=ruc,
                tipo_usuario="0",
                name="EXPORTADORA DE PRODUCTOS HIDROBIOLÓGICOS DEL PACÍFICO SUR S.A.C.",
            )
        )
        if not found.addresses:
            address = Address(
                id=f"adr_{usuario.lower()}", email=f"{usuario.lower()}@hidrobiologicos.example.com",
                created_at=now, verified_at=now, counts_from=now,
            )  # fmt: skip
            people._store.put_address(found.id, address)
            people.set_consent(found.id, True)
            found = replace(found, addresses=(address,))
        return found

    def log_in(self, page: Page, person: Person, mode: Mode = Mode.SUNAT) -> None:
        """Give the browser a session."""
        proof = Proof(person.realm, person.id, mode, self.world.clock.now())
        sessions = self.world.services.logins.sessions
        cookie, _ = sessions.start(person, proof, "mr", replaces=None, agent="Chrome/Windows")
        page.context.add_cookies([{"name": "idp_session", "value": cookie, "url": self.base}])

    def known(self, page: Page, usuario: str) -> None:
        """Let the browser be known as that person's, for long enough to count."""
        cookie = self.world.services.people.remember_browser(self.person(usuario).id)
        page.context.add_cookies([{"name": "idp_known", "value": cookie, "url": self.base}])
        self.later(86_401)

    def start(self, page: Page, realm: str = SOL, client: str = "mr", **changes: Any) -> str:
        """Begin a login and choose; the login's id."""
        if client != "mr":
            changes |= {"client_id": client, "redirect_uri": REDIRECTS[client], "scope": "openid"}
        self.go(page, f"/authorize?{urlencode(authorization_params(**changes))}")
        transaction = re.search(r"/(?:login|contingencia)/([\w-]+)", page.url)
        assert transaction, page.url
        if realm and page.locator(f"#elegir-{realm}").count():
            page.click(f"#elegir-{realm}")
        return transaction[1]

    def browser_hash(self, page: Page) -> str:
        """As the provider keeps the browser's cookie."""
        (cookie,) = [one for one in page.context.cookies() if one["name"] == "idp_browser"]
        return digest(cookie["value"])

    def ask(self, page: Page, usuario: str = "EXPORTA1", client: str = "mr") -> str:
        """Ask for a link; the login's id."""
        self.flag()
        self.start(page, client=client)
        return self.typed(page, usuario)

    def typed(self, page: Page, usuario: str = "EXPORTA1") -> str:
        """Fill the form that is shown, and send it; the login's id."""
        page.fill("#ruc", RUC)
        page.fill("#usuario", usuario)
        page.click("#enviar")
        page.wait_for_url(re.compile("revise-su-correo"))
        return page.url.split("/contingencia/")[1].split("/")[0]

    def meant(self, transaction: str, usuario: str = "EXPORTA1") -> str:
        """What the worker does for the link of a login at a known browser; its path."""
        links = self.world.services.links
        return self.sent(transaction, self.person(usuario), known=True, links=links)

    def mailed(
        self, page: Page, *, known: bool = False, usuario: str = "EXPORTA1", client: str = "mr"
    ) -> str:
        """Ask for a link, and let the worker mean it for its person; the link's path."""
        person, links = self.person(usuario), self.world.services.links
        return self.sent(self.ask(page, usuario, client), person, known=known, links=links)

    def sent(self, transaction: str, person: Person, *, known: bool, links: Any) -> str:
        """What the worker does for the link of a login; its path."""
        found = self.world.services.logins.transactions._live(transaction)
        assert found.link_id is not None
        assert links.assign(found.link_id, person.id, known=known)
        links.accepted(found.link_id, self.world.clock.now())
        return f"/ingreso/{links.token_of(found.link_id)}"

    def go_console(self, page: Page, path: str) -> None:
        """Open a path of the console."""
        page.goto(self.console + path)

    def console_link(self, role: Role = Role.ADMIN) -> str:
        """The path that sets a new console account up."""
        made = self.world.services.console.desk.create(
            f"ana.quispe{next(_NUMBERS)}", role, actor="prueba"
        )
        return made.url.removeprefix(self.console)

    def console_account(self, role: Role = Role.ADMIN) -> tuple[Account, str]:
        """A console account that was set up, and the secret of its app."""
        console = self.world.services.console
        token = self.console_link(role).rpartition("/")[2]
        assert console.enrolment.choose(token, CONSOLE_PASSWORD, CONSOLE_PASSWORD, "x") is None
        shown = console.enrolment.app(token, "x")
        assert shown is not None
        secret = shown.text.replace(" ", "")
        code = code_at(secret, self.world.clock.timestamp())
        done = console.enrolment.confirm(token, code, "x")
        assert done is not None
        self.later(30)
        account = console.own._accounts.get(done.account_id)
        assert account is not None
        return account, secret

    def console_log_in(self, page: Page, account: Account) -> None:
        """Give the browser a session at the console."""
        sessions = self.world.services.console.sessions
        session = sessions.make(account, agent="Chrome/Windows")
        cookie = sessions.open(session, replaces=None)
        page.context.add_cookies([{"name": "idp_admin", "value": cookie, "url": self.console}])

    def captcha(self, kind: str) -> None:
        """Another captcha on the form, until the test ends."""
        services = self.world.services
        tools = Tools(
            spent=services.contingency._captcha, clock=self.world.clock, key=b"c" * 32,
            altcha_cost=5, http=services.http, site_key="our-site", secret="our-secret",
            hostname="localhost",
        )  # fmt: skip
        self.patch.setattr(services.contingency, "_captcha", Captcha(vendor=kind, tools=tools))

    def later(self, seconds: float) -> None:
        """Move the clock."""
        self.world.clock.advance(timedelta(seconds=seconds).total_seconds())


class _Quiet(WSGIRequestHandler):
    def log(self, *_: object, **__: object) -> None:
        """Nothing."""


@contextmanager
def running_site(folder: Path, redis_url: str, **changes: Any) -> Iterator[Site]:
    """A site that tells which template each of its pages came of. changes: of its settings."""
    sites: list[Site] = []
    servers = [
        make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
        for app in (
            lambda *call: sites[0].world.app(*call),
            lambda *call: sites[0].console_app(*call),
        )
    ]
    base, console = (f"http://localhost:{one.server_port}" for one in servers)
    with pytest.MonkeyPatch.context() as patch:
        page_of = Pages.page

        def page(pages: Pages, template: str, /, **context: Any) -> Any:
            sites[0].shown.append(template)
            return page_of(pages, template, **context)

        render_of = Documents.render

        def render(documents: Documents, template: str, *more: Any, **context: Any) -> str:
            sites[0].shown.append(template)
            return render_of(documents, template, *more, **context)

        patch.setattr(Pages, "page", page)
        patch.setattr(Documents, "render", render)
        world = build_world(
            folder, redis_url, issuer=base, clients=_CLIENTS, admin_url=console, **changes
        )
        console_app = create_console(world.settings, world.services)
        sites.append(Site(world, base, console_app, console, patch))
        threads = [threading.Thread(target=one.serve_forever, args=(0.02,)) for one in servers]
        for thread in threads:
            thread.start()
        yield sites[0]
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()
        world.services.stop()
