"""Each limit on asking for a link: who is refused, in which words, and who is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path

import pytest
from contingency_world import COOKIE, KNOWN, UNKNOWN, World
from flask import Flask
from flask.testing import FlaskClient
from test_elsewhere import known_cookie
from test_pages import application, client, csrf_token, post_form
from werkzeug.test import TestResponse

from idp.adapters.redis.limits import RedisCounter
from idp.captcha import service as captchas
from idp.captcha.vendors import REMOTE
from idp.contingency.visit import Visitor
from idp.kernel.errors import IdpError
from idp.kernel.ids import keyed_digest
from idp.limits.service import Limits
from idp.limits.table import LIMITS
from idp.upstream_status.state import FlagState
from tests.captcha.vendor_server import VendorServer, vendor_server
from tests.support.world import World as BuiltWorld
from tests.support.world import build_world, csrf_of

HOME = "127.0.0.0/24"
CROWD = "En este momento muchas personas piden un enlace. Vuelva a intentarlo dentro de"
TOO_OFTEN = "Demasiados intentos. Vuelva a intentarlo dentro de"
# What each row counts, of a form that is sent from HOME; and what its refusal says.
STRANGER = {
    "captcha.address": (("{place}",), TOO_OFTEN),
    "captcha.transaction": (("{transaction}",), TOO_OFTEN),
    "contingency.address": (("{place}",), TOO_OFTEN),
    "contingency.person": (("{typed}", "{place}"), TOO_OFTEN),
    "contingency.client": (("origen",), CROWD),
    "contingency.system": ((), CROWD),
}
RECOGNISED = {
    "captcha.known_browser": (("{browser}",), TOO_OFTEN),
    "captcha.transaction": (("{transaction}",), TOO_OFTEN),
    "contingency.known_browser": (("{browser}", "{typed}"), TOO_OFTEN),
    "contingency.client": (("origen",), CROWD),
    "contingency.system": ((), CROWD),
}
AGAIN = ("contingency.address", "contingency.resend", "contingency.client", "contingency.system")


@pytest.fixture
def app(world: World, templates: Path) -> Flask:
    return application(world, templates)


@pytest.fixture
def person(app: Flask) -> FlaskClient:
    return client(app, COOKIE)


def use_up(world: World, name: str, *parts: str) -> None:
    """Leave nothing of this row: one use, where one is all that there is."""
    rows = {name: replace(LIMITS[name], limit=1)}
    counter = RedisCounter(world.redis)
    Limits(counter=counter, clock=world.clock, key=b"m" * 32, table=rows).hit(name, *parts)


def use_up_row(
    world: World, rows: dict[str, tuple[tuple[str, ...], str]], name: str, **places: str
) -> None:
    use_up(world, name, *(part.format_map(places) for part in rows[name][0]))


def digest_of(typed: dict[str, str]) -> str:
    return keyed_digest(b"i" * 32, f"sol|{typed['ruc']}:{typed['usuario']}")


def recognised(world: World, person: FlaskClient) -> str:
    """Make it a known browser; its id."""
    world.contingency._allowance._browsers = world.people
    cookie = known_cookie(world)
    person.set_cookie("idp_known", cookie)
    found = world.people.recognise(cookie)
    assert found is not None
    return found


def refused(world: World, answer: TestResponse, name: str, words: str) -> None:
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert words in answer.text
    other = TOO_OFTEN if words == CROWD else CROWD
    assert other not in answer.text
    assert f'value="{KNOWN["ruc"]}"' in answer.text or f'value="{UNKNOWN["ruc"]}"' in answer.text
    assert world.queue.held == []
    assert [one.details["limit"] for one in world.events_of("limit.hit")] == [name]


@pytest.mark.parametrize("typed", [KNOWN, UNKNOWN], ids=["known", "unknown"])
@pytest.mark.parametrize("name", STRANGER)
def test_form_beyond_a_limit_says_when_to_come_back(
    world: World, person: FlaskClient, name: str, typed: dict[str, str]
) -> None:
    transaction = world.park()
    use_up_row(
        world, STRANGER, name,
        place=HOME, transaction=transaction.id, typed=digest_of(typed),
    )  # fmt: skip
    refused(world, post_form(person, transaction, typed), name, STRANGER[name][1])


@pytest.mark.parametrize("name", RECOGNISED)
def test_form_of_a_known_browser_beyond_a_limit_says_when_to_come_back(
    world: World, person: FlaskClient, name: str
) -> None:
    browser = recognised(world, person)
    transaction = world.park()
    use_up_row(
        world, RECOGNISED, name,
        browser=browser, transaction=transaction.id, typed=digest_of(KNOWN),
    )  # fmt: skip
    refused(world, post_form(person, transaction), name, RECOGNISED[name][1])


@pytest.mark.parametrize("name", ["captcha.address", "contingency.address"])
def test_known_browser_lacks_nothing_that_its_neighbours_used_up(
    world: World, app: Flask, person: FlaskClient, name: str
) -> None:
    recognised(world, person)
    use_up(world, name, HOME)
    assert post_form(client(app, COOKIE), world.park()).status_code == 429
    answer = post_form(person, world.park())
    assert answer.status_code == 303


@pytest.mark.parametrize("name", ["captcha.address", "contingency.address"])
def test_neighbours_lack_nothing_that_a_known_browser_used_up(
    world: World, app: Flask, person: FlaskClient, name: str
) -> None:
    recognised(world, person)
    for _ in range(LIMITS[name].limit - 1):
        world.limits.hit(name, HOME)
    for _ in range(3):
        assert post_form(person, world.park()).status_code == 303
    stranger = client(app, COOKIE)
    statuses = [post_form(stranger, world.park(), UNKNOWN).status_code for _ in range(2)]
    assert statuses == [303, 429]


@pytest.mark.parametrize("name", AGAIN)
def test_another_link_beyond_a_limit_says_when_to_come_back(
    world: World, person: FlaskClient, name: str
) -> None:
    transaction = world.park()
    assert post_form(person, transaction).status_code == 303
    world.work()
    world.clock.advance(61)
    parts = {
        "contingency.address": (HOME,),
        "contingency.resend": (transaction.id,),
        "contingency.client": ("origen",),
        "contingency.system": (),
    }[name]
    use_up(world, name, *parts)
    path = f"/contingencia/{transaction.id}"
    token = csrf_token(person.get(f"{path}/revise-su-correo"))
    answer = person.post(f"{path}/reenviar", data={"csrf_token": token})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert world.queue.held == []
    assert [one.details["limit"] for one in world.events_of("limit.hit")] == [name]


def test_office_behind_one_address_gets_in_at_once(world: World) -> None:
    def ask(number: int) -> None:
        browser = f"{number:064x}"
        visit = world.contingency.visit(world.park(browser).id, browser)
        typed = {"ruc": KNOWN["ruc"], "usuario": f"PERSONA{number}"}
        assert not world.contingency.request(visit, browser, typed, Visitor(HOME, None)).errors

    most = LIMITS["contingency.address"].limit
    for number in range(most):
        ask(number)
    with pytest.raises(IdpError) as caught:
        ask(most)
    assert (caught.value.code, caught.value.detail) == ("rate_limited", "contingency.address")


@pytest.fixture
def vendor() -> Iterator[VendorServer]:
    with vendor_server() as found:
        yield found
        found.answers.set()


@pytest.fixture
def built(
    tmp_path: Path, valkey: str, vendor: VendorServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[BuiltWorld]:
    """The provider as it is wired, of four threads, with a vendor's captcha."""
    row = replace(REMOTE["turnstile"], verify_url=vendor.url)
    monkeypatch.setitem(captchas.REMOTE, "turnstile", row)
    found = build_world(
        tmp_path, valkey, captcha="turnstile", captcha_site_key="s", captcha_secret="t", threads=4
    )
    found.services.upstream_status.set("sol", FlagState.FORCED_DOWN, reason="p", who="p")
    yield found
    found.services.stop()


