"""A word before the day, as people meet it: from SUNAT to the page, to the form, and on."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from sandbox.people import SandboxPerson, person
from tests.browser.conftest import Demo
from tests.browser.walk import choose, log_in_at_sunat

pytestmark = pytest.mark.browser

Contexts = Callable[..., BrowserContext]
PHONE = {"width": 390, "height": 844}


def log_in(page: Page, demo: Demo, who: SandboxPerson) -> None:
    """To a trámite, by SUNAT."""
    page.goto(demo.url(8001, "/tramite/2"))
    choose(page, who.realm)
    log_in_at_sunat(page, who)


def arrived(page: Page, demo: Demo) -> None:
    page.wait_for_url(demo.url(8001, "/tramite/2"))
    expect(page.locator("#usuario")).to_be_visible()


def test_person_without_an_address_registers_one_on_the_way_and_goes_on(
    new_context: Contexts, demo: Demo
) -> None:
    page, who = new_context(viewport=PHONE).new_page(), person("SINCORRE")
    log_in(page, demo, who)
    expect(page.locator("h1")).to_contain_text("Hoy no podría ingresar si SUNAT no estuviera")
    page.reload()
    expect(page.locator("#motivo")).to_have_text("No ha registrado un correo electrónico.")
    page.click("#corregir")
    page.go_back()
    page.click("#corregir")
    expect(page.locator("#email")).to_be_in_viewport()
    page.fill("#email", "sincorre@example.com")
    page.check("#consent")
    mails = len(demo.mails("sincorre@example.com"))
    page.click("#actualizar")
    expect(page.locator("#continuar")).to_have_text("Continuar a Mercancías Restringidas")
    mail = demo.wait_for_mail("sincorre@example.com", after=mails)
    code = re.search(r"(?<!\d)\d{6}(?!\d)", re.sub(r"https?://\S+", "", mail["text"]))
    assert code
    page.fill("#codigo", code[0])
    page.click("#verificar-codigo")
    expect(page.locator("#guardado")).to_be_visible()
    page.click("#continuar")
    arrived(page, demo)

    # Nothing is missing any more: the next login goes straight through, in another browser too.
    again = new_context().new_page()
    log_in(again, demo, who)
    arrived(again, demo)


def test_person_who_goes_on_is_let_in_and_not_told_again(new_context: Contexts, demo: Demo) -> None:
    page, who = new_context().new_page(), person("SINCONSE")
    log_in(page, demo, who)
    expect(page.locator("#motivo")).to_contain_text("No ha autorizado recibir las notificaciones")
    page.click("#seguir")
    arrived(page, demo)
    page.click("#usuario")  # the annex: one's own name leads to the form
    expect(page.locator("h1")).to_contain_text("Modificación de Datos de")
    page.click("#continuar")
    expect(page.locator("#usuario")).to_be_visible()
    assert page.url.startswith(demo.url(8001))
    again = new_context().new_page()
    log_in(again, demo, who)
    arrived(again, demo)


def test_person_of_an_old_address_says_yes_without_javascript(
    new_context: Contexts, demo: Demo
) -> None:
    page, who = new_context(java_script_enabled=False).new_page(), person("ANTIGUO1")
    log_in(page, demo, who)
    expect(page.locator("#pregunta")).to_have_text(
        "En contingencia le escribiremos a a•••@example.com. ¿Sigue siendo suyo?"
    )
    page.click("#si")
    arrived(page, demo)
    again = new_context().new_page()
    log_in(again, demo, who)
    arrived(again, demo)
