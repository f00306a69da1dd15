"""A vendor's captcha in a real browser: its script runs under the page's strict CSP, and only its.

The vendor's addresses are answered here, as its own script and frame would behave.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect
from werkzeug.serving import make_server

from idp.captcha import service
from idp.captcha.vendors import REMOTE
from idp.kernel.ids import digest
from idp.upstream_status.state import FlagState
from tests.captcha.vendor_server import VendorServer, vendor_server
from tests.support.world import START, World, authorization_params, build_world

pytestmark = pytest.mark.browser

FRAME = {
    "recaptcha": "https://www.google.com/recaptcha/api2/anchor",
    "hcaptcha": "https://newassets.hcaptcha.com/captcha/v1/frame",
    "turnstile": "https://challenges.cloudflare.com/cdn-cgi/challenge-platform/frame",
}
SCRIPT = """
const place = document.querySelector(".%(css_class)s");
const frame = document.createElement("iframe");
frame.src = "%(frame)s";
frame.title = "No soy un robot";
const field = document.createElement("input");
field.type = "hidden";
field.name = "%(field)s";
place.append(frame, field);
addEventListener("message", (event) => {
  if (event.data === "solved") {
    field.value = `for ${place.dataset.sitekey}: ${crypto.randomUUID()}`;
    place.dataset.solved = "yes";
  }
});
"""
PAGE = (
    "<!doctype html><button onclick=\"parent.postMessage('solved', '*')\">No soy un robot</button>"
)


@pytest.fixture(scope="module", params=REMOTE)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def running_vendor() -> Iterator[VendorServer]:
    with vendor_server() as found:
        yield found


@pytest.fixture
def vendor(running_vendor: VendorServer) -> VendorServer:
    running_vendor.asked.clear()
    running_vendor.says, running_vendor.status = None, 200
    return running_vendor


@pytest.fixture(scope="module")
def provider(
    kind: str,
    running_vendor: VendorServer,
    module_valkey: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    """A provider with SUNAT flagged down, on a port of its own."""
    apps: list[World] = []
    server = make_server("127.0.0.1", 0, lambda *call: apps[0].app(*call), threaded=True)
    with pytest.MonkeyPatch.context() as patch:
        row = replace(REMOTE[kind], verify_url=running_vendor.url)
        patch.setitem(service.REMOTE, kind, row)
        world = build_world(
            tmp_path_factory.mktemp(kind), module_valkey,
            issuer=f"http://localhost:{server.server_port}", captcha=kind,
            captcha_site_key="our-site", captcha_secret="our-secret",
        )  # fmt: skip
    world.clock.advance((datetime.now(UTC) - START).total_seconds())
    world.services.upstream_status.set("sol", FlagState.FORCED_DOWN, reason="prueba", who="prueba")
    apps.append(world)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield world
    server.shutdown()
    thread.join()
    server.server_close()
    world.services.stop()


@pytest.fixture
def form(new_context: Callable[..., BrowserContext], kind: str, provider: World) -> Page:
    """The contingency form, with the vendor's addresses answered by what stands above."""
    found, row = new_context(), REMOTE[kind]
    script = SCRIPT % {"css_class": row.css_class, "field": row.field, "frame": FRAME[kind]}

    def answer(route: Route) -> None:
        url = route.request.url
        if url == row.script:
            route.fulfill(body=script, content_type="text/javascript")
        elif url == FRAME[kind]:
            route.fulfill(body=PAGE, content_type="text/html")
        elif url.startswith(provider.settings.issuer):
            route.continue_()
        else:
            route.abort()

    found.route("**/*", answer)
    page = found.new_page()
    page.goto(f"{provider.settings.issuer}/authorize?{urlencode(authorization_params())}")
    page.click("#elegir-sol")
    return page


def ask(page: Page) -> None:
    page.fill("#ruc", "20131312955")
    page.fill("#usuario", "EXPORTA1")
    page.click("#enviar")


def test_person_who_is_no_robot_gets_on(
    form: Page, kind: str, vendor: VendorServer, provider: World
) -> None:
    transaction = form.url.rsplit("/", 1)[1]
    host = {"success": True, "hostname": "localhost"}
    vendor.says = {**host, "cdata": digest(transaction)}
    form.frame_locator("iframe").locator("button").click()
    form.wait_for_selector("[data-solved=yes]")
    ask(form)
    expect(form.locator("h1")).to_have_text("Revise su correo")
    (asked,) = vendor.asked
    assert (asked["secret"], asked.get("sitekey", "our-site")) == ("our-secret", "our-site")
    assert asked["response"].startswith("for our-site: ")


def test_vendor_that_is_away_loses_nothing_and_lets_nobody_pass(
    form: Page, kind: str, vendor: VendorServer
) -> None:
    vendor.says, vendor.status = "no", 502
    form.frame_locator("iframe").locator("button").click()
    form.wait_for_selector("[data-solved=yes]")
    ask(form)
    expect(form.locator("#captcha-error")).to_contain_text("no responde")
    expect(form.locator("#ruc")).to_have_value("20131312955")


def test_without_an_answer_the_form_says_what_to_do(form: Page, vendor: VendorServer) -> None:
    ask(form)
    expect(form.locator("#captcha-error")).to_contain_text("Marque la casilla")
    assert vendor.asked == []


def test_page_on_privacy_names_whose_captcha_it_is(form: Page, kind: str, provider: World) -> None:
    form.goto(f"{provider.settings.issuer}/privacidad")
    expect(form.locator("#captcha-owner")).to_contain_text(REMOTE[kind].owner)
    expect(form.get_by_text("sin enviar datos a terceros")).to_have_count(0)
