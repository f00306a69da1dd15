"""A broker who works on a PC and reads mail on the phone; and the scanner in front of both."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from sandbox.people import SandboxPerson, person
from tests.browser.conftest import Demo, link_of
from tests.browser.walk import ask_for_link, choose, claims, log_in_at_sunat, start_login
from tests.support.demo import a_day_ago

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
MEANWHILE = 16_000


@dataclass
class Broker:
    """The PC's page waits for the mail; `link` is in the mail that the phone reads."""

    pc: Page
    phone: Page
    link: str
    who: SandboxPerson


def asked(
    new_context: Callable[..., BrowserContext], demo: Demo, *, known: bool, key: str = "IMPORTA1"
) -> Broker:
    who, port = person(key), 8002
    assert who.email is not None
    pc = new_context().new_page()
    pc.clock.install()
    if known:
        start_login(pc, demo, port)
        choose(pc, "sol")
        log_in_at_sunat(pc, who)
        pc.wait_for_url(re.compile(re.escape(demo.url(port))))
        a_day_ago(demo)
        pc.click("#salir")
    demo.flag("down", "sol")
    start_login(pc, demo, port)
    choose(pc, "sol")
    mails = len(demo.mails(who.email))
    ask_for_link(pc, who)
    link = link_of(demo.wait_for_mail(who.email, after=mails))
    return Broker(pc, new_context(**PHONE).new_page(), link, who)


def test_broker_enters_on_the_phone_with_the_code_of_the_pc(
    new_context: Callable[..., BrowserContext], demo: Demo
) -> None:
    broker = asked(new_context, demo, known=False)
    phone, pc = broker.phone, broker.pc
    phone.goto(broker.link)
    expect(phone.locator("h1")).to_have_text("Ingrese en este equipo")
    expect(phone.locator("#desde")).to_contain_text("Chrome en Linux")
    assert broker.who.name not in phone.content()
    phone.fill("#codigo", pc.locator("#codigo-aqui").inner_text())
    phone.click("#ingresar-aqui")
    phone.wait_for_url(re.compile(re.escape(demo.url(8002))))
    expect(phone.locator("#salir")).to_be_visible()
    assert "urn:vuce:acr:contingencia" in claims(phone, demo, 8002)["acr"]
    pc.clock.run_for(MEANWHILE)
    expect(pc.locator("h1")).to_have_text("Revise su correo")


def test_broker_goes_on_at_a_known_pc_with_the_code_of_the_phone(
    new_context: Callable[..., BrowserContext], demo: Demo
) -> None:
    broker = asked(new_context, demo, known=True)
    phone, pc = broker.phone, broker.pc
    phone.goto(broker.link)
    expect(phone.locator("h1")).to_have_text("Continúe donde lo pidió")
    code = phone.locator("#codigo-alla").inner_text()
    assert re.fullmatch(r"\d{4} \d{4}", code)
    pc.fill("#codigo", code)
    pc.click("#continuar-aqui")
    pc.wait_for_url(re.compile(re.escape(demo.url(8002))))
    expect(pc.locator("#salir")).to_be_visible()
    assert "urn:vuce:acr:contingencia" in claims(pc, demo, 8002)["acr"]
    phone.reload()
    expect(phone.locator("h1")).to_have_text("El enlace ya se usó")


def test_known_pc_leaves_the_choice_to_enter_on_the_phone(
    new_context: Callable[..., BrowserContext], demo: Demo
) -> None:
    broker = asked(new_context, demo, known=True)
    broker.phone.goto(broker.link)
    broker.phone.click("#aqui summary")
    broker.phone.fill("#codigo", broker.pc.locator("#codigo-aqui").inner_text())
    broker.phone.click("#ingresar-aqui")
    broker.phone.wait_for_url(re.compile(re.escape(demo.url(8002))))


