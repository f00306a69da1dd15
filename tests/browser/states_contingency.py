"""States of the form, of *Revise su correo*, and of the link's pages."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from playwright.sync_api import Page, Route

from idp.captcha.vendors import REMOTE
from idp.contingency.verdicts import Verdict
from idp.kernel.errors import IdpError
from idp.kernel.identity import EXTRANET, Mode
from idp.links.ports import TRIES_EACH, Way
from idp.upstream_status.drill_choice import Drill
from tests.browser.site import RUC, Site
from tests.browser.states import Other, state

FORM, WAITING = "contingencia/formulario.html", "contingencia/revise.html"
ELSEWHERE = "ingreso/otro_navegador.html"


@state(FORM, "form")
def form(site: Site, page: Page, other: Other) -> None:
    site.flag()
    site.start(page)


@state(FORM, "form of the Extranet")
def form_of_extranet(site: Site, page: Page, other: Other) -> None:
    site.flag(EXTRANET)
    site.start(page, EXTRANET)


@state(FORM, "form with errors")
def form_with_errors(site: Site, page: Page, other: Other) -> None:
    form(site, page, other)
    page.click("#enviar")
    page.wait_for_selector(".errors")


def refused_form(code: str, status: int, site: Site, page: Page, other: Other) -> None:
    """The form after a request that was in order and still got no link."""

    def admit(*_: object) -> None:
        raise IdpError(code, status, retry_after=130)

    form(site, page, other)
    site.patch.setattr(site.world.services.mail_load, "admit", admit)
    page.fill("#ruc", RUC)
    page.fill("#usuario", "EXPORTA1")
    page.click("#enviar")
    page.wait_for_selector("text=No pudimos enviar el correo")


state(FORM, "form, too often")(partial(refused_form, "rate_limited", 429))
state(FORM, "form, too many wait")(partial(refused_form, "mail_busy", 503))


@state(FORM, "form with ALTCHA")
def form_with_altcha(site: Site, page: Page, other: Other) -> None:
    site.captcha("altcha")
    form(site, page, other)
    page.wait_for_selector("altcha-widget input[type=checkbox]")


def vendors_form(kind: str, answers: bool, site: Site, page: Page, other: Other) -> None:
    """A vendor's widget as it stands there (a frame), or kept away by the network."""
    row = REMOTE[kind]
    script = f"""
      const frame = document.createElement("iframe");
      frame.title = "No soy un robot";
      document.querySelector(".{row.css_class}").append(frame);
    """

    def answer(route: Route) -> None:
        if route.request.url.startswith(site.base):
            route.continue_()
        elif answers and route.request.resource_type == "script":
            route.fulfill(body=script, content_type="text/javascript")
        else:
            route.abort()

    page.route("**/*", answer)
    site.captcha(kind)
    form(site, page, other)
    page.click("#enviar")
    page.wait_for_selector(".errors")


for _kind in REMOTE:
    state(FORM, f"form with {_kind}")(partial(vendors_form, _kind, True))
    state(FORM, f"form with {_kind} blocked")(partial(vendors_form, _kind, False))


def drill(site: Site, page: Page, **changes: Any) -> Drill:
    """A drill of everybody's, and a browser that is known long enough."""
    site.known(page, "EXPORTA1")
    wanted: dict[str, Any] = {"percent": 100, **changes}
    return site.world.services.drills.begin(
        realm="sol", lasts=timedelta(hours=2), who="prueba", reason="prueba", **wanted
    )


@state(FORM, "form of a drill")
def form_of_drill(site: Site, page: Page, other: Other) -> None:
    drill(site, page)
    site.start(page)
    page.wait_for_selector("#clave-sol")


def ask_in_drill(site: Site, page: Page) -> str:
    form_of_drill(site, page, lambda: page)
    return site.typed(page)


@state(WAITING, "waiting in a drill")
def waiting_in_drill(site: Site, page: Page, other: Other) -> None:
    ask_in_drill(site, page)
    page.wait_for_selector("#clave-sol")


@state("ingreso/confirmar.html", "link of a drill")
def link_of_drill(site: Site, page: Page, other: Other) -> None:
    login = ask_in_drill(site, page)
    site.go(page, site.meant(login))
    page.wait_for_selector("#clave-sol")


@state(ELSEWHERE, "link of a drill elsewhere")
def link_of_drill_elsewhere(site: Site, page: Page, other: Other) -> Page:
    login, elsewhere = ask_in_drill(site, page), other()
    site.go(elsewhere, site.meant(login))
    elsewhere.wait_for_selector("#simulacro")
    return elsewhere


