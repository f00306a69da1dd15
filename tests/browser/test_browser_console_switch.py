"""The switch at the console in a browser: each role, by keyboard, without scripts, and live."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from idp.admin.roles import Role
from idp.kernel.identity import SOL
from idp.upstream_status.state import FlagState, Why
from tests.admin.console_switch import untouched
from tests.browser.looking import DESKTOP, sound
from tests.browser.site import Site, running_site

pytestmark = pytest.mark.browser
Contexts = Callable[..., BrowserContext]
PHONE = {"width": 390, "height": 800}
FLIPPERS = {Role.OPERATOR, Role.ADMIN}


@pytest.fixture(autouse=True)
def _calm() -> None:
    """No demo is needed here."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, module_valkey: str) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site"), module_valkey) as found:
        yield found


@pytest.fixture
def site(running: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    running.patch = monkeypatch
    running.fresh()
    untouched(running.world)
    return running


def inside(site: Site, page: Page, role: Role = Role.OPERATOR) -> str:
    """Logged in at the first page; who."""
    account, _ = site.console_account(role)
    site.console_log_in(page, account)
    site.go_console(page, "/admin")
    return account.actor


def tab_to(page: Page, ident: str) -> None:
    """Press Tab until this has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == ident:
            return
    raise AssertionError(f"{ident} cannot be reached")


@pytest.mark.parametrize("role", Role)
def test_each_role_sees_the_state_and_what_it_may_do(
    site: Site, new_context: Contexts, role: Role
) -> None:
    site.flag()
    page, may = new_context(viewport=DESKTOP).new_page(), role in FLIPPERS
    inside(site, page, role)
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        expect(page.locator("[data-alert=forced_down]")).to_be_visible()
        expect(page.locator("[data-realm=sol]")).to_contain_text("se ingresa por correo")
        expect(page.locator("#cambiar-sol, #politica-sol")).to_have_count(2 if may else 0)
        expect(page.locator("[data-alert] a")).to_have_count(1 if may else 0)
        over = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(over) <= 0
    sound(page, ("light",))
    site.go_console(page, "/admin/cambiar/sol")
    expect(page.locator("#revisar" if may else "#error-code")).to_be_visible()


def test_flip_by_keyboard_alone(site: Site, new_context: Contexts) -> None:
    page = new_context(viewport=PHONE).new_page()
    who = inside(site, page)
    tab_to(page, "cambiar-sol")
    page.keyboard.press("Enter")
    page.wait_for_selector("#revisar")
    tab_to(page, "estado-forced_down")
    page.keyboard.press("Space")
    tab_to(page, "motivo")
    page.keyboard.type("SUNAT no responde")
    tab_to(page, "plazo")
    page.keyboard.type("1")  # 1 hora
    tab_to(page, "revisar")
    page.keyboard.press("Enter")
    page.wait_for_selector("#confirmar")
    tab_to(page, "confirmar")
    page.keyboard.press("Enter")
    page.wait_for_selector("#hecho")
    state = site.world.services.upstream_status.state(SOL)
    assert (state.why, state.who, state.reason) == (Why.FORCED_DOWN, who, "SUNAT no responde")
    assert state.until is not None
    assert (state.until - site.world.clock.now()).total_seconds() == 3_600


def test_flip_and_reading_without_scripts(site: Site, new_context: Contexts) -> None:
    page = new_context(java_script_enabled=False).new_page()
    inside(site, page)
    expect(page.locator("#pausar")).to_be_hidden()
    page.click("#cambiar-sol")
    page.check("#estado-forced_down")
    page.fill("#motivo", "SUNAT no responde")
    page.select_option("#plazo", "otra")
    page.fill("#otra", "1h30m")
    page.click("#revisar")
    page.click("#confirmar")
    expect(page.locator("#hecho")).to_contain_text("Contingencia: se ingresa por correo")
    site.flag(down=False)
    page.click("#actualizar")
    expect(page.locator("[data-realm=sol]")).to_contain_text("Se ingresa con SUNAT")
    expect(page.locator("[data-alert]")).to_have_count(0)


def test_page_follows_by_itself_until_it_is_paused(site: Site, new_context: Contexts) -> None:
    page = new_context().new_page()
    page.clock.install()
    inside(site, page)
    card, alerts = page.locator("[data-realm=sol]"), page.locator("[data-alert=forced_down]")
    expect(card).to_contain_text("Se ingresa con SUNAT")
    page.focus("#ingresos-tabla summary")
    page.keyboard.press("Enter")
    page.focus("#cambiar-sol")
    site.flag()
    page.clock.run_for(5_100)
    expect(card).to_contain_text("Contingencia: se ingresa por correo")
    expect(alerts).to_have_count(1)
    # Who stood on a link of it stands there still, and what they opened is open.
    expect(page.locator("#cambiar-sol")).to_be_focused()
    expect(page.locator("#ingresos-tabla")).to_have_attribute("open", "")
    page.click("#pausar")
    expect(page.locator("#vivo-estado")).to_have_text("En pausa.")
    site.flag(down=False)
    with page.expect_response(re.compile("/admin/ahora")) as again:
        page.clock.run_for(60_000)
        expect(alerts).to_have_count(1)
        page.click("#pausar")
    assert again.value.ok
    expect(alerts).to_have_count(0)


def test_page_whose_session_is_over_goes_to_the_login(site: Site, new_context: Contexts) -> None:
    page = new_context().new_page()
    page.clock.install()
    inside(site, page)
    expect(page.locator("#pausar")).to_be_visible()
    site.later(site.world.settings.admin_session_idle)
    page.clock.run_for(5_100)
    page.wait_for_url(re.compile(r"/admin/ingresar\?volver=%2Fadmin$"))


def test_two_who_flip_at_once_are_told_apart(site: Site, new_context: Contexts) -> None:
    pages = [new_context().new_page() for _ in range(2)]
    for number, page in enumerate(pages):
        inside(site, page)
        page.click("#cambiar-sol")
        page.check("#estado-forced_down" if number else "#estado-forced_up")
        page.fill("#motivo", f"operador {number}")
        page.click("#revisar")
        page.wait_for_selector("#confirmar")
    site.later(1)
    pages[0].click("#confirmar")
    pages[0].wait_for_selector("#hecho")
    pages[1].click("#confirmar")
    pages[1].wait_for_selector("#otra-vez")
    flag = site.world.services.upstream_status.flag(SOL)
    assert flag is not None
    assert (flag.state, flag.reason) == (FlagState.FORCED_UP, "operador 0")
