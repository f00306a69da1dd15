"""States of the pages between SUNAT and a component, and of the way on from `/cuenta`."""

from __future__ import annotations

import itertools

from playwright.sync_api import Page

from idp.kernel.identity import SOL, Identifier, Mode, Proof
from idp.people.person import Person, UpstreamFacts
from tests.browser.site import RUC, Site
from tests.browser.states import Other, state

TOLD, ASKED = "cuenta/aviso.html", "cuenta/pregunta.html"
EMAIL = "jefatura@hidrobiologicos.example.com"
YEAR = 366 * 86_400
# Everybody is told once: each visit is of somebody else.
_NUMBERS = itertools.count()


def somebody(site: Site) -> Person:
    """Who logged in at SUNAT, and did nothing else."""
    usuario = f"AVISO{next(_NUMBERS)}"
    return site.world.services.people.record_upstream_login(
        UpstreamFacts(
            realm=SOL, identifier=Identifier(SOL, f"{RUC}:{usuario}"), usuario=usuario, ruc=RUC,
            tipo_usuario="0",
            name="EXPORTADORA DE PRODUCTOS HIDROBIOLÓGICOS DEL PACÍFICO SUR S.A.C.",
        )
    )  # fmt: skip


def named(site: Site, person: Person) -> str:
    """Let them name an address; the code of its mail."""
    people = site.world.services.people
    people.set_contact(person.id, email=EMAIL, consent=True)
    return code_of(site, person)


def code_of(site: Site, person: Person) -> str:
    """The code that their address awaits."""
    found = site.world.services.people.pending_verification(person.id)
    assert found is not None
    return found.code


def arrive(site: Site, page: Page, person: Person) -> None:
    """Come back from SUNAT on the way to the component that stops for a word."""
    transaction = site.start(page, realm="", client="avisa")
    proof = Proof(person.realm, person.id, Mode.SUNAT, site.world.clock.now())
    transactions = site.world.services.logins.transactions
    transactions.record_proof(transaction, site.browser_hash(page), proof)
    site.go(page, f"/login/{transaction}")
    page.wait_for_url("**/cuenta/aviso/*")


@state(TOLD, "nudge")
def no_address(site: Site, page: Page, other: Other) -> None:
    arrive(site, page, somebody(site))


@state(TOLD, "nudge, a code awaited")
def code_awaited(site: Site, page: Page, other: Other) -> None:
    person = somebody(site)
    named(site, person)
    arrive(site, page, person)


@state(TOLD, "nudge, an address that takes no mail")
def undeliverable(site: Site, page: Page, other: Other) -> None:
    people, person = site.world.services.people, somebody(site)
    address = people.confirm_address(person.id, code=named(site, person)).address
    people.mark_undeliverable(person.id, address.id, code="550")
    arrive(site, page, person)


@state(ASKED, "question of the year")
def still_yours(site: Site, page: Page, other: Other) -> None:
    person = somebody(site)
    site.world.services.people.confirm_address(person.id, code=named(site, person))
    site.later(YEAR)
    arrive(site, page, person)


@state("cuenta/datos.html", "account with a way on, saved")
def way_on(site: Site, page: Page, other: Other) -> None:
    person = somebody(site)
    arrive(site, page, person)
    page.click("#corregir")
    page.fill("#email", EMAIL)
    page.check("#consent")
    page.click("#actualizar")
    page.wait_for_selector("#guardado")
    page.fill("#codigo", code_of(site, person))
    page.click("#verificar-codigo")
    page.wait_for_selector("#continuar")
