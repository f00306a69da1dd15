"""The users' manual in a real browser: both modes, both realms, three components."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from sandbox.people import person
from tests.browser.conftest import Demo
from tests.browser.walk import ask_for_link, choose, claims, log_in_at_sunat, open_link, start_login

pytestmark = pytest.mark.browser

PEOPLE = {"sol": person("EXPORTA1"), "extranet": person("EXT0001")}
PORTS = {"mercancias": 8001, "origen": 8002, "gestion": 8003}
NAMES = {
    "mercancias": "Mercancías Restringidas",
    "origen": "Origen",
    "gestion": "Gestión de Autorizaciones",
}


@pytest.mark.parametrize("component", PORTS)
@pytest.mark.parametrize("realm", PEOPLE)
def test_login_normal_mode_reaches_the_component(
    page: Page, demo: Demo, realm: str, component: str
) -> None:
    port = PORTS[component]
    start_login(page, demo, port)
    choose(page, realm)
    log_in_at_sunat(page, PEOPLE[realm])
    page.wait_for_url(re.compile(re.escape(demo.url(port))))
    found = claims(page, demo, port)
    assert "urn:vuce:acr:sunat" in found["acr"]
    assert "pwd" in found["amr"]
    assert realm in found["realm"]
    expect(page.locator("#modo")).to_contain_text("SUNAT")


@pytest.mark.parametrize("component", PORTS)
@pytest.mark.parametrize("realm", PEOPLE)
def test_login_contingency_reaches_the_component_as_the_same_sub(
    new_context: Callable[..., BrowserContext], demo: Demo, realm: str, component: str
) -> None:
    port, who = PORTS[component], PEOPLE[realm]
    assert who.email is not None
    normal = new_context().new_page()
    start_login(normal, demo, port)
    choose(normal, realm)
    log_in_at_sunat(normal, who)
    normal.wait_for_url(re.compile(re.escape(demo.url(port))))
    before = claims(normal, demo, port)

    demo.flag("down", realm)
    page = new_context().new_page()
    start_login(page, demo, port)
    choose(page, realm)
    mails = len(demo.mails(who.email))
    notices = len(demo.mails(who.email, notices=True))
    ask_for_link(page, who)
    open_link(page, demo, who, after=mails)
    page.wait_for_url(re.compile(re.escape(demo.url(port))))
    found = claims(page, demo, port)
    assert found["sub"] == before["sub"]
    assert "urn:vuce:acr:contingencia" in found["acr"]
    assert "otp" in found["amr"]
    expect(page.locator("#modo")).to_contain_text("Contingencia")
    notice = demo.wait_for_mail(who.email, after=notices, notices=True)
    assert notice["subject"].startswith(f"Se ingresó a {NAMES[component]}")
    assert "Si no fue usted" in notice["text"]


def test_tramite_after_contingency_goes_on_where_it_was(page: Page, demo: Demo) -> None:
    who = PEOPLE["sol"]
    assert who.email is not None
    demo.flag("down", "sol")
    page.goto(demo.url(8001, "/tramite/1"))
    if page.locator("#ingresar").count():
        page.click("#ingresar")
    choose(page, "sol")
    mails = len(demo.mails(who.email))
    ask_for_link(page, who)
    open_link(page, demo, who, after=mails)
    page.wait_for_url(demo.url(8001, "/tramite/1"))
    expect(page.locator("#observaciones")).to_be_visible()


def test_form_shows_the_manuals_words(page: Page, demo: Demo) -> None:
    demo.flag("down", "sol")
    demo.flag("down", "extranet")
    start_login(page, demo, 8001)
    expect(page.locator("main")).to_contain_text("Importador / Exportador")
    expect(page.locator("main")).to_contain_text("Ingresar con Clave SOL")
    expect(page.locator("main")).to_contain_text("Ingresar a la Extranet")
    choose(page, "sol")
    main = page.locator("main")
    for words in (
        "El Sistema de Clave SOL de SUNAT temporalmente no se encuentra disponible",
        "Ingrese los 11 dígitos de su RUC",
        "Ingrese su usuario SOL",
        "No soy un robot",
        "Usuarios nuevos.",
        "Usuarios que no hayan actualizado su correo electrónico.",
        "Usuarios que no hayan autorizado recibir notificaciones de la VUCE.",
    ):
        expect(main).to_contain_text(words)
    expect(page.locator("#enviar")).to_have_text("Enviar correo electrónico")
    page.click("#otro-tipo")
    choose(page, "extranet")
    expect(main).to_contain_text("El acceso a la Extranet de SUNAT no está disponible")
    expect(main).to_contain_text("Ingrese su usuario de Extranet (EXT…)")
    ask_for_link(page, PEOPLE["extranet"])
    expect(main).to_contain_text("el enlace vencerá pasados los 10 minutos")


def test_link_works_once_in_the_browser_that_asked(page: Page, demo: Demo) -> None:
    who = person("PERSONA1")
    assert who.email is not None
    demo.flag("down", "sol")
    start_login(page, demo, 8003)
    choose(page, "sol")
    mails = len(demo.mails(who.email))
    ask_for_link(page, who)
    link = open_link(page, demo, who, after=mails)
    page.wait_for_url(re.compile(re.escape(demo.url(8003))))
    page.goto(link)
    expect(page.locator("h1")).to_have_text("El enlace ya se usó")


def test_typing_errors_stand_beside_the_field_and_lose_nothing(page: Page, demo: Demo) -> None:
    demo.flag("down", "sol")
    start_login(page, demo, 8001)
    choose(page, "sol")
    page.fill("#ruc", "20512333798")
    page.fill("#usuario", "ABC 1!")
    page.locator("altcha-widget input[type=checkbox]").click()
    page.wait_for_selector("[data-state=verified]")
    page.click("#enviar")
    expect(page.locator("#ruc-error")).to_be_visible()
    expect(page.locator("#usuario-error")).to_be_visible()
    expect(page.locator("#ruc")).to_have_value("20512333798")
    expect(page.locator("#usuario")).to_have_value("ABC 1!")


def test_flip_while_at_sunat_still_lets_the_person_in(page: Page, demo: Demo) -> None:
    start_login(page, demo, 8001)
    choose(page, "sol")
    demo.flag("down", "sol")
    log_in_at_sunat(page, PEOPLE["sol"])
    page.wait_for_url(re.compile(re.escape(demo.url(8001))))
    assert "urn:vuce:acr:sunat" in claims(page, demo, 8001)["acr"]


def test_recovered_upstream_is_said_on_the_form(page: Page, demo: Demo) -> None:
    demo.flag("down", "sol", by_command=True)
    start_login(page, demo, 8001)
    choose(page, "sol")
    demo.flag("up", "sol", by_command=True)
    page.reload()
    expect(page.locator("h1")).to_have_text("SUNAT ya está disponible")
    page.click("#continuar")
    log_in_at_sunat(page, PEOPLE["sol"])
    page.wait_for_url(re.compile(re.escape(demo.url(8001))))


def test_sunat_fault_has_a_page_with_a_way_on(page: Page, demo: Demo) -> None:
    demo.api(8100, "/control.json", "PUT", {"realm": "sol", "fault": "html200", "where": "token"})
    start_login(page, demo, 8001)
    choose(page, "sol")
    log_in_at_sunat(page, PEOPLE["sol"])
    expect(page.locator("h1")).to_have_text("¿SUNAT no responde?")
    demo.api(8100, "/control.json", "PUT", {"realm": "sol", "fault": "up"})
    page.click("#reintentar")
    # SUNAT's own session lives on, so it sends the person straight back.
    page.wait_for_url(re.compile(re.escape(demo.url(8001))))


def test_logout_says_that_sunats_session_lives_on_and_how_to_end_it(page: Page, demo: Demo) -> None:
    origen = demo.url(8002, "/")
    start_login(page, demo, 8002)
    choose(page, "sol")
    log_in_at_sunat(page, PEOPLE["sol"])
    page.wait_for_url(re.compile(re.escape(origen)))
    page.click("#salir")
    expect(page.locator("h1")).to_have_text("Su sesión está cerrada")
    expect(page.locator("#cerrar-sunat")).to_be_visible()
    page.click("#volver")
    page.wait_for_url(re.compile(re.escape(origen)))
    expect(page.locator("#ingresar")).to_be_visible()


def test_login_with_a_session_that_sunat_still_has_ends_at_the_component(
    page: Page, demo: Demo
) -> None:
    """The chooser's form leads through SUNAT and back without a page on the way: every hop of it
    must be one that the form's page allows.
    """
    start_login(page, demo, 8001)
    choose(page, "sol")
    log_in_at_sunat(page, PEOPLE["sol"])
    page.wait_for_url(re.compile(re.escape(demo.url(8001))))
    page.click("#salir")
    page.click("#volver")
    page.click("#ingresar")
    choose(page, "sol")
    page.wait_for_url(re.compile(re.escape(demo.url(8001))))
    expect(page.locator("#salir")).to_be_visible()