def one_form(built: BuiltWorld) -> Callable[[int], TestResponse]:
    """The form of one login, to send again and again with answers that nobody gave."""
    browser = built.browser()
    path = str(built.authorize(browser).location)
    choice = {"csrf_token": csrf_of(browser.get(path).text), "realm": "sol"}
    browser.post(f"{path}/elegir", data=choice)
    form = str(browser.get(path).location)
    data = {"csrf_token": csrf_of(browser.get(form).text), **KNOWN}
    cookie = browser.get_cookie("idp_browser")
    assert cookie is not None

    def send(number: int) -> TestResponse:
        answer = {"cf-turnstile-response": f"junk-{number}"}
        return client(built.app, cookie.value).post(form, data={**data, **answer})

    return send


def test_form_again_and_again_asks_the_vendor_a_few_times(
    built: BuiltWorld, vendor: VendorServer
) -> None:
    vendor.says = {"success": False, "error-codes": ["invalid-input-response"]}
    answers = [*map(one_form(built), range(40))]
    most = LIMITS["captcha.transaction"].limit
    assert [one.status_code for one in answers] == [422] * most + [429] * (40 - most)
    assert len(vendor.asked) == most
    assert TOO_OFTEN in answers[-1].text
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_form_while_the_vendor_hangs_says_when_to_come_back(
    built: BuiltWorld, vendor: VendorServer
) -> None:
    send = one_form(built)
    vendor.answers.clear()
    vendor.says = {"success": False}
    with ThreadPoolExecutor(8) as pool:
        sent = {pool.submit(send, number) for number in range(8)}
        # Of four threads one may hang; the other people are told.
        while len(sent) > 1:
            done, sent = wait(sent, timeout=20, return_when=FIRST_COMPLETED)
            assert done
            for answer in (one.result() for one in done):
                assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
                assert 'id="captcha-error"' in answer.text
                assert "no responde" in answer.text
                assert f'value="{KNOWN["ruc"]}"' in answer.text
        assert len(vendor.asked) == 1
        vendor.answers.set()
