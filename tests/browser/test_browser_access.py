"""Access for all: every page in every state, in both schemes, narrow, enlarged, by keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from sandbox.people import SandboxPerson, person
from tests.browser.conftest import Demo, link_of
from tests.browser.looking import sound
from tests.browser.walk import ask_for_link, choose, log_in_at_sunat, start_login
from tests.support.demo import a_day_ago

pytestmark = pytest.mark.browser

Contexts = Callable[..., BrowserContext]


def reached_by_keyboard(page: Page) -> list[str]:
    """What Tab reaches, in its order; each must show that it has the focus."""
    page.evaluate("document.activeElement.blur()")
    reached: list[str] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        found = page.evaluate(
            """() => {
              const one = document.activeElement;
              if (one === document.body) return null;
              const style = getComputedStyle(one);
              const shown = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
              return [one.id || one.textContent.trim().slice(0, 30), shown || one.tagName];
            }"""
        )
        if found is None or (reached and found[0] == reached[0]):
            break
        assert found[1] in (True, "ALTCHA-WIDGET"), found
        reached.append(found[0])
    return reached


@pytest.fixture
def desk(new_context: Contexts) -> Page:
    return new_context().new_page()


def at_form(page: Page, demo: Demo, port: int = 8002) -> None:
    demo.flag("down", "sol")
    start_login(page, demo, port)
    choose(page, "sol")


def test_checks_can_fail(desk: Page) -> None:
    desk.set_content('<html lang="es"><title>x</title><main><h1>x</h1><img src="x"></main></html>')
    with pytest.raises(AssertionError, match="image-alt"):
        sound(desk)
    wide = '<html lang="es"><title>x</title><main><h1 style="width:500px">x</h1></main></html>'
    desk.set_content(wide)
    with pytest.raises(AssertionError, match="320"):
        sound(desk)


def test_plain_pages(desk: Page, demo: Demo) -> None:
    for path in ("/", "/privacidad", "/nada", "/logout", "/authorize", "/ingreso/" + "x" * 43):
        desk.goto(demo.url(8000, path))
        sound(desk)


@pytest.mark.parametrize("language", ["en", "qu"])
def test_pages_in_other_languages(desk: Page, demo: Demo, language: str) -> None:
    desk.goto(demo.url(8000, f"/?idioma={language}"))
    sound(desk)
    at_form(desk, demo)
    expect(desk.locator("html")).to_have_attribute("lang", language)
    sound(desk)
    who = person("IMPORTA1")
    desk.fill("#ruc", who.ruc)
    desk.fill("#usuario", who.usuario)
    desk.locator("altcha-widget input[type=checkbox]").click()
    desk.wait_for_selector("[data-state=verified]")
    desk.click("#enviar")
    desk.wait_for_url(re.compile("revise-su-correo"))
    sound(desk)


def test_chooser_by_keyboard(desk: Page, demo: Demo) -> None:
    start_login(desk, demo, 8001)
    sound(desk)
    reached = reached_by_keyboard(desk)
    assert {"elegir-sol", "elegir-extranet"} <= set(reached), reached
    desk.locator("#elegir-sol").focus()
    desk.keyboard.press("Enter")
    expect(desk.locator("#clave")).to_be_visible()


def test_form_and_waiting_page_by_keyboard(desk: Page, demo: Demo) -> None:
    who = person("PERSONA1")
    at_form(desk, demo)
    sound(desk)
    desk.locator("#enviar").click()
    expect(desk.locator(".errors")).to_be_visible()
    sound(desk)
    desk.locator("#ruc").focus()
    desk.keyboard.type(who.ruc)
    desk.keyboard.press("Tab")
    desk.keyboard.type(who.usuario)
    desk.keyboard.press("Tab")
    desk.keyboard.press("Space")
    desk.wait_for_selector("[data-state=verified]")
    sound(desk)
    desk.locator("#usuario").focus()
    desk.keyboard.press("Enter")
    expect(desk.locator("h1")).to_have_text("Revise su correo")
    sound(desk)
    assert {"codigo", "continuar-aqui", "reenviar"} <= set(reached_by_keyboard(desk))
    desk.click("#reenviar")
    expect(desk.locator("#reenviar-error")).to_be_visible()
    sound(desk)
    desk.goto(desk.url.replace("/reenviar", "/revise-su-correo"))
    for number in range(6):
        desk.fill("#codigo", f"1000000{number}")
        desk.click("#continuar-aqui")
        expect(desk.locator("#codigo-error, #codigo-cerrado").first).to_be_visible()
        if number in (0, 5):
            sound(desk)
        if desk.locator("#codigo-cerrado").count():
            break
    expect(desk.locator("#codigo-cerrado")).to_be_visible()


def asked_link(page: Page, demo: Demo, who: SandboxPerson) -> str:
    assert who.email is not None
    mails = len(demo.mails(who.email))
    ask_for_link(page, who)
    return link_of(demo.wait_for_mail(who.email, after=mails))


def test_link_where_it_was_asked(desk: Page, demo: Demo) -> None:
    at_form(desk, demo)
    link = asked_link(desk, demo, person("IMPORTA1"))
    desk.goto(link)
    sound(desk)
    desk.locator("#ingresar").focus()
    desk.keyboard.press("Enter")
    desk.wait_for_url(re.compile(re.escape(demo.url(8002))))
    desk.goto(link)
    expect(desk.locator("#error-code")).to_have_text("link_used")
    sound(desk)
    desk.goto(demo.url(8000, "/cuenta"))
    sound(desk)


def test_link_in_another_browser(new_context: Contexts, desk: Page, demo: Demo) -> None:
    at_form(desk, demo)
    link = asked_link(desk, demo, person("PERSONA1"))
    other = new_context().new_page()
    other.goto(link)
    sound(other)
    assert {"codigo", "ingresar-aqui", "no-fui-yo"} <= set(reached_by_keyboard(other))
    other.click("#ingresar-aqui")
    expect(other.locator("#codigo-error")).to_be_visible()
    sound(other)
    other.click("#no-fui-yo")
    sound(other)
    demo.flag("up", "sol")
    other.goto(link)
    expect(other.locator("h1")).to_have_text("SUNAT ya está disponible")
    sound(other)


def test_link_beside_a_known_browser(new_context: Contexts, desk: Page, demo: Demo) -> None:
    who = person("EXPORTA1")
    start_login(desk, demo, 8002)
    choose(desk, "sol")
    log_in_at_sunat(desk, who)
    desk.wait_for_url(re.compile(re.escape(demo.url(8002))))
    a_day_ago(demo)
    desk.goto(demo.url(8000, "/cuenta"))
    sound(desk)
    desk.goto(demo.url(8002, "/"))
    desk.click("#salir")
    sound(desk)
    at_form(desk, demo)
    link = asked_link(desk, demo, who)
    other = new_context().new_page()
    other.goto(link)
    expect(other.locator("#codigo-alla")).to_be_visible()
    sound(other)
    other.click("#aqui summary")
    sound(other)


def test_superseded_and_recovered(desk: Page, demo: Demo) -> None:
    at_form(desk, demo, 8001)
    form = desk.url
    link = asked_link(desk, demo, person("IMPORTA1"))
    desk.goto(form)
    ask_for_link(desk, person("PERSONA1"))
    desk.goto(link)
    expect(desk.locator("#error-code")).to_have_text("link_superseded")
    sound(desk)
    demo.flag("up", "sol")
    desk.goto(form)
    expect(desk.locator("h1")).to_have_text("SUNAT ya está disponible")
    sound(desk)


def test_sunat_fault_and_other_person(desk: Page, demo: Demo) -> None:
    demo.api(8100, "/control.json", "PUT", {"realm": "sol", "fault": "html200", "where": "token"})
    start_login(desk, demo, 8001)
    choose(desk, "sol")
    log_in_at_sunat(desk, person("IMPORTA1"))
    expect(desk.locator("h1")).to_have_text("¿SUNAT no responde?")
    sound(desk)
    demo.api(8100, "/control.json", "PUT", {"realm": "sol", "fault": "up"})
    desk.click("#reintentar")
    desk.wait_for_url(re.compile(re.escape(demo.url(8001))))
