"""States of `/cuenta`."""

from __future__ import annotations

from playwright.sync_api import Page

from idp.kernel.identity import EXTRANET, Mode
from tests.browser.site import Site
from tests.browser.states import Other, state

PAGE = "cuenta/datos.html"


def open_account(
    site: Site, page: Page, usuario: str, mode: Mode = Mode.SUNAT, realm: str = "sol"
) -> str:
    """Log in and open the form; the person's id. Each state that changes a person has its own."""
    person = site.person(usuario, realm)
    site.go(page, "/")
    site.log_in(page, person, mode)
    site.go(page, "/cuenta")
    return person.id


@state(PAGE, "account")
def account(site: Site, page: Page, other: Other) -> None:
    open_account(site, page, "EXPORTA1")


@state(PAGE, "account of an official")
def account_of_official(site: Site, page: Page, other: Other) -> None:
    open_account(site, page, "EXT1234", realm=EXTRANET)


@state(PAGE, "account, came in by mail")
def account_read_only(site: Site, page: Page, other: Other) -> None:
    open_account(site, page, "EXPORTA1", Mode.CONTINGENCIA)
    page.wait_for_selector("#solo-lectura")


@state(PAGE, "account with errors")
def account_with_errors(site: Site, page: Page, other: Other) -> None:
    open_account(site, page, "EXPORTA1")
    page.fill("#email", "no es un correo")
    page.fill("#celular", "12")
    page.click("#actualizar")
    page.wait_for_selector(".errors")


@state(PAGE, "account saved, a code awaited, a wrong one typed")
def account_awaits_code(site: Site, page: Page, other: Other) -> None:
    open_account(site, page, "CODIGO01")
    site.later(60)  # Of two addresses of one moment nobody could say which is the newer.
    page.fill("#email", "nueva@hidrobiologicos.example.com")
    page.click("#actualizar")
    page.wait_for_selector("#guardado")
    page.fill("#codigo", "000000")
    page.click("#verificar-codigo")
    page.wait_for_selector("#codigo-error")


@state(PAGE, "account, a new address that does not count yet")
def account_cooling(site: Site, page: Page, other: Other) -> None:
    people = site.world.services.people
    person_id = open_account(site, page, "ENFRIA01")
    site.later(60)
    people.set_contact(person_id, email="otra@hidrobiologicos.example.com", consent=True)
    found = people.pending_verification(person_id)
    assert found is not None
    people.confirm_address(person_id, token=found.token)
    page.reload()
    page.wait_for_selector("#correo-en-uso")


@state(PAGE, "account, an address that takes no mail")
def account_undeliverable(site: Site, page: Page, other: Other) -> None:
    person_id = open_account(site, page, "REBOTA01")
    site.world.services.people.mark_undeliverable(person_id, "adr_rebota01", code="550")
    page.reload()
    page.wait_for_selector("#no-entregable")


@state(PAGE, "account, consent withdrawn")
def account_withdrawn(site: Site, page: Page, other: Other) -> None:
    person_id = open_account(site, page, "RETIRA01")
    site.world.services.people.set_consent(person_id, False)
    page.reload()
    page.wait_for_selector("#sin-autorizacion")


@state(PAGE, "account, sent after its session")
def account_recovered(site: Site, page: Page, other: Other) -> None:
    open_account(site, page, "EXPORTA1")
    page.fill("#direccion", "Av. Néstor Gambetta s/n, Callao")
    site.later(1_801)
    page.click("#actualizar")
    page.wait_for_selector("#elegir-sol")
    site.log_in(page, site.person())
    site.go(page, "/cuenta")
    page.wait_for_selector("#recuperado")
    assert page.input_value("#direccion") == "Av. Néstor Gambetta s/n, Callao"


@state("cuenta/verificar.html", "verify an address")
def verify(site: Site, page: Page, other: Other) -> None:
    people = site.world.services.people
    person_id = open_account(site, page, "VERIFI01")
    site.later(60)
    people.set_contact(person_id, email="otra@hidrobiologicos.example.com", consent=True)
    found = people.pending_verification(person_id)
    assert found is not None
    site.go(page, f"/cuenta/verificar/{found.token}")


@state("cuenta/accesos.html", "logins, sessions and browsers, one ended")
def accesses(site: Site, page: Page, other: Other) -> None:
    person_id = open_account(site, page, "EXPORTA1")
    site.log_in(other(), site.person(), Mode.CONTINGENCIA)
    site.world.services.people.remember_browser(person_id, agent="Firefox/Linux")
    site.go(page, "/cuenta/accesos?hecho=1")
    page.wait_for_selector("[data-browser]")
    page.wait_for_selector("#cerrar-otras")


@state("cuenta/mis_datos.html", "own data")
def own_data(site: Site, page: Page, other: Other) -> None:
    open_account(site, page, "EXPORTA1")
    page.click("#mis-datos")
    page.wait_for_selector("#copia-html")


@state("cuenta/mis_datos.html", "own data, came in by mail")
def own_data_by_mail(site: Site, page: Page, other: Other) -> None:
    open_account(site, page, "EXPORTA1", Mode.CONTINGENCIA)
    site.go(page, "/cuenta/mis-datos")
    page.wait_for_selector("#solo-sunat")


@state("cuenta/copia.html", "a person's copy for reading")
def copy(site: Site, page: Page, other: Other) -> Page:
    """A file: it is opened where nothing of the site is."""
    own_data(site, page, other)
    token = page.input_value("input[name=csrf_token]")
    form = {"csrf_token": token, "formato": "html"}
    answer = page.request.post(f"{site.base}/cuenta/mis-datos/copia", form=form)
    assert answer.ok
    read = other()
    read.set_content(answer.text())
    return read
