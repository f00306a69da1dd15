"""A login belongs to the browser that began it, for a while, and changes only by its own forms."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from login_steps import flag_down, page, park, press

from idp.adapters.sql.audit import SqlAuditStore
from idp.audit.drain import drain
from idp.audit.events import AuditEvent
from idp.audit.records import AuditFilter, AuditRecord
from tests.support.world import World, csrf_of

ACTIONS = ("elegir", "continuar", "cambiar", "confirmar", "conservar")


def refused_forms(world: World) -> dict[str, AuditRecord]:
    while drain(world.services.audit_stream, SqlAuditStore(world.services.database)):
        pass
    found = world.services.audit.search(AuditFilter(event=AuditEvent.CSRF_FAILED), limit=100_000)
    return {record.id: record for record in found}


def victim(world: World) -> FlaskClient:
    """A browser that has a session and a login of its own under way."""
    browser = world.browser()
    world.log_in(browser, world.person())
    park(world, browser, prompt="select_account")
    return browser


def test_login_of_a_stranger_is_refused_in_a_victims_browser(world: World) -> None:
    path = park(world, world.browser())
    browser = victim(world)
    for opened in (path, f"{path}/elegir", path.replace("/login/", "/authorize/")):
        response = browser.get(opened)
        assert response.status_code == 403, opened
        assert "wrong_browser" in response.text
        assert "EXPORTADORA" not in response.text


def test_login_of_a_stranger_takes_no_press_of_a_victim(world: World) -> None:
    path = park(world, world.browser())
    browser = victim(world)
    own = park(world, browser, prompt="select_account")
    token = csrf_of(page(browser, own))
    for action in ACTIONS:
        response = browser.post(f"{path}/{action}", data={"csrf_token": token, "realm": "sol"})
        assert response.status_code == 403, action


def test_login_after_ten_minutes_untouched_is_over(world: World) -> None:
    browser = world.browser()
    path = park(world, browser)
    world.clock.advance(599)
    assert browser.get(path).status_code == 200
    world.clock.advance(1)
    response = browser.get(path)
    assert response.status_code == 410
    assert "Se agotó el tiempo para ingresar" in response.text


def test_login_that_was_gone_on_with_lives_an_hour_from_its_beginning(world: World) -> None:
    browser = world.browser()
    path = park(world, browser)
    world.clock.advance(500)
    press(browser, path, "elegir", realm="sol")
    world.clock.advance(3_600 - 500 - 1)
    assert browser.get(path).status_code == 303
    world.clock.advance(1)
    assert browser.get(path).status_code == 410


def test_login_unknown_has_a_page(world: World) -> None:
    response = world.browser().get("/login/" + "x" * 24)
    assert response.status_code == 404
    assert "transaction_unknown" in response.text


def test_login_has_twenty_at_most_in_one_browser(world: World) -> None:
    browser = world.browser()
    paths = []
    for _ in range(21):
        paths.append(park(world, browser))
        world.clock.advance(1)
    assert [browser.get(path).status_code for path in paths] == [404, *[200] * 20]


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("forged", ["missing", "empty", "wrong", "of another browser", "too long"])
def test_forged_press_is_refused_and_changes_nothing(
    world: World, action: str, forged: str
) -> None:
    browser = world.browser()
    world.log_in(browser, world.person())
    path = park(world, browser, prompt="select_account")
    before = page(browser, path)
    other = world.browser()
    token = {
        "missing": None,
        "empty": "",
        "wrong": "a" * len(csrf_of(before)),
        "of another browser": csrf_of(page(other, park(world, other))),
        "too long": csrf_of(before) + "a" * 5_000,
    }[forged]
    form = {"realm": "sol", **({} if token is None else {"csrf_token": token})}
    response = browser.post(f"{path}/{action}", data=form)
    assert response.status_code == 403
    assert "csrf_failed" in response.text
    assert "Ha ingresado como" in page(browser, path)


def test_press_from_another_site_is_refused_although_its_token_is_right(world: World) -> None:
    browser = world.browser()
    path = park(world, browser)
    form = {"csrf_token": csrf_of(page(browser, path)), "realm": "sol"}
    headers = {"Origin": "https://evil.example"}
    assert browser.post(f"{path}/elegir", data=form, headers=headers).status_code == 403
    assert browser.get(path).status_code == 200


@pytest.mark.parametrize(
    ("headers", "token", "reason"),
    [
        ({}, "x", "token"),
        ({"Origin": "https://evil.example"}, None, "origin"),
        ({"Sec-Fetch-Site": "cross-site"}, None, "cross-site"),
    ],
)
def test_forged_press_is_on_record_as_often_as_an_address_may_cause(
    world: World, headers: dict[str, str], token: str | None, reason: str
) -> None:
    browser = world.browser()
    path = park(world, browser)
    form = {"csrf_token": token or csrf_of(page(browser, path)), "realm": "sol"}
    before = refused_forms(world)
    for _ in range(121):
        assert browser.post(f"{path}/elegir", data=form, headers=headers).status_code == 403
    found = [one for id_, one in refused_forms(world).items() if id_ not in before]
    assert len(found) == 120
    assert dict(found[0].details) == {"endpoint": "login.choose", "reason": reason}


def test_contingency_of_a_stranger_is_refused_in_a_victims_browser(world: World) -> None:
    flag_down(world)
    stranger = world.browser()
    path = park(world, stranger)
    press(stranger, path, "elegir", realm="sol")
    form = stranger.get(path).location
    assert stranger.get(form).status_code == 200
    response = victim(world).get(form)
    assert response.status_code == 403
    assert "wrong_browser" in response.text


def test_redis_never_holds_the_browsers_cookies(world: World) -> None:
    browser = victim(world)
    client = world.services.redis.client
    held = " ".join(f"{key} {client.hgetall(key)}" for key in client.scan_iter(_type="hash"))
    assert "EXPORTADORA" in held
    for name in ("idp_browser", "idp_session"):
        cookie = browser.get_cookie(name, domain="localhost")
        assert cookie is not None
        assert cookie.value not in held
