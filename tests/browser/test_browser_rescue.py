"""SUNAT's page breaks while somebody is on the way to it: *Back*, a new login, a flip meanwhile."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from sandbox.people import person
from sandbox.sunat.app import create_app
from sandbox.sunat.board import Board
from sandbox.sunat.faults import setting_of
from sandbox.sunat.server import build_server
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
from tests.support.world import settings_for

pytestmark = pytest.mark.browser

QUESTION = "¿SUNAT no responde?"
WHO = person("EXPORTA1")


@dataclass(frozen=True)
class Sunat:
    """The sandbox's mock, in this process; nobody logs in at it here."""

    url: str
    board: Board

    def does(self, fault: str, seconds: float | None = None) -> None:
        self.board.set("sol", setting_of(fault, seconds, "login"))


@pytest.fixture(scope="module")
def mock() -> Iterator[Sunat]:
    app = create_app(original_urls=["http://localhost/"])
    server = build_server(app)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield Sunat(f"http://localhost:{server.port}", app.extensions["sunat"])
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def running(
    tmp_path_factory: pytest.TempPathFactory, module_valkey: str, mock: Sunat
) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    usual = settings_for(folder, "").upstreams
    upstreams = tuple(replace(one, base_url=mock.url) for one in usual)
    with running_site(folder, module_valkey, upstreams=upstreams) as found:
        yield found


@pytest.fixture
def site(running: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    running.patch = monkeypatch
    running.fresh()
    return running


@pytest.fixture
def sunat(mock: Sunat) -> Iterator[Sunat]:
    mock.does("error500")
    yield mock
    mock.does("up")


def at_error_page(page: Page, sunat: Sunat) -> None:
    page.wait_for_url(f"{sunat.url}/**")


def at_broken_sunat(site: Site, page: Page, sunat: Sunat, client: str = "mr") -> str:
    """A login that ended at SUNAT's error page; its id."""
    transaction = site.start(page, client=client)
    at_error_page(page, sunat)
    return transaction


@pytest.mark.parametrize("client", ["mr", "origen"])
def test_back_from_sunats_broken_page_finds_the_question_and_a_way_there(
    client: str, site: Site, page: Page, sunat: Sunat
) -> None:
    """`mr` has a page where one chooses who one is; `origen` goes to SUNAT at once."""
    transaction = at_broken_sunat(site, page, sunat, client)
    page.go_back()
    expect(page.locator("h1")).to_have_text(QUESTION)
    assert page.url == f"{site.base}/login/{transaction}"
    page.reload()
    expect(page.locator("h1")).to_have_text(QUESTION)
    page.click("#reintentar")
    at_error_page(page, sunat)
    page.go_back()
    expect(page.locator("h1")).to_have_text(QUESTION)


def test_question_offers_mail_when_the_flag_goes_down_while_it_is_open(
    site: Site, page: Page, sunat: Sunat
) -> None:
    page.clock.install()
    transaction = at_broken_sunat(site, page, sunat)
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


def test_question_says_so_when_the_login_ended_in_another_tab(
    site: Site, page: Page, sunat: Sunat
) -> None:
    page.clock.install()
    at_broken_sunat(site, page, sunat)
    page.go_back()
    expect(page.locator("#reintentar")).to_be_visible()
    transactions = site.world.services.logins.transactions
    for one in transactions.of_browser(site.browser_hash(page)):
        transactions.end(one)
    page.clock.run_for(16_000)
    expect(page.locator("#terminado")).to_be_visible()
    expect(page.locator("#reintentar")).to_be_hidden()


def test_new_login_from_the_component_asks_before_it_goes_there_again(
    site: Site, page: Page, sunat: Sunat
) -> None:
    first = at_broken_sunat(site, page, sunat, "origen")
    second = site.start(page, client="origen")
    expect(page.locator("h1")).to_have_text(QUESTION)
    assert second != first
    page.click("#reintentar")
    at_error_page(page, sunat)


def test_page_before_sunat_says_that_sunat_keeps_everybody_waiting(site: Site, page: Page) -> None:
    """While a navigation gets no answer, the page before it is what people see. (With an empty one
    it stays as well, and Playwright does not wait for it to end.)
    """
    page.clock.install()
    page.route("**/upstream/sol/start*", lambda route: route.fulfill(status=204))
    transaction = site.start(page, client="origen")
    page.clock.run_for(7_000)
    expect(page.locator("#demora")).to_be_hidden()
    page.clock.run_for(2_000)
    expect(page.locator("#demora")).to_be_visible()
    transactions, here = site.world.services.logins.transactions, site.browser_hash(page)
    transactions.depart(transaction, here, "sol")
    page.click("#demora a")
    expect(page.locator("h1")).to_have_text(QUESTION)


def test_without_javascript_a_button_leads_on_and_another_looks_again(
    site: Site, sunat: Sunat, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context(java_script_enabled=False).new_page()
    site.start(page, client="origen")
    expect(page.locator("h1")).to_have_text("Lo llevamos a SUNAT")
    page.click("#continuar")
    at_error_page(page, sunat)
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


@pytest.mark.parametrize(
    ("fault", "heading"),
    [
        ("back_no_state", "No pudimos confirmar su ingreso"),
        ("back_no_code", QUESTION),
        ("back_denied", "No pudimos confirmar su ingreso"),
    ],
)
def test_person_who_comes_back_with_an_error_finds_the_request_and_tries_again(
    fault: str, heading: str, page: Page, demo: Demo
) -> None:
    demo.api(8100, "/control.json", "PUT", {"realm": "sol", "fault": fault})
    start_login(page, demo, 8002)
    choose(page, "sol")
    log_in_at_sunat(page, WHO)
    expect(page.locator("h1")).to_have_text(heading)
    # What SUNAT sent is gone from the address: a reload looks at the request.
    expect(page).to_have_url(re.compile(r"/login/[\w-]+$"))
    demo.api(8100, "/control.json", "PUT", {"realm": "sol", "fault": "up"})
    page.click("#reintentar")
    page.wait_for_url(re.compile(re.escape(demo.url(8002))))


def test_waiting_page_offers_sunat_beside_the_mail_as_soon_as_it_is_back(
    site: Site, page: Page, sunat: Sunat
) -> None:
    page.clock.install()
    site.ask(page)
    expect(page.locator("#sunat")).to_be_hidden()
    site.flag(down=False)
    page.clock.run_for(16_000)
    expect(page.locator("h1")).to_have_text("Revise su correo")
    page.click("#ingresar-con-sunat")
    at_error_page(page, sunat)


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
