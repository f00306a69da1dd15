"""The walk: a person's day with the contingency, from the annex before it to SUNAT's return."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

from idp.help.built import DENSITY
from idp.kernel.ids import digest
from manual.album import Album
from sandbox.people import SandboxPerson, person
from tests.browser.walk import ask_for_link, choose, log_in_at_sunat, start_login
from tests.support.demo import Demo, a_day_ago, link_of, told_nothing

_WINDOW = {"width": 760, "height": 400}
_NOBODY = "/ingreso/" + "x" * 43
# Whose browser is known, and whose address is a year old.
_KNOWN = person("ANTIGUO1")
_OTHER_DEVICE = "[aria-labelledby=otro-equipo]"


@dataclass
class Walk:
    """One walk. The scenes do not lean on one another: one that fails hides no other."""

    demo: Demo
    browser: Browser
    album: Album
    _contexts: list[BrowserContext] = field(default_factory=list)

    @cached_property
    def _mailbox(self) -> Page:
        return self._page()

    def run(self) -> None:
        """Every scene; what went wrong is in the album. SUNAT is up before and afterwards."""
        self._scene(self.annex_of_an_official)
        self._scene(self.annex_of_a_taxpayer)
        known = self._scene(self.the_day_before)
        self.demo.flag("down", "sol", "extranet")
        try:
            self._scene(self.taxpayer)
            self._scene(self.official)
            asked = self._scene(self.mail_on_another_device)
            if known is not None:
                self._scene(lambda: self.mail_beside_a_known_browser(known), "a known browser")
        finally:
            self.demo.flag("up", "sol", "extranet")
        if asked is not None:
            self._scene(lambda: self.sunat_returns(asked), "SUNAT returns")
        for context in self._contexts:
            context.close()
        told_nothing(self.demo)

    def _scene(self, scene: Callable[[], Page | None], name: str = "") -> Page | None:
        try:
            return scene()
        except (Error, AssertionError) as error:
            self.album.stopped(name or scene.__name__.replace("_", " "), error)
            return None

    def _page(self) -> Page:
        """A browser that knows nothing of the others."""
        context = self.browser.new_context(
            locale="es-PE",
            viewport=_WINDOW,
            device_scale_factor=DENSITY if self.album.pictures else 1,
            color_scheme="light",
        )
        context.set_default_timeout(15_000)
        self._contexts.append(context)
        return context.new_page()

    def _logged_in(self, who: SandboxPerson, port: int) -> Page:
        page = self._page()
        self._at_sunat(page, who, port)
        self._arrived(page, port)
        return page

    def _at_sunat(self, page: Page, who: SandboxPerson, port: int) -> None:
        self._at_form(page, who, port)
        log_in_at_sunat(page, who)

    def _arrived(self, page: Page, port: int) -> None:
        page.wait_for_url(re.compile(re.escape(self.demo.url(port))))
        expect(page.locator("#salir")).to_be_visible()

    def _press(self, page: Page, selector: str, there: str) -> None:
        """What leads to another page, which has something that this one has not: a click ends
        before the page that it leads to begins.
        """
        assert not page.locator(there).count(), f"{there} is here already"
        page.click(selector)
        expect(page.locator(there)).to_be_visible()

    def _at_form(self, page: Page, who: SandboxPerson, port: int) -> None:
        start_login(page, self.demo, port)
        choose(page, who.realm)

    def _asked(self, page: Page, who: SandboxPerson) -> dict[str, Any]:
        """Ask for a link; its mail."""
        assert who.email is not None
        mails = len(self.demo.mails(who.email))
        ask_for_link(page, who)
        return self.demo.wait_for_mail(who.email, after=mails)

    def _show_mail(self, name: str, mail: dict[str, Any], **look: Any) -> None:
        page, part = self._mailbox, "body > div"
        page.goto(self.demo.url(8025, f"/mensaje/{mail['id']}/html"))
        self.album.show(name, page, part=part, top=part, says=[str(mail["subject"])], **look)

    def annex_of_an_official(self) -> None:
        page, email = self._logged_in(person("EXT0003"), 8003), "teresa.muestra@example.com"
        self.album.show("nombre-extranet", page, mark=["#usuario"], part="header")
        page.click("#usuario")
        page.fill("#email", email)
        self.album.show("datos-extranet", page, mark=[".field--marked", "#actualizar"])
        page.click("#actualizar")
        panel = "section[aria-labelledby=verificar]"
        expect(page.locator(panel)).to_be_visible()
        fields = ["#codigo", "#verificar-codigo"]
        self.album.show("verificar", page, mark=fields, part=panel, top=panel)
        mail = self.demo.wait_for_mail(email)
        code = re.search(r"^\s*(\d{6})\s*$", mail["text"], re.MULTILINE)
        assert code is not None, "the mail has no code"
        self._show_mail("correo-verificar", mail, mark=[f"p:text-is('{code[1]}')"])
        page.goto(link_of(mail, "/cuenta/verificar/"))
        self.album.show("verificar-enlace", page)
        page.goto(self.demo.url(8000, "/cuenta"))
        page.fill("#codigo", code[1])
        page.click("#verificar-codigo")
        expect(page.locator("#correo-en-uso")).to_be_visible()
        top = "#correo"
        self.album.show("correo-nuevo", page, mark=["form .facts"], part=".field--marked", top=top)
        self._press(page, "#accesos", "#sesiones")
        self.album.show("accesos", page)
        page.goto(self.demo.url(8000, "/cuenta"))
        self._press(page, "#mis-datos", "#copia")
        # The whole page is so long that nothing of it could be read.
        buttons = ["#copia-html", "#copia-json"]
        self.album.show("mis-datos", page, mark=buttons, part="section[aria-labelledby=copia]")

    def annex_of_a_taxpayer(self) -> None:
        """Of one who is told on the way what is missing."""
        who, page = person("SINVERIF"), self._page()
        self._at_sunat(page, who, 8001)
        expect(page.locator("#corregir")).to_be_visible()
        self.album.show("aviso-al-ingresar", page, mark=["#corregir", "#seguir"])
        page.click("#seguir")
        self._arrived(page, 8001)
        self.album.show("nombre-sol", page, mark=["#usuario"], part="header")
        page.click("#usuario")
        page.check("#consent")
        self.album.show("datos-sol", page, mark=[".field--marked", "#actualizar"])

    def the_day_before(self) -> Page:
        """SUNAT fails, then does not; the browser is known by the day when that is needed."""
        page, port = self._page(), 8002
        broken = {"realm": "sol", "fault": "html200", "where": "token"}
        self.demo.api(8100, "/control.json", "PUT", broken)
        try:
            self._at_sunat(page, _KNOWN, port)
            expect(page.locator("#reintentar")).to_be_visible()
            self.album.show("fallo", page)
        finally:
            self.demo.api(8100, "/control.json", "PUT", {"realm": "sol", "fault": "up"})
        page.click("#reintentar")
        expect(page.locator("#pregunta")).to_be_visible()
        self.album.show("pregunta-al-ingresar", page)
        page.click("#despues")
        self._arrived(page, port)
        a_day_ago(self.demo)
        page.click("#salir")
        return page

    def taxpayer(self) -> None:
        who, page, album = person("IMPORTA1"), self._page(), self.album
        assert who.email is not None
        page.goto(self.demo.url(8001, "/"))
        album.show("componente", page, mark=["#ingresar"])
        self._press(page, "#ingresar", "#elegir-sol")
        album.show("elegir", page, mark=["#elegir-sol", "#elegir-extranet"])
        choose(page, "sol")
        page.wait_for_selector("altcha-widget input[type=checkbox]")
        fields = ["#ruc", "#usuario", "altcha-widget", "#enviar"]
        album.show("formulario-sol", page, mark=fields, part="form.form")
        page.click("#enviar")
        page.wait_for_selector(".errors")
        album.show("formulario-errores", page)
        notices = len(self.demo.mails(who.email, notices=True))
        mail = self._asked(page, who)
        album.show("revise", page, mark=[".notice"], part=".facts")
        album.show("exclusiones", page, part=".note", top=".note")
        panel = {"part": _OTHER_DEVICE, "top": _OTHER_DEVICE}
        album.show("codigo-de-seis", page, mark=["#codigo-aqui"], **panel)
        link = link_of(mail)
        self._show_mail("correo", mail, mark=["a:text('Ingresar a la VUCE')"])
        page.goto(link)
        album.show("confirmar", page, mark=["#ingresar"])
        page.click("#ingresar")
        self._arrived(page, 8001)
        album.show("bandeja", page)
        page.goto(link)
        album.show("usado", page)
        page.goto(self.demo.url(8000, _NOBODY))
        album.show("desconocido", page)
        notice = self.demo.wait_for_mail(who.email, after=notices, notices=True)
        self._show_mail("aviso", notice)

    def official(self) -> None:
        page = self._page()
        self._at_form(page, person("EXT0003"), 8003)
        page.wait_for_selector("altcha-widget input[type=checkbox]")
        fields = ["#usuario", "altcha-widget", "#enviar"]
        self.album.show("formulario-extranet", page, mark=fields, part="form.form")

    def mail_on_another_device(self) -> Page:
        """A link that is opened elsewhere, expires, and has another take its place; where it was
        asked for.
        """
        who, desk, phone = person("PERSONA1"), self._page(), self._page()
        self._at_form(desk, who, 8001)
        form = desk.url
        link = link_of(self._asked(desk, who))
        phone.goto(link)
        self.album.show("otro-equipo", phone, mark=["#codigo"])
        self._press(phone, "#no-fui-yo", "#numero-de-atencion")
        self.album.show("no-fui-yo", phone, mark=["#numero-de-atencion"])
        self._becomes(link, "expires_at", "1")
        desk.goto(link)
        self.album.show("vencido", desk, mark=["#reenviar"])
        self._becomes(link, "state", "superseded")
        desk.goto(link)
        self.album.show("reemplazado", desk)
        desk.goto(form)
        return desk

    def _becomes(self, link: str, name: str, value: str) -> None:
        """What time, or another request, would do to a link."""
        key = "idp:links:" + digest(link.rpartition("/")[2])
        redis = self.demo.services.redis.client
        assert redis.hset(key, name, value) == 0, "the link is not where it was kept"

    def mail_beside_a_known_browser(self, desk: Page) -> None:
        phone = self._page()
        self._at_form(desk, _KNOWN, 8002)
        phone.goto(link_of(self._asked(desk, _KNOWN)))
        self.album.show("otro-equipo-reconocido", phone, mark=["#codigo-alla"])
        desk.fill("#codigo", phone.locator("#codigo-alla").inner_text())
        fields, panel = ["#codigo", "#continuar-aqui"], _OTHER_DEVICE
        self.album.show("codigo-de-ocho", desk, mark=fields, part=panel, top=panel)

    def sunat_returns(self, page: Page) -> None:
        page.reload()
        self.album.show("recuperado", page)
