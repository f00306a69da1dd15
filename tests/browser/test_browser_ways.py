"""What a person does next: reload after a form, an ended link, a busy hour, a list of components."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import redis
from playwright.sync_api import BrowserContext, Page, Request, expect

from idp.mail.news import CROWD
from sandbox.people import person
from tests.browser.conftest import Demo, link_of
from tests.browser.walk import ask_for_link, choose, open_link, start_login

pytestmark = pytest.mark.browser

WHO = person("EXPORTA1")
MEANWHILE = 16_000


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


def valkey(demo: Demo) -> redis.Redis:
    return redis.Redis(unix_socket_path=str(demo.places.state / "valkey.sock"))


def end_links(demo: Demo) -> None:
    """Let every link have ended, and be old enough that another may be asked for."""
    with valkey(demo) as server:
        for key in server.scan_iter("idp:links:*", count=1_000):
            if server.type(key) != b"hash":
                continue
            # The worker writes the end once the relay has the mail, which we may have read by then.
            until = time.monotonic() + 10
            while not server.hexists(key, "sent_at") and time.monotonic() < until:
                time.sleep(0.05)
            server.hset(key, "expires_at", 1)
            server.hincrbyfloat(key, "created_at", -61)


@contextmanager
def busy(demo: Demo) -> Iterator[None]:
    """As if a crowd had waited for its mail for half an hour, however many make one just now."""
    keys = ("idp:mail:open", "idp:mail:untried")
    crowd = [f"test-{number}" for number in range(4 * CROWD + 1)]
    with valkey(demo) as server:
        for key in keys:
            server.zadd(key, dict.fromkeys(crowd, time.time() - 1_500))
        time.sleep(2.1)  # The two seconds for which a process keeps the figures.
        yield
        for key in keys:
            server.zrem(key, *crowd)
        time.sleep(2.1)


def posts(page: Page) -> list[str]:
    """The forms that this page sends from now on, by the end of their addresses."""
    sent: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST":
            sent.append(request.url.rpartition("/")[2])

    page.on("request", note)
    return sent


def test_impatient_page_asks_for_no_mail_by_itself_when_its_link_ends(
    page: Page, demo: Demo
) -> None:
    mails = waiting(page, demo)
    demo.wait_for_mail(WHO.email or "", after=mails)
    sent, address = posts(page), page.url
    page.click("#reenviar")
    expect(page.locator("#reenviar-error")).to_be_visible()
    told = {"state": "waiting", "minutes_left": 0, "queue_minutes": 0, "recent_minutes": None}
    page.route("**/estado", lambda route: route.fulfill(json=told))
    with page.expect_navigation():
        page.clock.run_for(MEANWHILE)
    assert (page.url, sent) == (address, ["reenviar"])
    expect(page.locator("#reenviar-error")).to_have_count(0)
    assert len(demo.mails(WHO.email or "")) == mails + 1


@pytest.mark.parametrize("button", ["#continuar-aqui", "#reenviar"])
def test_page_after_a_refused_form_notices_the_login_in_another_tab(
    page: Page, demo: Demo, button: str
) -> None:
    mails = waiting(page, demo)
    sent = posts(page)
    page.fill("#codigo", "1234 5678")
    page.click(button)
    expect(page.locator("[role=alert]")).to_be_visible()
    other = page.context.new_page()
    open_link(other, demo, WHO, after=mails)
    other.wait_for_url(re.compile(re.escape(demo.url(8002))))
    page.bring_to_front()
    page.clock.run_for(MEANWHILE)
    expect(page.locator("#listo")).to_contain_text("Puede cerrar esta página")
    assert len(sent) == 1


@pytest.mark.parametrize("button", ["#continuar-aqui", "#reenviar"])
def test_reload_after_a_refused_form_sends_it_no_second_time(
    page: Page, demo: Demo, button: str
) -> None:
    waiting(page, demo)
    sent, address = posts(page), page.url
    page.fill("#codigo", "1234 5678")
    page.click(button)
    expect(page.locator("[role=alert]")).to_be_visible()
    page.reload()
    expect(page.locator("[role=alert]")).to_have_count(0)
    assert (page.url, len(sent)) == (address, 1)


def test_ended_link_where_it_was_asked_leads_to_another_with_nothing_retyped(
    page: Page, demo: Demo
) -> None:
    mails = waiting(page, demo)
    link = link_of(demo.wait_for_mail(WHO.email or "", after=mails))
    end_links(demo)
    page.goto(link)
    expect(page.locator("#error-code")).to_have_text("link_expired")
    page.click("#reenviar")
    expect(page.locator("h1")).to_have_text("Revise su correo")
    open_link(page, demo, WHO, after=mails + 1)
    page.wait_for_url(re.compile(re.escape(demo.url(8002))))


def test_ended_link_elsewhere_leads_to_the_component_and_takes_a_report(
    page: Page, new_context: Callable[..., BrowserContext], demo: Demo
) -> None:
    mails = waiting(page, demo)
    link = link_of(demo.wait_for_mail(WHO.email or "", after=mails))
    end_links(demo)
    phone = new_context().new_page()
    phone.goto(link)
    expect(phone.locator("#reenviar")).to_have_count(0)
    phone.click("#no-fui-yo")
    expect(phone.locator("#avisado")).to_be_visible()
    phone.goto(link)
    phone.click("#reiniciar")
    expect(phone.locator("#elegir-sol")).to_be_visible()


def test_form_in_a_busy_hour_keeps_what_was_typed_and_works_later(page: Page, demo: Demo) -> None:
    demo.flag("down", "sol")
    start_login(page, demo, 8002)
    choose(page, "sol")
    mails = len(demo.mails(WHO.email or ""))
    with busy(demo):
        page.fill("#ruc", WHO.ruc)
        page.fill("#usuario", WHO.usuario)
        page.locator("altcha-widget input[type=checkbox]").click()
        page.wait_for_selector("[data-state=verified]")
        page.click("#enviar")
        expect(page.locator(".errors")).to_contain_text("demasiado tarde")
        expect(page.locator("#ruc")).to_have_value(WHO.ruc)
        expect(page.locator("#usuario")).to_have_value(WHO.usuario)
    ask_for_link(page, WHO)
    demo.wait_for_mail(WHO.email or "", after=mails)


def test_list_of_components_leads_into_each_without_another_login(page: Page, demo: Demo) -> None:
    mails = waiting(page, demo)
    open_link(page, demo, WHO, after=mails)
    page.wait_for_url(re.compile(re.escape(demo.url(8002))))
    page.goto(demo.url(8000, "/contingencia/ended/listo"))
    expect(page.locator("#componentes .card")).to_have_count(3)
    page.click("#componentes a:has-text('Mercancías Restringidas')")
    page.wait_for_url(re.compile(re.escape(demo.url(8001))))
    expect(page.locator("#salir")).to_be_visible()


def test_entering_here_too_often_is_told_to_open_the_link_where_it_was_asked(
    page: Page, new_context: Callable[..., BrowserContext], demo: Demo
) -> None:
    mails = waiting(page, demo)
    link = link_of(demo.wait_for_mail(WHO.email or "", after=mails))
    right = page.locator("#codigo-aqui").inner_text()
    phone = new_context().new_page()
    phone.goto(link)
    for _ in range(5):
        phone.fill("#codigo", "000000" if right != "000 000" else "111111")
        phone.click("#ingresar-aqui")
    expect(phone.locator("#codigo-cerrado")).to_contain_text(
        "Ábralo en el navegador donde lo pidió"
    )
    page.goto(link)
    page.click("#ingresar")
    page.wait_for_url(re.compile(re.escape(demo.url(8002))))
