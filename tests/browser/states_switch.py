"""States of the console's pages of the switch."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urljoin

from playwright.sync_api import Page

from idp.admin.switch_ports import ProbeBucket
from idp.kernel.identity import EXTRANET, SOL, Mode, Proof
from idp.upstream_status.request import RequestKind
from idp.upstream_status.state import FlagState, Policy
from tests.admin.console_switch import Bucket, probed, untouched
from tests.browser.site import Site
from tests.browser.states import Other, state
from tests.browser.states_console import inside

NOW, FLIP = "consola/ahora.html", "consola/cambiar.html"
CONFIRM, REQUEST = "consola/cambiar_confirmar.html", "consola/solicitud.html"
HISTORY = "consola/historia.html"


def past(site: Site) -> None:
    """An hour with logins, a contingency and a prober that saw it come."""
    services, clock = site.world.services, site.world.clock
    untouched(site.world)
    status, person = services.upstream_status, site.person()
    probed(site.world, healthy=True)
    for minute in range(40):
        site.later(60)
        mode = Mode.CONTINGENCIA if 12 <= minute < 25 else Mode.SUNAT
        for number in range(minute % 4):
            proof = Proof(SOL, person.id, mode, clock.now())
            client = ("mr", "origen", None)[number % 3]
            services.logins.sessions.start(person, proof, client, replaces=None)
        if minute == 11:
            probed(site.world, healthy=False)
            status.set(
                SOL, FlagState.FORCED_DOWN, reason="SUNAT no responde", who="console:ana.quispe"
            )
        if minute == 25:
            probed(site.world, healthy=True)
            status.set(SOL, FlagState.AUTO, reason="SUNAT volvió", who="console:ana.quispe")
    site.patch.setattr(services.console_switch.probes, "series", lambda *asked: seen(site, *asked))


def seen(site: Site, realm: str, *_: object) -> list[ProbeBucket]:
    """What a prober would have seen of it."""
    begin = site.world.clock.now().replace(second=0, microsecond=0) - timedelta(minutes=40)
    return [
        Bucket(begin + timedelta(minutes=minute), step, 3, 3 if 9 <= minute < 24 else 0, 0)
        for minute in range(40)
        for step in ("form", "token")
        if realm == SOL
    ]


def filled(page: Page, state: str, reason: str = "SUNAT no responde desde las 10") -> None:
    """The form of a flip, sent to be looked at."""
    page.check(f"#estado-{state}")
    page.fill("#motivo", reason)
    page.select_option("#plazo", "120")
    page.click("#revisar")


@state(NOW, "console, after an hour with a contingency")
def hour(site: Site, page: Page, other: Other) -> None:
    past(site)
    inside(site, page, "/admin")
    page.wait_for_selector("[data-component=origen]")


@state(NOW, "console, forced up, held, and two words awaited")
def alerts(site: Site, page: Page, other: Other) -> None:
    untouched(site.world)
    status, requests = site.world.services.upstream_status, site.world.services.switch.requests
    end = site.world.clock.now() + timedelta(minutes=5)
    status.set(EXTRANET, FlagState.FORCED_DOWN, reason="prueba", who="cli:ana", until=end)
    probed(site.world, healthy=False, realm=EXTRANET)
    status.set(SOL, FlagState.FORCED_UP, reason="SUNAT confirmó que responde", who="console:luis")
    site.later(600)
    for kind, wanted in ((RequestKind.FLIP, "auto"), (RequestKind.PROPOSAL, "up")):
        requests.ask(
            EXTRANET, kind, wanted, reason="La sonda logra ingresar de nuevo", who="sonda",
            within=timedelta(minutes=10), do_then=kind is RequestKind.PROPOSAL,
        )  # fmt: skip
    inside(site, page, "/admin?tramo=dia")
    for kind in ("forced_up", "held", "approval", "proposal"):
        page.wait_for_selector(f"[data-alert={kind}]")


@state(FLIP, "console flip, refused")
def flip_refused(site: Site, page: Page, other: Other) -> None:
    untouched(site.world)
    site.world.services.switch.switchboard.second = True
    inside(site, page, "/admin/cambiar/sol")
    page.check("#estado-auto")
    page.fill("#motivo", "lo pidió ana@example.com")
    page.click("#revisar")
    page.wait_for_selector("#motivo-error")


@state(CONFIRM, "console flip, down, to be confirmed")
def confirm_down(site: Site, page: Page, other: Other) -> None:
    past(site)
    probed(site.world, healthy=False)
    site.world.services.switch.switchboard.second = True
    inside(site, page, "/admin/cambiar/sol")
    filled(page, "forced_down")
    page.wait_for_selector("#sin-segunda")


@state(CONFIRM, "console flip, up, to be asked for")
def confirm_up(site: Site, page: Page, other: Other) -> None:
    untouched(site.world)
    site.flag()
    site.world.services.switch.switchboard.second = True
    inside(site, page, "/admin/cambiar/sol")
    filled(page, "forced_up")
    page.wait_for_selector("#fuerza")


@state("consola/cambiar_otro.html", "console flip, overtaken")
def overtaken(site: Site, page: Page, other: Other) -> None:
    untouched(site.world)
    inside(site, page, "/admin/cambiar/sol")
    filled(page, "forced_down")
    page.wait_for_selector("#confirmar")
    status = site.world.services.upstream_status
    status.set(SOL, FlagState.FORCED_UP, reason="SUNAT confirmó que responde", who="console:luis")
    page.click("#confirmar")
    page.wait_for_selector("#otra-vez")


@state("consola/politica.html", "console policy, refused")
def policy(site: Site, page: Page, other: Other) -> None:
    untouched(site.world)
    site.world.services.switch.switchboard.second = True
    site.world.services.upstream_status.set_policy(
        SOL, Policy.ASSISTED, reason="prueba", who="prueba"
    )
    inside(site, page, "/admin/politica/sol")
    page.check("#politica-automatic")
    page.fill("#motivo", "para 20131312955")
    page.click("#guardar")
    page.wait_for_selector("#motivo-error")


def asked(site: Site, who: str = "console:luis") -> str:
    """A change that waits for a second person; its id."""
    site.later(1)
    probed(site.world, healthy=False)
    found = site.world.services.switch.requests.ask(
        SOL, RequestKind.FLIP, "auto", reason="SUNAT volvió", who=who,
        within=timedelta(minutes=30), do_then=False,
    )  # fmt: skip
    return found.id


@state("consola/solicitudes.html", "console requests, one open and one refused")
def requests_list(site: Site, page: Page, other: Other) -> None:
    untouched(site.world)
    site.world.services.switch.requests.decide(asked(site), approve=False, who="console:ana")
    asked(site)
    inside(site, page, "/admin/solicitudes")
    page.wait_for_selector("li[data-request]")
    page.wait_for_selector("tr[data-request]")


@state(REQUEST, "console request, to be approved")
def request_open(site: Site, page: Page, other: Other) -> None:
    untouched(site.world)
    inside(site, page, f"/admin/solicitudes/{asked(site)}")
    page.wait_for_selector("#aprobar")


@state("consola/mantenimientos.html", "console windows, one on, one ahead, one cancelled")
def windows(site: Site, page: Page, other: Other) -> None:
    untouched(site.world)
    planned, now = site.world.services.switch.windows, site.world.clock.now()
    for hours in (-1, 30, 60):
        begin = now + timedelta(hours=hours)
        made = planned.plan(
            SOL, begin, begin + timedelta(hours=4), reason="mantenimiento de SUNAT", who="cli:ana"
        )
    planned.cancel(made.id, reason="SUNAT lo postergó", who="cli:ana")
    inside(site, page, "/admin/mantenimientos?hecho=anunciado")
    page.wait_for_selector("tr[data-window]")


@state("consola/mantenimiento_nuevo.html", "console window, refused")
def window_refused(site: Site, page: Page, other: Other) -> None:
    untouched(site.world)
    inside(site, page, "/admin/mantenimientos/nuevo")
    page.fill("#desde", "2026-03-20T22:00")
    page.fill("#hasta", "2026-03-20T21:00")
    page.fill("#motivo", "mantenimiento de SUNAT")
    page.click("#guardar")
    page.wait_for_selector("#hasta-error")


@state("consola/mantenimiento_anular.html", "console window, to be cancelled")
def window_cancel(site: Site, page: Page, other: Other) -> None:
    untouched(site.world)
    now = site.world.clock.now()
    made = site.world.services.switch.windows.plan(
        SOL, now - timedelta(hours=1), now + timedelta(hours=1), reason="SUNAT", who="cli:ana"
    )
    inside(site, page, f"/admin/mantenimientos/{made.id}")


@state(HISTORY, "console history, in force, with evidence")
def in_force(site: Site, page: Page, other: Other) -> None:
    past(site)
    inside(site, page, "/admin/historia")
    page.click(".change details summary >> nth=1")
    page.wait_for_selector("[data-stretch=sol]")


@state(HISTORY, "console history, said, several pages")
def said(site: Site, page: Page, other: Other) -> None:
    untouched(site.world)
    status = site.world.services.upstream_status
    for number in range(15):
        site.later(86_400)
        status.set(SOL, FlagState.FORCED_DOWN, reason=f"prueba {number}", who="console:ana")
        site.later(7_200 * (1 + number % 3))
        status.set(SOL, FlagState.AUTO, reason="SUNAT volvió", who="console:luis", approved_by="x")
    inside(site, page, "/admin/historia?vista=dicho&ingreso=sol&dias=30")
    page.wait_for_selector("#siguiente")


def drilled(site: Site) -> str:
    """A drill that goes on; its id."""
    untouched(site.world)
    drills, now = site.world.services.drills, site.world.clock.now()
    for one in drills.list():
        if one.on(now):
            drills.end(one.id, "prueba", "terminó la prueba")
    site.later(1)
    made = drills.begin(
        realm=SOL, clients=("mr", "origen"), percent=5, lasts=timedelta(hours=2),
        who="console:ana", reason="prueba mensual",
    )  # fmt: skip
    return made.id


@state("consola/simulacros.html", "console drills, one on and one over")
def drills_list(site: Site, page: Page, other: Other) -> None:
    drilled(site)
    drilled(site)
    inside(site, page, "/admin/simulacros")
    page.wait_for_selector("tr[data-drill]")


@state("consola/simulacro.html", "console drill, on")
def drill_on(site: Site, page: Page, other: Other) -> None:
    inside(site, page, f"/admin/simulacros/{drilled(site)}?hecho=comenzado")
    page.wait_for_selector("#terminar")


@state("consola/simulacro_nuevo.html", "console drill, refused")
def drill_refused(site: Site, page: Page, other: Other) -> None:
    drilled(site)
    inside(site, page, "/admin/simulacros/nuevo")
    page.check("#componente-1")
    page.fill("#porcentaje", "5")
    page.fill("#motivo", "prueba mensual")
    page.click("#guardar")
    page.wait_for_selector("#ingreso-error")


@state("consola/informe.html", "console, report on a contingency")
def incident_report(site: Site, page: Page, other: Other) -> None:
    past(site)
    site.later(3_600)
    inside(site, page, "/admin/historia")
    page.click("td a[href^='/admin/informes/']")
    page.wait_for_selector("#archivos")


@state("informe/informe.html", "report on a contingency, as a file")
def incident_file(site: Site, page: Page, other: Other) -> Page:
    """It is opened where nothing of the site is."""
    incident_report(site, page, other)
    address = page.get_attribute("#archivos a[href$='/html']", "href")
    answer = page.request.get(urljoin(page.url, address or ""))
    assert answer.ok
    read = other()
    read.set_content(answer.text())
    return read
