"""States of the console's pages."""

from __future__ import annotations

import re

from playwright.sync_api import Page

from idp.admin.account import Account
from idp.kernel.identity import EXTRANET
from tests.browser.site import CONSOLE_PASSWORD, Site
from tests.browser.states import Other, state

ACCOUNT = "consola/cuenta.html"


def half_in(site: Site, page: Page) -> None:
    """Past the password."""
    account, _ = site.console_account()
    site.go_console(page, "/admin/ingresar")
    page.fill("#usuario", account.name)
    page.fill("#clave", CONSOLE_PASSWORD)
    page.click("#continuar")
    page.wait_for_selector("#codigo")


def inside(site: Site, page: Page, path: str) -> Account:
    """Logged in, at a page."""
    account, _ = site.console_account()
    site.console_log_in(page, account)
    site.go_console(page, path)
    return account


@state("consola/ingresar.html", "console login, refused")
def refused(site: Site, page: Page, other: Other) -> None:
    site.go_console(page, "/admin")
    page.fill("#usuario", "nadie")
    page.fill("#clave", "no es esta")
    page.click("#continuar")
    page.wait_for_selector(".errors")


@state("consola/ingresar.html", "console login, too late for the code")
def too_late(site: Site, page: Page, other: Other) -> None:
    half_in(site, page)
    site.later(301)
    page.fill("#codigo", "000000")
    page.click("#ingresar")
    page.wait_for_selector("#vencido")


@state("consola/codigo.html", "console code, wrong")
def wrong_code(site: Site, page: Page, other: Other) -> None:
    half_in(site, page)
    page.fill("#codigo", "000000")
    page.click("#ingresar")
    page.wait_for_selector("#codigo-error")


@state("consola/codigo.html", "console recovery code, wrong")
def wrong_recovery(site: Site, page: Page, other: Other) -> None:
    half_in(site, page)
    page.click("summary")
    page.fill("#recuperacion", "abcd-efgh-ijkl")
    page.click("#recuperar")
    page.wait_for_selector("#recuperacion-error")


@state("consola/alta.html", "console set-up, password refused")
def setup_refused(site: Site, page: Page, other: Other) -> None:
    site.go_console(page, site.console_link())
    page.fill("#nueva", "corta")
    page.fill("#repetida", "corta")
    page.click("#continuar")
    page.wait_for_selector("#nueva-error")


@state("consola/alta_aplicacion.html", "console set-up, the app's code wrong")
def setup_app(site: Site, page: Page, other: Other) -> None:
    site.go_console(page, site.console_link())
    page.fill("#nueva", CONSOLE_PASSWORD)
    page.fill("#repetida", CONSOLE_PASSWORD)
    page.click("#continuar")
    page.fill("#codigo", "000000")
    page.click("#activar")
    page.wait_for_selector("#codigo-error")


@state("consola/codigos.html", "console recovery codes, new")
def codes(site: Site, page: Page, other: Other) -> None:
    inside(site, page, "/admin/cuenta/codigos")
    page.click("#renovar")
    page.wait_for_selector("#codigos li")


@state("consola/nuevos_codigos.html", "console recovery codes, to be renewed")
def new_codes(site: Site, page: Page, other: Other) -> None:
    inside(site, page, "/admin/cuenta/codigos")


@state(ACCOUNT, "console account, two sessions and few codes")
def account(site: Site, page: Page, other: Other) -> None:
    found = inside(site, page, "/admin")
    site.console_log_in(other(), found)
    site.world.services.console.own._proofs.renew_codes(found.id, ["a" * 64])
    site.go_console(page, "/admin/cuenta?hecho=clave")
    page.wait_for_selector("#cerrar-otras")
    page.wait_for_selector("#pocos-codigos")


@state(ACCOUNT, "console account, password not changed")
def account_with_errors(site: Site, page: Page, other: Other) -> None:
    inside(site, page, "/admin/cuenta")
    for field in ("#actual", "#nueva", "#repetida"):
        page.fill(field, "no es esta")
    page.click("#cambiar")
    page.wait_for_selector("#actual-error")


@state("consola/confirmar.html", "console proof, wrong")
def proof(site: Site, page: Page, other: Other) -> None:
    inside(site, page, "/admin/confirmar?volver=/admin/cuenta/codigos")
    page.fill("#clave", "no es esta")
    page.click("#confirmar")
    page.wait_for_selector("#clave-error")


@state("consola/ahora.html", "console, one upstream down")
def now(site: Site, page: Page, other: Other) -> None:
    site.flag()
    inside(site, page, "/admin")
    page.wait_for_selector("[data-realm=sol].state--down")


@state("error.html", "console, no such page")
def not_found(site: Site, page: Page, other: Other) -> None:
    inside(site, page, "/admin/nada")
    page.wait_for_selector("#error-code")


@state("consola/cobertura.html", "console coverage")
def coverage(site: Site, page: Page, other: Other) -> None:
    counted = site.world.services.coverage
    site.person()
    site.person("EXT1234", EXTRANET)
    for usuario in ("CUENTA01", "CUENTA02"):
        site.world.services.people.set_consent(site.person(usuario).id, False)
    for _ in range(12):
        counted.take()
        site.later(86_400)
    inside(site, page, "/admin/cobertura?dias=30")
    page.wait_for_selector("[data-why=no_consent]")
    page.click("details summary")


@state("consola/cobertura.html", "console coverage, of a component that nobody could enter")
def coverage_of_component(site: Site, page: Page, other: Other) -> None:
    site.person()
    inside(site, page, "/admin")
    page.click("text=Cobertura")
    page.select_option("#componente", "estricto")
    page.click("#ver")
    page.wait_for_url(re.compile("componente=estricto"))