@state("contingencia/recuperado.html", "drill is over")
def drill_over(site: Site, page: Page, other: Other) -> None:
    form_of_drill(site, page, other)
    site.world.end_drills()
    page.reload()
    page.wait_for_selector("text=El simulacro terminó")


@state("contingencia/simulacro.html", "invitation to a drill")
def invitation(site: Site, page: Page, other: Other) -> None:
    tester = site.person("PRUEBA01").id
    begun = drill(site, page, percent=0, testers=[tester])
    site.go(page, f"/simulacro/{site.world.services.drills.token(begun, tester)}")


@state("contingencia/simulacro.html", "taking part in a drill")
def taking_part(site: Site, page: Page, other: Other) -> None:
    invitation(site, page, other)
    page.click("#participar")
    page.wait_for_selector("#participa")


@state("contingencia/recuperado.html", "SUNAT is back")
def recovered(site: Site, page: Page, other: Other) -> None:
    form(site, page, other)
    site.flag(down=False)
    page.reload()


@state(WAITING, "waiting")
def waiting(site: Site, page: Page, other: Other) -> None:
    site.ask(page)


@state(WAITING, "waiting, asked again too soon")
def waiting_too_soon(site: Site, page: Page, other: Other) -> None:
    site.ask(page)
    page.click("#reenviar")
    page.wait_for_selector("#reenviar-error")


def wrong_codes(page: Page, field: str, button: str, digits: int) -> None:
    """Type wrong codes until no more are taken."""
    for number in range(TRIES_EACH + 1):
        if not page.locator(field).count():
            return
        page.fill(field, str(number).zfill(digits))
        page.click(button)


@state(WAITING, "waiting, and SUNAT is back")
def waiting_recovered(site: Site, page: Page, other: Other) -> None:
    waiting(site, page, other)
    site.flag(down=False)
    page.reload()
    page.wait_for_selector("#ingresar-con-sunat")


@state("contingencia/recuperado.html", "waiting, and SUNAT is back and ended the link")
def waiting_ended_by_the_recovery(site: Site, page: Page, other: Other) -> None:
    waiting(site, page, other)
    site.flag(down=False)
    site.patch.setattr(site.world.services.waiting_room._judge, "_ends", True)
    page.reload()
    page.wait_for_selector("#enlace-terminado")


@state(WAITING, "waiting, a wrong code")
def waiting_wrong_code(site: Site, page: Page, other: Other) -> None:
    site.ask(page)
    page.click("#continuar-aqui")
    page.wait_for_selector("#codigo-error")


@state(WAITING, "waiting, codes closed")
def waiting_closed(site: Site, page: Page, other: Other) -> None:
    site.ask(page)
    wrong_codes(page, "#codigo", "#continuar-aqui", 8)
    page.wait_for_selector("#codigo-cerrado")


@state(WAITING, "waiting, ended")
def waiting_ended(site: Site, page: Page, other: Other) -> None:
    site.ask(page)
    site.later(1_801)
    page.reload()
    page.wait_for_selector("#fin")
    assert page.locator("h1").inner_text() == "El enlace venció"


@state("contingencia/listo.html", "logged in in another tab")
def entered(site: Site, page: Page, other: Other) -> None:
    transaction = site.ask(page)
    transactions = site.world.services.logins.transactions
    transactions.end(transactions.load(transaction, site.browser_hash(page)))
    site.log_in(page, site.person(), Mode.CONTINGENCIA)
    page.reload()


@state("ingreso/confirmar.html", "link where it was asked")
def link_here(site: Site, page: Page, other: Other) -> None:
    site.go(page, site.mailed(page))


@state(ELSEWHERE, "link elsewhere")
def link_elsewhere(site: Site, page: Page, other: Other) -> Page:
    elsewhere = other()
    site.go(elsewhere, site.mailed(page))
    return elsewhere


@state(ELSEWHERE, "link elsewhere, a wrong code")
def link_elsewhere_wrong(site: Site, page: Page, other: Other) -> Page:
    elsewhere = link_elsewhere(site, page, other)
    elsewhere.click("#ingresar-aqui")
    elsewhere.wait_for_selector("#codigo-error")
    return elsewhere


@state(ELSEWHERE, "link elsewhere, codes closed")
def link_elsewhere_closed(site: Site, page: Page, other: Other) -> Page:
    elsewhere = link_elsewhere(site, page, other)
    wrong_codes(elsewhere, "#codigo", "#ingresar-aqui", 6)
    elsewhere.wait_for_selector("#codigo-cerrado")
    assert elsewhere.locator("h1").inner_text() == "Abra este enlace donde lo pidió"
    return elsewhere