def test_wrong_code_is_said_at_the_field_and_the_right_one_still_works(
    new_context: Callable[..., BrowserContext], demo: Demo
) -> None:
    broker = asked(new_context, demo, known=False, key="PERSONA1")
    right = broker.pc.locator("#codigo-aqui").inner_text()
    broker.phone.goto(broker.link)
    broker.phone.fill("#codigo", "000000" if right != "000 000" else "111111")
    broker.phone.click("#ingresar-aqui")
    expect(broker.phone.locator("#codigo-error")).to_contain_text("no es correcto")
    broker.phone.fill("#codigo", right)
    broker.phone.click("#ingresar-aqui")
    broker.phone.wait_for_url(re.compile(re.escape(demo.url(8002))))


def test_it_was_not_me_says_what_to_do_and_leaves_the_owner_in(
    new_context: Callable[..., BrowserContext], demo: Demo
) -> None:
    broker = asked(new_context, demo, known=False, key="PERSONA1")
    broker.phone.goto(broker.link)
    broker.phone.click("#no-fui-yo")
    expect(broker.phone.locator("h1")).to_have_text("Gracias por avisar")
    expect(broker.phone.locator("#numero-de-atencion")).to_have_text(
        broker.pc.locator("#numero-de-atencion").inner_text()
    )
    broker.pc.goto(broker.link)
    broker.pc.click("#ingresar")
    broker.pc.wait_for_url(re.compile(re.escape(demo.url(8002))))


def test_login_of_another_person_here_asks_before_it_changes(
    new_context: Callable[..., BrowserContext], demo: Demo
) -> None:
    broker = asked(new_context, demo, known=False, key="PERSONA1")
    official = person("EXT0001")
    start_login(broker.phone, demo, 8002)
    choose(broker.phone, "extranet")
    log_in_at_sunat(broker.phone, official)
    broker.phone.wait_for_url(re.compile(re.escape(demo.url(8002))))
    broker.phone.goto(broker.link)
    broker.phone.fill("#codigo", broker.pc.locator("#codigo-aqui").inner_text())
    broker.phone.click("#ingresar-aqui")
    expect(broker.phone.locator("main")).to_contain_text("ANA SOFÍA")
    broker.phone.click("#continuar")
    broker.phone.wait_for_url(re.compile(re.escape(demo.url(8002))))
    assert broker.who.ruc in claims(broker.phone, demo, 8002)["ruc"]


@pytest.mark.parametrize("known", [False, True])
def test_scanners_never_spend_a_link(
    new_context: Callable[..., BrowserContext], demo: Demo, known: bool
) -> None:
    """Plain GET and HEAD, and a browser with JavaScript that presses every button of the page."""
    broker = asked(new_context, demo, known=known, key="EXPORTA1")
    for method in ("GET", "HEAD", "GET", "POST"):
        data = b"" if method == "POST" else None
        request = urllib.request.Request(broker.link, data, method=method)
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, timeout=10)
        assert caught.value.code in (403, 422)
        caught.value.close()
    scanner = new_context().new_page()
    press_everything(scanner, broker.link)
    broker.pc.goto(broker.link)
    broker.pc.click("#ingresar")
    broker.pc.wait_for_url(re.compile(re.escape(demo.url(8002))))
    assert "urn:vuce:acr:contingencia" in claims(broker.pc, demo, 8002)["acr"]


def press_everything(page: Page, link: str) -> None:
    """Every button and link of the page, and once more with rubbish in every field."""
    page.goto(link)
    count = page.locator("main button, main a, main summary").count()
    assert count > 0
    for rubbish in ("", "test", "123456"):
        for index in range(count):
            page.goto(link)
            for field in page.locator("main input:not([type=hidden])").all():
                field.evaluate("(one, text) => { one.value = text }", rubbish)
            pressed = page.locator("main button, main a, main summary")
            if index < pressed.count():
                press(page, pressed.nth(index))


def press(page: Page, one: Locator) -> None:
    """By script, as a scanner does; a button's answer is waited for."""
    if one.evaluate("one => one.tagName") == "BUTTON":
        with page.expect_navigation():
            one.evaluate("one => one.click()")
    else:
        one.evaluate("one => one.click()")
