"""The waiting page in a real browser: it follows what its own browser does, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from sandbox.people import person
from tests.browser.conftest import Demo, link_of
from tests.browser.walk import ask_for_link, choose, claims, open_link, start_login

pytestmark = pytest.mark.browser

WHO = person("EXPORTA1")


def waiting(page: Page, demo: Demo) -> int:
    """Ask for a link, by a clock that the test moves; how many mails there were before."""
    assert WHO.email is not None
    demo.flag("down", "sol")
    page.clock.install()
    start_login(page, demo, 8002)
    choose(page, "sol")
    mails = len(demo.mails(WHO.email))
    ask_for_link(page, WHO)
    return mails


def test_waiting_tab_says_that_the_login_went_on_in_another(page: Page, demo: Demo) -> None:
    """The mail is read in a second tab of the same browser."""
    mails = waiting(page, demo)
    other = page.context.new_page()
    open_link(other, demo, WHO, after=mails)
    other.wait_for_url(re.compile(re.escape(demo.url(8002))))
    page.clock.run_for(16_000)
    expect(page.locator("#listo")).to_contain_text("Puede cerrar esta página")


def test_waiting_tab_goes_on_by_itself_when_the_tab_with_the_link_did_not(
    page: Page, demo: Demo
) -> None:
    """The button was pressed in another tab, and its answer never came: the login is proved only."""
    mails = waiting(page, demo)
    link = link_of(demo.wait_for_mail(WHO.email or "", after=mails))
    same_browser = page.context.request
    token = re.search(r'name="csrf_token" value="([^"]+)"', same_browser.get(link).text())
    assert token
    used = same_browser.post(link, form={"csrf_token": token[1]}, max_redirects=0)
    assert used.status == 303
    with page.expect_response("**/estado") as first:
        page.clock.run_for(16_000)
    assert first.value.json()["state"] == "proved"
    # The second look, seconds later, finds it so still.
    page.wait_for_url(re.compile(re.escape(demo.url(8002))))
    expect(page.locator("#salir")).to_be_visible()
    assert "urn:vuce:acr:contingencia" in claims(page, demo, 8002)["acr"]


def test_waiting_page_follows_how_the_mail_goes(page: Page, demo: Demo) -> None:
    waiting(page, demo)
    line = page.locator("#recientes")
    expect(line).to_be_hidden()
    told: dict[str, object] = {"state": "waiting", "minutes_left": 29, "queue_minutes": 5}
    page.route("**/estado", lambda route: route.fulfill(json=told))
    for minutes, words in ((2, "unos 2 minutos"), (1, "un minuto"), (None, "un minuto")):
        told["recent_minutes"] = minutes
        with page.expect_response("**/estado"):
            page.clock.run_for(16_000)
        expect(line).to_have_text(words)
        expect(page.locator("#cola")).to_have_text("demoran unos 5 minutos")
        expect(line).to_be_visible(visible=minutes is not None)


def test_waiting_page_without_javascript_has_a_button(
    new_context: Callable[..., BrowserContext], demo: Demo
) -> None:
    """The captcha needs JavaScript; who blocks it afterwards can still look again."""
    demo.flag("down", "sol")
    asking = new_context().new_page()
    start_login(asking, demo, 8002)
    choose(asking, "sol")
    ask_for_link(asking, WHO)
    kept = asking.context.storage_state()
    page = new_context(storage_state=kept, java_script_enabled=False).new_page()
    page.goto(asking.url)
    page.click("#actualizar")
    expect(page.locator("h1")).to_have_text("Revise su correo")
    assert page.url == asking.url
