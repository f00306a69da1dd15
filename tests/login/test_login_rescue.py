"""A person whose SUNAT page never answers finds their own request waiting."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from login_steps import flag_down, page, park, press, prove
from test_steps import BEFORE, NOW, PROOF, TRANSACTION

from idp.kernel.identity import EXTRANET, SOL
from idp.login.rescue import HANGS_FOR, hangs, last_away
from idp.login.transaction import Transaction
from tests.support.world import World, csrf_of, query_of

ORIGEN = {"client_id": "origen", "redirect_uri": "http://localhost:9002/callback"}
AWAY = replace(TRANSACTION, id="earlier", realm=SOL, sent_at=NOW - timedelta(minutes=1))

HANGING = {
    "at SUNAT for a minute": (AWAY, True),
    "this very login": (replace(AWAY, id="t"), False),
    "for almost too long": (replace(AWAY, sent_at=NOW - HANGS_FOR + timedelta(seconds=1)), True),
    "for too long": (replace(AWAY, sent_at=NOW - HANGS_FOR), False),
    "answered, though by nothing": (replace(AWAY, came_back=True), False),
    "proved": (replace(AWAY, proof=PROOF), False),
    "cancelled": (replace(AWAY, denied=True), False),
    "never sent": (replace(AWAY, sent_at=None), False),
    "of another component": (replace(AWAY, client_id="d"), False),
    "of our own account": (replace(AWAY, client_id=None, destination="account"), False),
    "at the other upstream": (replace(AWAY, realm=EXTRANET), False),
}


@pytest.mark.parametrize("case", HANGING)
def test_login_hangs(case: str) -> None:
    earlier, expected = HANGING[case]
    assert hangs(earlier, TRANSACTION, SOL, NOW) is expected


def test_last_request_that_left_is_the_one_that_an_answer_without_a_state_is_for() -> None:
    old = replace(AWAY, id="old", sent_at=BEFORE)
    others = [replace(AWAY, id=name, **made) for name, made in (
        ("proved", {"proof": PROOF, "sent_at": NOW}),
        ("elsewhere", {"realm": EXTRANET, "sent_at": NOW}),
        ("never", {"sent_at": None}),
    )]  # fmt: skip
    assert last_away([old, AWAY, *others], SOL) == AWAY
    assert last_away(others, SOL) is None


def test_transaction_keeps_when_it_was_sent_and_whether_it_was_answered() -> None:
    sent = replace(AWAY, came_back=True)
    assert Transaction.from_json(sent.to_json(), sent.version) == sent
    assert Transaction.from_json(TRANSACTION.to_json(), 0) == TRANSACTION


def at_sunat(world: World, browser: FlaskClient, **changes: str) -> str:
    """A login whose browser was sent to SUNAT; its path."""
    path = park(world, browser, **changes)
    press(browser, path, "elegir", realm="sol")
    start = browser.get(path).location
    assert browser.get(start).location.startswith("http://localhost:9100/")
    return path


def state(browser: FlaskClient, path: str) -> str:
    answer = browser.get(f"{path}/estado")
    assert "no-store" in answer.headers["Cache-Control"]
    return str(answer.json["state"])


def test_back_from_sunat_finds_the_request_and_one_press_goes_there_again(world: World) -> None:
    browser = world.browser()
    path = at_sunat(world, browser)
    for _ in range(2):
        text = page(browser, path)
        assert "¿SUNAT no responde?" in text
        assert f'href="{path}/sunat"' in text
        assert "continuar-por-correo" not in text
    again = browser.get(f"{path}/sunat").location
    assert again == f"/upstream/sol/start?txn={path.removeprefix('/login/')}"
    assert browser.get(again).status_code == 303


def test_back_from_sunat_once_it_is_flagged_down_goes_on_by_mail(world: World) -> None:
    browser = world.browser()
    path = at_sunat(world, browser)
    assert state(browser, path) == "sunat"
    flag_down(world)
    assert state(browser, path) == "mail"
    text = page(browser, path)
    form = path.replace("/login/", "/contingencia/")
    assert f'id="continuar-por-correo" href="{form}"' in text
    assert 'id="reintentar"' not in text
    assert page(browser, form).count("Enviar correo electrónico") == 1
    assert browser.get(f"{path}/sunat").location == path


def test_request_that_waits_keeps_state_nonce_and_pkce_and_is_answered(world: World) -> None:
    browser = world.browser()
    path = at_sunat(world, browser)
    page(browser, path)
    prove(world, browser, path, world.person())
    assert state(browser, path) == "on"
    done = browser.get(browser.get(path).location).location
    assert query_of(done)["state"] == "st"
    assert world.token(query_of(done)["code"]).status_code == 200
    assert state(browser, path) == "over"


def test_page_promises_no_mail_where_the_component_takes_none(world: World) -> None:
    browser = world.browser()
    strict = {"client_id": "estricto", "redirect_uri": "http://localhost:9004/callback",
              "scope": "openid"}  # fmt: skip
    path = at_sunat(world, browser, **strict)
    assert "por correo" not in page(browser, path)
    flag_down(world)
    assert state(browser, path) == "refused"
    assert "requiere ingresar con SUNAT" in page(browser, path)


def test_new_login_of_the_component_while_one_hangs_asks_first(world: World) -> None:
    browser = world.browser()
    at_sunat(world, browser)
    path = park(world, browser)
    press(browser, path, "elegir", realm="sol")
    text = page(browser, path)
    assert "Hace unos minutos lo llevamos a SUNAT" in text
    assert browser.get(f"{path}/sunat").location.startswith("/upstream/sol/start")
    # The other upstream, another component, another browser: nothing hangs there.
    press(browser, park(world, browser), "elegir", realm="extranet")
    other = park(world, browser, **ORIGEN)
    assert "Lo llevamos a SUNAT" in page(browser, other)
    stranger = world.browser()
    fresh = park(world, stranger)
    press(stranger, fresh, "elegir", realm="sol")
    assert stranger.get(fresh).status_code == 303


def test_new_login_once_the_earlier_one_is_forgotten_goes_straight_there(world: World) -> None:
    browser = world.browser()
    at_sunat(world, browser)
    world.clock.advance(HANGS_FOR.total_seconds())
    path = park(world, browser)
    press(browser, path, "elegir", realm="sol")
    assert browser.get(path).status_code == 303


def test_new_login_once_sunat_is_flagged_down_goes_straight_to_the_form(world: World) -> None:
    browser = world.browser()
    at_sunat(world, browser)
    flag_down(world)
    path = park(world, browser)
    press(browser, path, "elegir", realm="sol")
    assert browser.get(path).location == path.replace("/login/", "/contingencia/")


def test_choosing_again_goes_there_at_once(world: World) -> None:
    browser = world.browser()
    path = at_sunat(world, browser)
    form = {"csrf_token": csrf_of(page(browser, f"{path}/elegir")), "realm": "extranet"}
    assert browser.post(f"{path}/elegir", data=form).location == path
    assert browser.get(path).location.startswith("/upstream/extranet/start")


@pytest.mark.parametrize("ways", ["", "/sunat", "/estado"])
def test_request_that_waits_is_its_own_browsers_alone(world: World, ways: str) -> None:
    path = at_sunat(world, world.browser())
    stranger = world.browser()
    park(world, stranger)
    for browser in (stranger, world.browser()):
        assert browser.get(path + ways).status_code == 403


def test_component_of_one_realm_has_a_page_before_sunat_that_becomes_the_question(
    world: World,
) -> None:
    browser = world.browser()
    path = park(world, browser, **ORIGEN)
    first = page(browser, path)
    assert "Lo llevamos a SUNAT" in first and "a-sunat.js" in first
    assert browser.get(f"/upstream/sol/start?txn={path.removeprefix('/login/')}").status_code == 303
    assert "¿SUNAT no responde?" in page(browser, path)


def test_waiting_request_asks_redis_only_once_more(world: World) -> None:
    """A healthy login pays one round trip for the question whether an earlier one hangs."""
    browser = world.browser()
    path = park(world, browser)
    press(browser, path, "elegir", realm="sol")
    client = world.services.redis.client

    def scripts() -> int:
        told = client.info("commandstats")
        return sum(
            told.get(f"cmdstat_{name}", {"calls": 0})["calls"] for name in ("evalsha", "eval")
        )

    before = scripts()
    assert browser.get(path).status_code == 303
    assert scripts() - before == 1
