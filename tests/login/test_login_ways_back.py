"""A component that has forgotten its request is entered where it begins a login itself."""

from __future__ import annotations

from login_steps import follow, park, press, prove

from tests.support.world import World, query_of

ORIGEN = {"client_id": "origen", "redirect_uri": "http://localhost:9002/callback"}
ANEW = "http://localhost:9002/login?desde=vuce&iss=http%3A%2F%2Flocalhost%3A8000"


def test_login_within_the_components_memory_answers_its_request(world: World) -> None:
    browser = world.browser()
    path = park(world, browser, **ORIGEN)
    world.clock.advance(300)
    prove(world, browser, path, world.person())
    assert query_of(follow(browser, path)[-1])["state"] == "st"


def test_login_beyond_the_components_memory_begins_anew_without_a_second_proof(
    world: World,
) -> None:
    browser = world.browser()
    path = park(world, browser, **ORIGEN)
    world.clock.advance(301)
    prove(world, browser, path, world.person())
    assert follow(browser, path)[-1] == ANEW
    # The component's new request is answered at once.
    assert query_of(world.authorize(browser, **ORIGEN).location)["code"]


def test_login_of_a_component_without_such_a_place_answers_its_old_request(world: World) -> None:
    browser = world.browser()
    path = park(world, browser)
    press(browser, path, "elegir", realm="sol")
    world.clock.advance(1_200)
    prove(world, browser, path, world.person())
    assert query_of(follow(browser, path)[-1])["state"] == "st"


def test_pages_let_their_forms_lead_to_both_ways_back(world: World) -> None:
    browser = world.browser()
    path = park(world, browser, **ORIGEN, prompt="select_account")
    policy = browser.get(path).headers["Content-Security-Policy"]
    [directive] = [one for one in policy.split("; ") if one.startswith("form-action")]
    assert "http://localhost:9002" in directive.split()
    assert "?" not in directive
