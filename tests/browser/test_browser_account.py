"""*Modificación de Datos* in a browser: lists that follow one another, errors, logins and devices."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from sandbox.people import SandboxPerson, person
from tests.browser.conftest import Demo
from tests.browser.test_browser_access import sound
from tests.browser.walk import choose, log_in_at_sunat, start_login

pytestmark = pytest.mark.browser

Contexts = Callable[..., BrowserContext]


def at_account(page: Page, demo: Demo, who: SandboxPerson) -> None:
    """As the annex says: log in to the component, and press one's own name."""
    start_login(page, demo, 8001)
    choose(page, who.realm)
    log_in_at_sunat(page, who)
    page.click("#usuario")
    expect(page.locator("h1")).to_contain_text("Modificación de Datos de")


def test_importer_fills_in_the_annex_with_chained_lists(new_context: Contexts, demo: Demo) -> None:
    page = new_context().new_page()
    at_account(page, demo, person("EXPORTA1"))
    sound(page)
    expect(page.get_by_role("button", name="Ver provincias")).to_be_hidden()
    page.select_option("#tipo_documento", "dni")
    page.fill("#numero_documento", "4010203")
    page.fill("#telefono", "01 2071510")
    page.fill("#celular", "987654321")
    page.select_option("#departamento", label="Cusco")
    page.select_option("#provincia", label="La Convención")
    page.select_option("#distrito", label="Echarate")
    page.fill("#direccion", "Jirón Dos 123")
    page.keyboard.press("Enter")  # saves: the lists' own buttons are not what Enter presses
    expect(page.locator("#numero_documento-error")).to_have_text("Escriba los 8 dígitos del DNI.")
    expect(page.locator("#numero_documento")).to_have_value("4010203")
    expect(page.locator("#distrito option:checked")).to_have_text("Echarate")
    sound(page)
    page.fill("#numero_documento", "40102030")
    page.click("#actualizar")
    expect(page.locator("#guardado")).to_be_visible()
    expect(page.locator("#direccion")).to_have_value("Jirón Dos 123")
    # Another department empties what no longer lies in it.
    page.select_option("#departamento", label="Callao")
    expect(page.locator("#provincia option")).to_have_count(2)
    expect(page.locator("#distrito option")).to_have_count(1)


def test_official_without_javascript_walks_the_lists_by_buttons(
    new_context: Contexts, demo: Demo
) -> None:
    page = new_context(java_script_enabled=False).new_page()
    at_account(page, demo, person("EXT0001"))
    page.fill("#area", "Evaluación")
    page.select_option("#departamento", label="Lima")
    page.get_by_role("button", name="Ver provincias").click()
    page.select_option("#provincia", label="Cañete")
    page.get_by_role("button", name="Ver distritos").click()
    page.select_option("#distrito", label="Asia")
    page.fill("#sub_area", "Plaguicidas")
    page.locator("#actualizar").click()
    expect(page.locator("#guardado")).to_be_visible()
    expect(page.locator("#area")).to_have_value("Evaluación")
    expect(page.locator("#sub_area")).to_have_value("Plaguicidas")
    expect(page.locator("#distrito option:checked")).to_have_text("Asia")


def test_person_ends_a_session_that_was_left_open_elsewhere(
    new_context: Contexts, demo: Demo
) -> None:
    left, here = new_context().new_page(), new_context().new_page()
    at_account(left, demo, person("IMPORTA1"))
    at_account(here, demo, person("IMPORTA1"))
    here.click("#accesos")
    expect(here.locator("h1")).to_have_text("Mis ingresos y equipos")
    expect(here.locator(".tag")).to_have_text("este navegador")
    expect(here.locator("main")).to_contain_text("Chrome en Linux")
    expect(here.locator("main")).to_contain_text("Mercancías Restringidas, con SUNAT")
    sound(here)
    here.click("#cerrar-otras")
    expect(here.locator("[data-sid]")).to_have_count(1)
    browsers = here.locator("[data-browser]").count()
    here.locator("[data-browser] button").first.click()
    expect(here.locator("[data-browser]")).to_have_count(browsers - 1)
    left.goto(demo.url(8000, "/cuenta"))
    expect(left).to_have_url(re.compile("/login/"))
