"""The console of the demo: a newcomer gets in by its printed link, by keyboard, on a telephone too."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from idp.admin.roles import Role
from sandbox.authenticator import code
from tests.browser.conftest import Demo
from tests.browser.test_browser_access import reached_by_keyboard

pytestmark = pytest.mark.browser

Contexts = Callable[..., BrowserContext]
PASSWORD = "cuatro nubes verdes corren"


def typed(page: Page, *words: str) -> None:
    """Type into the fields of a form, by Tab from the first, and send it by Enter."""
    page.focus("main input:not([type=hidden])")
    for number, word in enumerate(words):
        if number:
            page.keyboard.press("Tab")
        page.keyboard.type(word)
    page.keyboard.press("Enter")


def test_newcomer_sets_up_leaves_and_comes_back_by_keyboard(
    demo: Demo, new_context: Contexts
) -> None:
    desk = demo.services.console.desk
    name = f"nueva{time.monotonic_ns()}"
    made = desk.create(name, Role.OPERATOR, actor="prueba")
    page = new_context(viewport={"width": 390, "height": 800}).new_page()
    page.goto(made.url)
    assert made.url.startswith(demo.url(8010, "/admin/alta/"))
    assert reached_by_keyboard(page)[-5:-2] == ["nueva", "repetida", "continuar"]
    typed(page, PASSWORD, PASSWORD)
    secret = page.inner_text("#secreto")
    typed(page, code(secret, time.time()))
    expect(page.locator("#codigos li")).to_have_count(10)
    recovery = page.locator("#codigos li").all_inner_texts()
    page.focus("#seguir")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Ahora")
    expect(page.locator("[data-realm]")).to_have_count(2)
    reached = reached_by_keyboard(page)
    assert reached[:4] == ["Ir al contenido", "ayuda", "Ahora", "Solicitudes"]

    page.focus("#salir")
    page.keyboard.press("Enter")
    page.wait_for_selector("#salio")
    typed(page, name, PASSWORD)
    page.wait_for_selector("#codigo")
    page.focus("summary")
    page.keyboard.press("Enter")
    page.focus("#recuperacion")
    page.keyboard.type(recovery[0])
    page.keyboard.press("Enter")
    expect(page.locator("#usuario-actual")).to_have_text(name)


def test_flag_is_seen_at_the_console_within_a_second(demo: Demo, new_context: Contexts) -> None:
    console = demo.services.console
    made = console.desk.create(f"vista{time.monotonic_ns()}", Role.VIEWER, actor="prueba")
    token = made.url.rpartition("/")[2]
    assert console.enrolment.choose(token, PASSWORD, PASSWORD, "x") is None
    shown = console.enrolment.app(token, "x")
    assert shown is not None
    done = console.enrolment.confirm(token, code(shown.text, time.time()), "x")
    assert done is not None
    account = console.own._accounts.get(done.account_id)
    assert account is not None
    cookie = console.sessions.open(console.sessions.make(account, agent=""), replaces=None)
    context = new_context()
    context.add_cookies([{"name": "idp_admin", "value": cookie, "url": demo.url(8010)}])
    page = context.new_page()
    demo.flag("down", "sol")
    page.goto(demo.url(8010, "/admin"))
    expect(page.locator("[data-realm=sol]")).to_contain_text("Contingencia: se ingresa por correo")
    expect(page.locator("[data-realm=extranet]")).to_contain_text("Se ingresa con SUNAT")
