"""SUNAT's page breaks while somebody is on the way to it: *Back*, a new login, a flip meanwhile.

SUNAT is played by the test where what matters is what the browser does, and by the sandbox's mock
where a whole login is told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from sandbox.people import person
from tests.browser.conftest import Demo
from tests.browser.site import Site, running_site
from tests.browser.walk import (
    ask_for_link,
    choose,
    claims,
    log_in_at_sunat,
    open_link,
    start_login,
)

pytestmark = pytest.mark.browser

SUNAT = "http://localhost:9100/**"
BROKEN = "<!doctype html><title>Error</title><h1>HTTP Status 500</h1>"
QUESTION = "¿SUNAT no responde?"
WHO = person("EXPORTA1")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, module_valkey: str) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site"), module_valkey) as found:
        yield found


@pytest.fixture
def site(running: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    running.patch = monkeypatch
    running.fresh()
    return running


def broken(route: Route) -> None:
    route.fulfill(status=500, content_type="text/html", body=BROKEN)


def at_broken_sunat(site: Site, page: Page, client: str = "mr") -> str:
    """A login that ended at SUNAT's error page; its id."""
    page.route(SUNAT, broken)
    transaction = site.start(page, client=client)
    expect(page.locator("h1")).to_have_text("HTTP Status 500")
    return transaction


@pytest.mark.parametrize("client", ["mr", "origen"])
def test_back_from_sunats_broken_page_finds_the_question_and_a_way_there(
    client: str, site: Site, page: Page
) -> None:
    """`mr` has a page where one chooses who one is; `origen` goes to SUNAT at once."""
    transaction = at_broken_sunat(site, page, client)
    page.go_back()
    expect(page.locator("h1")).to_have_text(QUESTION)
    assert page.url == f"{site.base}/login/{transaction}"
    page.reload()
    expect(page.locator("h1")).to_have_text(QUESTION)
    page.click("#reintentar")
    expect(page.locator("h1")).to_have_text("HTTP Status 500")
    page.go_back()
    expect(page.locator("h1")).to_have_text(QUESTION)


def test_question_offers_mail_when_the_flag_goes_down_while_it_is_open(
    site: Site, page: Page
) -> None:
    page.clock.install()
    transaction = at_broken_sunat(site, page)
    page.go_back()
    expect(page.locator("#reintentar")).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(14_000)
    assert asked == [], "nobody is asked all the time"
    site.flag()
    page.clock.run_for(2_000)
    page.click("#continuar-por-correo")
    expect(page.locator("h1")).to_have_text("Ingreso por contingencia")
    assert page.url == f"{site.base}/contingencia/{transaction}"


def test_question_says_so_when_the_login_ended_in_another_tab(site: Site, page: Page) -> None:
    page.clock.install()
    at_broken_sunat(site, page)
    page.go_back()
    expect(page.locator("#reintentar")).to_be_visible()
    transactions = site.world.services.logins.transactions
    for one in transactions.of_browser(site.browser_hash(page)):
        transactions.end(one)
    page.clock.run_for(16_000)
    expect(page.locator("#terminado")).to_be_visible()
    expect(page.locator("#reintentar")).to_be_hidden()


def test_new_login_from_the_component_asks_before_it_goes_there_again(
    site: Site, page: Page
) -> None:
    first = at_broken_sunat(site, page, "origen")
    second = site.start(page, client="origen")
    expect(page.locator("h1")).to_have_text(QUESTION)
    assert second != first
    page.click("#reintentar")
    expect(page.locator("h1")).to_have_text("HTTP Status 500")


def test_page_before_sunat_says_that_sunat_keeps_everybody_waiting(site: Site, page: Page) -> None:
    """While a navigation gets no answer, the page before it is what people see."""
    page.clock.install()
    held: list[Route] = []
    page.route(SUNAT, held.append)
    site.start(page, client="origen")
    page.clock.run_for(100)
    expect(page.locator("#demora")).to_be_hidden()
    page.clock.run_for(8_000)
    expect(page.locator("#demora")).to_be_visible()
    assert held, "SUNAT was asked"
    page.click("#demora a")
    expect(page.locator("h1")).to_have_text(QUESTION)


def test_without_javascript_a_button_leads_on_and_another_looks_again(
    site: Site, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.route(SUNAT, broken)
    site.start(page, client="origen")
    expect(page.locator("h1")).to_have_text("Lo llevamos a SUNAT")
    page.click("#continuar")
    expect(page.locator("h1")).to_have_text("HTTP Status 500")
    page.go_back()
    site.flag()
    page.reload()
    expect(page.locator("#continuar-por-correo")).to_be_visible()
    site.flag(down=False)
    page.reload()
    site.flag()
    page.click("#actualizar")
    expect(page.locator("#continuar-por-correo")).to_be_visible()


def test_person_at_a_broken_sunat_goes_back_and_enters_by_mail_as_the_same_request(
    page: Page, demo: Demo
) -> None:
    assert WHO.email is not None
    demo.api(8100, "/control.json", "PUT", {"realm": "sol", "fault": "error500", "where": "login"})
    start_login(page, demo, 8002)
    choose(page, "sol")
    page.wait_for_url(re.compile(re.escape(demo.url(8100))))
    page.go_back()
    expect(page.locator("h1")).to_have_text(QUESTION)
    demo.flag("down", "sol")
    page.reload()
    mails = len(demo.mails(WHO.email))
    page.click("#continuar-por-correo")
    ask_for_link(page, WHO)
    open_link(page, demo, WHO, after=mails)
    page.wait_for_url(re.compile(re.escape(demo.url(8002))))
    assert "urn:vuce:acr:contingencia" in claims(page, demo, 8002)["acr"]


def test_person_who_is_at_sunat_when_the_flag_goes_down_finishes_there(
    page: Page, demo: Demo
) -> None:
    """The form was opened in another tab meanwhile, and a link asked for: it serves no more."""
    assert WHO.email is not None
    start_login(page, demo, 8002)
    choose(page, "sol")
    expect(page.locator("#clave")).to_be_visible()
    demo.flag("down", "sol")
    other = page.context.new_page()
    other.goto(demo.url(8002, "/"))
    other.click("#ingresar")
    choose(other, "sol")
    mails = len(demo.mails(WHO.email))
    ask_for_link(other, WHO)
    log_in_at_sunat(page, WHO)
    page.wait_for_url(re.compile(re.escape(demo.url(8002))))
    assert "urn:vuce:acr:sunat" in claims(page, demo, 8002)["acr"]
    demo.wait_for_mail(WHO.email, after=mails)
