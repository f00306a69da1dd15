"""From `/cuenta` on to the component where the person was headed: by the login that waits, while it
does, else by the component's own door.
"""

from __future__ import annotations

import re

import pytest
from login_steps import follow, page, press, prove
from nudge_steps import Visit, visit

from tests.support.world import World, csrf_of, query_of

LINK = re.compile(r'id="continuar" href="([^"]+)">([^<]+)<')
ANEW = "http://localhost:9006/login?iss=http%3A%2F%2Flocalhost%3A8000"
CONTINUE = ("/cuenta/continuar/avisa", "Continuar a Permisos de Internamiento")


def mending(world: World) -> tuple[Visit, str]:
    """Somebody who went to mend it; the id of the login that waits."""
    one = visit(world)
    aviso = one.log_in()[-1]
    assert one.answer(aviso, "fix").location == "/cuenta#correo"
    return one, aviso.rpartition("/")[2]


def link(one: Visit, path: str = "/cuenta") -> tuple[str, str] | None:
    found = LINK.search(page(one.browser, path))
    return (found[1], found[2]) if found else None


def test_form_leads_on_to_the_login_that_waits_before_and_after_saving(world: World) -> None:
    one, login = mending(world)
    assert link(one) == CONTINUE
    form = {"csrf_token": csrf_of(page(one.browser, "/cuenta")), "email": "ana@empresa.pe"}
    saved = one.browser.post("/cuenta", data=form)
    assert link(one, str(saved.location)) == CONTINUE
    went_on = one.browser.get(CONTINUE[0])
    assert went_on.location == f"/login/{login}"
    assert query_of(follow(one.browser, str(went_on.location))[-1])["state"] == "st"
    assert link(one) is None  # they are there


def test_going_back_from_the_form_shows_the_page_again_with_both_ways(world: World) -> None:
    one, login = mending(world)
    text = page(one.browser, f"/cuenta/aviso/{login}")
    assert 'id="corregir"' in text and 'id="seguir"' in text


def test_login_that_the_component_has_forgotten_begins_anew(world: World) -> None:
    one, _ = mending(world)
    world.clock.advance(301)
    assert follow(one.browser, CONTINUE[0])[-1] == ANEW


def test_login_that_ended_is_no_dead_end(world: World) -> None:
    one, _ = mending(world)
    world.clock.advance(3_600)
    world.log_in(one.browser, one.person)
    assert link(one) == CONTINUE
    assert one.browser.get(CONTINUE[0]).location == ANEW


def test_login_that_was_answered_is_no_dead_end(world: World) -> None:
    one, login = mending(world)
    assert "code" in query_of(follow(one.browser, f"/login/{login}")[-1])
    assert link(one) == CONTINUE
    assert one.browser.get(CONTINUE[0]).location == ANEW


def test_session_that_ended_at_the_form_is_renewed_and_the_way_is_there(world: World) -> None:
    one, login = mending(world)
    one.browser.delete_cookie("idp_session", domain="localhost")
    path = str(one.browser.get("/cuenta").location)
    press(one.browser, path, "elegir", realm="sol")
    prove(world, one.browser, path, one.person)
    assert follow(one.browser, path)[-1] == "/cuenta"
    assert link(one) == CONTINUE
    assert one.browser.get(CONTINUE[0]).location == f"/login/{login}"


def test_component_that_names_itself_gets_a_way_back_over_the_login(world: World) -> None:
    one = visit(world)
    path = str(one.browser.get("/cuenta?client_id=mr").location)
    press(one.browser, path, "elegir", realm="sol")
    prove(world, one.browser, path, one.person)
    follow(one.browser, path)
    assert link(one) == ("/cuenta/continuar/mr", "Continuar a Mercancías Restringidas")
    assert one.browser.get("/cuenta/continuar/mr").location == "http://localhost:9001/"


def test_component_that_names_itself_keeps_its_login_that_waits(world: World) -> None:
    one, login = mending(world)
    page(one.browser, "/cuenta?client_id=avisa")
    assert one.browser.get(CONTINUE[0]).location == f"/login/{login}"


def test_link_of_an_older_tab_leads_where_it_says(world: World) -> None:
    one, _ = mending(world)
    page(one.browser, "/cuenta?client_id=mr")
    assert one.browser.get(CONTINUE[0]).location == ANEW


@pytest.mark.parametrize("client_id", ["otro", "spa", "a b", "..", "http://evil.example/"])
def test_no_component_or_one_without_a_door_gives_no_link(world: World, client_id: str) -> None:
    one = visit(world)
    world.log_in(one.browser, one.person)
    one.browser.get("/cuenta")
    response = one.browser.get("/cuenta", query_string={"client_id": client_id})
    assert response.status_code == 200
    assert 'id="continuar"' not in response.text


def test_pressing_on_to_no_component_leads_to_the_list(world: World) -> None:
    assert world.browser().get("/cuenta/continuar/otro").location == "/"


@pytest.mark.parametrize("cookie", ["", "~", "avisa", "avisa~a/b", "a b~c", "avisa~" + "x" * 65])
def test_malformed_cookie_means_nothing(world: World, cookie: str) -> None:
    one = visit(world)
    world.log_in(one.browser, one.person)
    one.browser.get("/cuenta")
    one.browser.set_cookie("idp_headed", cookie, domain="localhost")
    assert link(one) is None


def test_login_of_another_browser_is_no_way(world: World) -> None:
    _, login = mending(world)
    other = visit(world)
    other.browser.get("/cuenta")
    other.browser.set_cookie("idp_headed", f"avisa~{login}", domain="localhost")
    assert other.browser.get(CONTINUE[0]).location == ANEW
