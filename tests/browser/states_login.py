"""States of the pages around a login: plain ones, errors, the dispatcher's, SUNAT's, leaving."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

from playwright.sync_api import Page

from idp.kernel.errors import Unavailable
from idp.kernel.identity import SOL, Mode, Proof
from tests.browser.site import Site
from tests.browser.states import Other, state
from tests.support.world import authorization_params


@state("inicio.html", "home")
def home(site: Site, page: Page, other: Other) -> None:
    site.go(page, "/")


@state("privacidad.html", "privacy")
def privacy(site: Site, page: Page, other: Other) -> None:
    site.go(page, "/privacidad")


@state("estado/estado.html", "status")
def status(site: Site, page: Page, other: Other) -> None:
    site.go(page, "/status")


@state("estado/estado.html", "status in contingency")
def status_down(site: Site, page: Page, other: Other) -> None:
    site.flag()
    site.later(600)
    site.go(page, "/status?dias=90")


@state("estado/estado.html", "status, out of date")
def status_stale(site: Site, page: Page, other: Other) -> None:
    def away(*_: object) -> None:
        raise Unavailable("sql")

    site.patch.setattr(site.world.services.status_board, "_reads", away)
    site.later(600)
    site.go(page, "/status")


@state("ayuda/pagina.html", "help")
def help_page(site: Site, page: Page, other: Other) -> None:
    site.go(page, "/ayuda")


@state("error.html", "error 404")
def not_found(site: Site, page: Page, other: Other) -> None:
    site.go(page, "/nada")


@state("error.html", "error 429")
def too_many(site: Site, page: Page, other: Other) -> None:
    for _ in range(300):
        site.world.services.limits.hit("login.park", "127.0.0.0/24")
    site.go(page, f"/authorize?{urlencode(authorization_params())}")


@state("error.html", "error 503")
def away(site: Site, page: Page, other: Other) -> None:
    transaction = site.start(page, realm="")

    def load(*_: object) -> None:
        raise Unavailable("redis")

    site.patch.setattr(site.world.services.logins.transactions, "load", load)
    site.go(page, f"/login/{transaction}")


@state("error.html", "error of a login that ended")
def expired(site: Site, page: Page, other: Other) -> None:
    transaction = site.start(page, realm="")
    site.later(3_601)
    site.go(page, f"/login/{transaction}")


@state("error.html", "error of another browser's login")
def wrong_browser(site: Site, page: Page, other: Other) -> Page:
    transaction, elsewhere = site.start(page, realm=""), other()
    site.go(elsewhere, f"/login/{transaction}")
    return elsewhere


@state("error.html", "error of a person who is gone")
def nobody(site: Site, page: Page, other: Other) -> None:
    site.go(page, "/cuenta")
    site.log_in(page, replace(site.person(), id="per_nadie"))
    site.go(page, "/cuenta")


@state("login/elegir.html", "chooser")
def chooser(site: Site, page: Page, other: Other) -> None:
    site.start(page, realm="")


@state("login/elegir.html", "chooser with a session")
def chooser_with_session(site: Site, page: Page, other: Other) -> None:
    site.log_in(page, site.person())
    site.start(page, realm="", prompt="select_account")


@state("login/elegir.html", "chooser with another's session")
def chooser_of_another(site: Site, page: Page, other: Other) -> None:
    transactions = site.world.services.logins.transactions
    transaction = site.start(page, realm="")
    asked = transactions.load(transaction, site.browser_hash(page))
    assert transactions._store.replace(replace(asked, subject="quien-no-es"))
    site.log_in(page, site.person())
    site.go(page, f"/login/{transaction}")


@state("login/otra_persona.html", "another person")
def other_person(site: Site, page: Page, other: Other) -> None:
    transaction = site.start(page, realm="")
    site.log_in(page, site.person())
    new = site.person("IMPORTA1")
    proof = Proof(SOL, new.id, Mode.SUNAT, site.world.clock.now())
    transactions = site.world.services.logins.transactions
    transactions.record_proof(transaction, site.browser_hash(page), proof)
    site.go(page, f"/login/{transaction}")


@state("login/sin_contingencia.html", "no contingency for this component")
def refused(site: Site, page: Page, other: Other) -> None:
    site.flag()
    site.start(page, client="estricto")


def at_sunat(site: Site, page: Page, client: str = "mr") -> str:
    """As if this browser were at SUNAT's page; the state that it went with."""
    transaction = site.start(page, realm="", client=client)
    to = site.world.services.federation.start(SOL, transaction, site.browser_hash(page))
    site.go(page, f"/login/{transaction}")
    return to.partition("state=")[2].partition("&")[0]