@state(ELSEWHERE, "link elsewhere, known")
def link_elsewhere_known(site: Site, page: Page, other: Other) -> Page:
    elsewhere = other()
    site.go(elsewhere, site.mailed(page, known=True))
    elsewhere.click("#aqui summary")
    elsewhere.wait_for_selector("#codigo-alla")
    return elsewhere


@state("contingencia/navegador_conocido.html", "form of a component for known browsers only")
def form_in_an_unknown_browser(site: Site, page: Page, other: Other) -> None:
    site.flag()
    site.start(page, client="conocido")
    page.wait_for_selector("#reintentar")


@state(ELSEWHERE, "link elsewhere, of a component for known browsers only")
def link_elsewhere_known_only(site: Site, page: Page, other: Other) -> Page:
    elsewhere = other()
    site.known(page, "EXPORTA1")
    site.go(elsewhere, site.mailed(page, client="conocido", known=True))
    elsewhere.wait_for_selector("#codigo-alla")
    assert not elsewhere.locator("#aqui").count()
    return elsewhere


@state("ingreso/no_admitido.html", "link in somebody else's known browser")
def link_in_the_browser_of_another(site: Site, page: Page, other: Other) -> None:
    site.known(page, "OTRA0001")
    site.go(page, site.mailed(page, client="conocido"))
    page.wait_for_selector("text=Ingrese desde un navegador reconocido")


def link_not_taken(error: str, heading: str, site: Site, page: Page, other: Other) -> None:
    """The component was changed between the mail and the click."""
    link = site.mailed(page, client="origen")
    judge = site.world.services.entry._judge
    site.patch.setattr(judge, "verdict", lambda *_, **__: Verdict(error))
    site.go(page, link)
    page.wait_for_selector(f"text={heading}")


for _error, _heading in (
    ("client_disabled", "Componente deshabilitado"),
    ("invalid_client", "El componente ya no está disponible"),
    ("unmet_authentication_requirements", "Este componente requiere ingresar con SUNAT"),
):
    state("ingreso/no_admitido.html", f"link, {_error}")(partial(link_not_taken, _error, _heading))


@state(ELSEWHERE, "link elsewhere, SUNAT is back")
def link_elsewhere_recovered(site: Site, page: Page, other: Other) -> Page:
    link, elsewhere = site.mailed(page, client="origen"), other()
    site.flag(down=False)
    site.go(elsewhere, link)
    elsewhere.wait_for_selector("text=Ingrese como lo hace usualmente")
    return elsewhere


@state("ingreso/avisado.html", "it was not me")
def reported(site: Site, page: Page, other: Other) -> Page:
    elsewhere = link_elsewhere(site, page, other)
    elsewhere.click("#no-fui-yo")
    elsewhere.wait_for_selector("#avisado")
    return elsewhere


@state("ingreso/vencido.html", "link expired")
def link_expired(site: Site, page: Page, other: Other) -> None:
    link = site.mailed(page)
    site.later(601)
    site.go(page, link)
    page.wait_for_selector("#reenviar")


@state("ingreso/vencido.html", "link expired elsewhere")
def link_expired_elsewhere(site: Site, page: Page, other: Other) -> Page:
    link, elsewhere = site.mailed(page, client="origen"), other()
    site.later(601)
    site.go(elsewhere, link)
    elsewhere.wait_for_selector("#reiniciar")
    return elsewhere


@state("ingreso/reemplazado.html", "link superseded")
def link_superseded(site: Site, page: Page, other: Other) -> None:
    link = site.mailed(page)
    site.later(61)
    site.go(page, page.url.removeprefix(site.base))
    page.click("#reenviar")
    site.go(page, link)


@state("ingreso/retirado.html", "link that nobody needs any more")
def link_withdrawn(site: Site, page: Page, other: Other) -> None:
    link = site.mailed(page, client="origen")
    links = site.world.services.links
    found = links.by_token(link.rpartition("/")[2])
    assert found is not None
    assert links.withdraw(found.id)
    site.go(page, link)
    page.wait_for_selector("text=continuó con SUNAT")


@state("ingreso/usado.html", "link used")
def link_used(site: Site, page: Page, other: Other) -> None:
    link = site.mailed(page)
    site.world.services.links.consume(link.rpartition("/")[2], site.browser_hash(page), Way.BUTTON)
    site.go(page, link)


@state("ingreso/desconocido.html", "link unknown")
def link_unknown(site: Site, page: Page, other: Other) -> None:
    site.go(page, "/ingreso/" + "x" * 43)


@state("ingreso/listo.html", "logged in, where to")
def arrived(site: Site, page: Page, other: Other) -> None:
    site.log_in(page, site.person(), Mode.CONTINGENCIA)
    site.go(page, "/contingencia/nada/listo")
