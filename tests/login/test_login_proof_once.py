"""A proof begins one session; whoever comes back to its page later finds none in it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from login_steps import follow, page, park, press, prove

from idp.audit.events import AuditEvent
from idp.audit.records import AuditFilter
from idp.kernel.errors import Unavailable
from tests.support.world import World, query_of

ORIGEN = {"client_id": "origen", "redirect_uri": "http://localhost:9002/callback"}


def begun(world: World) -> int:
    """How many sessions began so far."""
    found = AuditFilter(event=AuditEvent.LOGIN_COMPLETED)
    return len(world.services.audit.search(found, limit=100_000))


def test_login_page_opened_after_logging_out_of_the_account_gives_no_session(world: World) -> None:
    browser = world.browser()
    path = str(browser.get("/cuenta").location)
    press(browser, path, "elegir", realm="sol")
    prove(world, browser, path, world.person())
    assert follow(browser, path)[-1] == "/cuenta"
    assert browser.get("/cuenta").status_code == 200
    browser.delete_cookie("idp_session", domain="localhost")
    world.clock.advance(3_000)
    response = browser.get(path)
    assert browser.get_cookie("idp_session", domain="localhost") is None
    assert (response.status_code, response.location) == (303, f"/upstream/sol/start?txn={path[7:]}")


def test_login_page_opened_after_logging_out_of_a_component_gives_no_session(world: World) -> None:
    browser = world.browser()
    path = park(world, browser, **ORIGEN)
    world.clock.advance(301)
    prove(world, browser, path, world.person())
    assert "iss=" in follow(browser, path)[-1]
    browser.delete_cookie("idp_session", domain="localhost")
    assert str(browser.get(path).location).startswith("/upstream/sol/start")
    assert browser.get_cookie("idp_session", domain="localhost") is None


def test_proof_taken_32_times_at_once_begins_one_session(world: World) -> None:
    browser = world.browser()
    path = park(world, browser, **ORIGEN)
    prove(world, browser, path, world.person())
    cookie = browser.get_cookie("idp_browser", domain="localhost")
    assert cookie is not None
    before = begun(world)

    def attempt(_: int) -> str:
        one = world.browser()
        one.set_cookie("idp_browser", cookie.value, domain="localhost")
        one.get(path)
        found = one.get_cookie("idp_session", domain="localhost")
        return found.value if found else ""

    with ThreadPoolExecutor(32) as pool:
        cookies = [one for one in pool.map(attempt, range(32)) if one]
    assert (len(cookies), begun(world) - before) == (1, 1)


def test_proof_outlives_a_database_that_is_away(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = world.browser()
    path = park(world, browser, **ORIGEN)
    prove(world, browser, path, world.person())

    def away(*_: object, **__: object) -> None:
        raise Unavailable("sql")

    with monkeypatch.context() as patched:
        patched.setattr(world.services.logins.sessions._audit, "record", away)
        assert browser.get(path).status_code == 503
    assert "code" in query_of(follow(browser, path)[-1])


def test_login_by_post_counts_among_the_twenty_of_its_browser(world: World) -> None:
    browser = world.browser()
    first = park(world, browser)
    page(browser, first)
    for _ in range(20):
        world.clock.advance(1)
        sent = {"client_id": "mr"}
        params = dict(response_type="code", scope="openid", redirect_uri="http://localhost:9001/callback",
                      state="s", nonce="n", code_challenge="E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
                      code_challenge_method="S256", **sent)  # fmt: skip
        parked = browser.post("/authorize", data=params)
        assert str(browser.get(str(parked.location)).location).startswith("/login/")
    assert browser.get(first).status_code == 404