@state("login/a_sunat.html", "on the way to SUNAT")
def on_the_way(site: Site, page: Page, other: Other) -> None:
    # Without its script the page stays, as it does without JavaScript.
    page.route("**/a-sunat*", lambda route: route.abort())
    site.start(page, client="origen")


@state("login/sin_respuesta.html", "SUNAT did not answer")
def sunat_did_not_answer(site: Site, page: Page, other: Other) -> None:
    at_sunat(site, page)
    page.wait_for_selector("#reintentar")


@state("login/sin_respuesta.html", "SUNAT did not answer, and is down")
def sunat_is_down(site: Site, page: Page, other: Other) -> None:
    at_sunat(site, page)
    site.flag()
    page.reload()
    page.wait_for_selector("#continuar-por-correo")


@state("login/sin_respuesta.html", "an earlier login hangs at SUNAT")
def earlier_hangs(site: Site, page: Page, other: Other) -> None:
    at_sunat(site, page)
    site.start(page)
    page.wait_for_selector("text=Hace unos minutos")


@state("login/sin_respuesta.html", "SUNAT failed")
def sunat_failed(site: Site, page: Page, other: Other) -> None:
    # Nobody answers where its token would be asked for.
    site.go(page, f"/upstream/sol/callback?code=x&state={at_sunat(site, page)}")
    page.wait_for_selector("#reintentar")
    assert page.locator("#error-code").inner_text() == "upstream_failed"


@state("login/sin_respuesta.html", "SUNAT refused the person")
def sunat_denied(site: Site, page: Page, other: Other) -> None:
    site.go(page, f"/upstream/sol/callback?error=access_denied&state={at_sunat(site, page)}")
    page.wait_for_selector("#reintentar")


@state("login/sin_solicitud.html", "SUNAT's answer to nothing")
def sunat_without_state(site: Site, page: Page, other: Other) -> None:
    site.go(page, "/upstream/sol/callback?code=x&state=y")


@state("login/sin_solicitud.html", "SUNAT's answer to a login that is over")
def sunat_too_late(site: Site, page: Page, other: Other) -> None:
    sent = at_sunat(site, page)
    site.later(3_601)
    site.go(page, f"/upstream/sol/callback?code=x&state={sent}")
    page.wait_for_selector("#reiniciar")


@state("oidc/form_post.html", "answer by a form")
def form_post(site: Site, page: Page, other: Other) -> None:
    # Without its script the page stays, as it does without JavaScript.
    page.route("**/form-post*", lambda route: route.abort())
    site.log_in(page, site.person())
    asked = authorization_params(response_mode="form_post")
    site.go(page, f"/authorize?{urlencode(asked)}")


@state("salida/confirmar.html", "logout asks")
def logout_asks(site: Site, page: Page, other: Other) -> None:
    site.log_in(page, site.person())
    site.go(page, "/logout")


@state("salida/cerrada.html", "logged out")
def logged_out(site: Site, page: Page, other: Other) -> None:
    site.log_in(page, site.person())
    site.go(page, "/logout")
    page.click("#cerrar-sesion")
    page.wait_for_selector("text=Su sesión está cerrada")
