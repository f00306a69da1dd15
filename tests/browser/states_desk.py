"""States of the console's pages for the help desk and for who reads."""

from __future__ import annotations

import re

from playwright.sync_api import Page

from idp.adapters.redis.relay_figures import RedisRelayFigures
from idp.adapters.sql.audit import SqlAuditStore
from idp.audit.drain import drain
from idp.audit.events import AuditEvent
from idp.kernel.events import RelayAccepted
from idp.mail.relay_figures import Trouble
from tests.browser.site import RUC, Site
from tests.browser.states import Other, state
from tests.browser.states_console import inside

PERSON = "consola/persona.html"


def look_up(site: Site, page: Page, **typed: str) -> None:
    """Search by these fields."""
    inside(site, page, "/admin/personas")
    page.select_option("#motivo", "mail")
    for field, text in typed.items():
        page.fill(f"#{field}", text)
    page.click("#buscar")


def happened(site: Site, page: Page, other: Other) -> str:
    """A request with everything that may become of it; its number."""
    person, services = site.person("CONSULTA"), site.world.services
    asking = other()
    login = site.ask(asking, "CONSULTA")
    found = services.links.get(services.logins.transactions._live(login).link_id or "")
    assert found is not None
    told = {"person_id": person.id, "client_id": "mr", "realm": "sol", "reference": found.reference}
    for event, details in (
        (AuditEvent.MAIL_DEFERRED, {"code": "timeout", "relay": "correo.example.pe:587"}),
        (AuditEvent.MAIL_ACCEPTED, {"relay": "respaldo.example.pe:587"}),
        (AuditEvent.LINK_OPENED, {"where": "other_browser"}),
        (AuditEvent.LINK_REFUSED, {"reason": "code_wrong"}),
        (AuditEvent.LINK_REPORTED, {}),
    ):
        services.audit.record(event, **told, link=found.id, **details)  # type: ignore[arg-type]
    services.audit.record(AuditEvent.MAIL_ACCEPTED, person_id=person.id, kind="verificar")
    drain(services.audit_stream, SqlAuditStore(services.database))
    site.later(61)
    return found.reference


@state("consola/personas.html", "console people, wrong search")
def wrong_search(site: Site, page: Page, other: Other) -> None:
    look_up(site, page, ruc="20131312950", usuario="ADMIN")
    page.wait_for_selector("#ruc-error")


@state(PERSON, "console person, another link sent")
def waiting(site: Site, page: Page, other: Other) -> None:
    reference = happened(site, page, other)
    look_up(site, page, atencion=reference)
    page.wait_for_selector("#reenviar")
    page.wait_for_selector(".timeline--bad")
    page.wait_for_selector("#otros")
    page.click("#reenviar")
    page.wait_for_selector("#hecho")


@state(PERSON, "console person, who could not enter, and a caller who is not them")
def excluded(site: Site, page: Page, other: Other) -> None:
    person, services = site.person("EXCLUIDA"), site.world.services
    services.people.set_consent(person.id, False)
    services.personal.erasing.hold(person.id, actor="prueba", reason="prueba")
    look_up(site, page, ruc=RUC, usuario="EXCLUIDA")
    page.fill("#dijo-email", "otra@hidrobiologicos.example.com")
    page.click("form:has(#dijo-email) button")
    page.wait_for_selector("#no-coincide")
    page.wait_for_selector("#conservada")


@state("consola/mostrar.html", "console person, without the veil")
def revealed(site: Site, page: Page, other: Other) -> None:
    site.person("MOSTRADA")
    look_up(site, page, ruc=RUC, usuario="MOSTRADA")
    page.click("#mostrar")
    page.fill("#motivo", "comprobar su registro")
    page.click("#mostrar")
    page.wait_for_selector("#datos")


@state("consola/componentes.html", "console components, with a file that is refused")
def components(site: Site, page: Page, other: Other) -> None:
    clients, path = site.world.services.clients, site.world.settings.clients_file
    good = path.read_text(encoding="utf-8")
    try:
        path.write_text(good.replace("none", "ninguno"), encoding="utf-8")
        clients.reload()
        inside(site, page, "/admin/componentes")
        page.wait_for_selector("#problemas li")
    finally:
        path.write_text(good, encoding="utf-8")
        clients.reload()


@state("consola/componente.html", "console component")
def component(site: Site, page: Page, other: Other) -> None:
    inside(site, page, "/admin/componentes")
    page.click("[data-component=conocido] a")
    page.wait_for_selector("#secretos")


@state("consola/llaves.html", "console keys")
def keys(site: Site, page: Page, other: Other) -> None:
    inside(site, page, "/admin/llaves")
    page.wait_for_selector("[data-due]")


@state("consola/cuentas.html", "console accounts")
def accounts(site: Site, page: Page, other: Other) -> None:
    site.console_link()
    inside(site, page, "/admin/cuentas")
    page.wait_for_selector("[data-state=active]")


@state("consola/auditoria.html", "console audit, a page of many")
def audit(site: Site, page: Page, other: Other) -> None:
    person = site.person("AUDITADA")
    for number in range(51):
        site.world.services.audit.record(
            AuditEvent.LOGOUT_COMPLETED, person_id=person.id, sid=f"ses_{number}"
        )
    inside(site, page, f"/admin/auditoria?persona={person.id}")
    page.click("#siguiente")
    page.wait_for_url(re.compile("despues=aud_"))
    page.wait_for_selector("#primera")


@state("consola/correo.html", "console mail, a relay left alone")
def mail(site: Site, page: Page, other: Other) -> None:
    services, now = site.world.services, site.world.clock.timestamp()
    figures, name = RedisRelayFigures(services.redis), services.console.mail._relays[0][0]
    for hour in range(20):
        for _ in range(hour % 7):
            figures.count(name, "accepted", now - hour * 3_600)
        figures.count(name, "deferred" if hour % 2 else "refused", now - hour * 3_600)
    figures.failed(name, Trouble(now, "timeout", now + 60))
    for _ in range(20):
        services.mail_load.relay_accepted(RelayAccepted("l", now, "empresa.example", 12.0, "w"))
    inside(site, page, "/admin/correo")
    page.wait_for_selector("[data-alone=true]")
    page.click("details summary")


@state("consola/enlaces.html", "console links and sessions")
def live(site: Site, page: Page, other: Other) -> None:
    site.log_in(other(), site.person())
    site.later(60)
    inside(site, page, "/admin/enlaces-y-sesiones")
    page.wait_for_selector("[data-component=mr]")
