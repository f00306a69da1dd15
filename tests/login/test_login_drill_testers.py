"""A tester's own link: it names nobody, does nothing by itself, and is good for that tester alone."""

from __future__ import annotations

from typing import Any

from drill_steps import able, ask, begin, deliver, known, start, to_contingency

from tests.support.world import World, csrf_of


def press(browser: Any, path: str, action: str) -> Any:
    page = browser.get(path)
    assert page.status_code == 200
    return browser.post(action, data={"csrf_token": csrf_of(page.text)})


def test_tester_in_a_new_browser_takes_part_by_their_link(world: World) -> None:
    tester = able(world, "DRILLADO")
    drill = begin(world, percent=0, testers=[tester.id])
    link = f"/simulacro/{world.services.drills.token(drill, tester.id)}"
    browser = world.browser()
    shown = browser.get(link).text
    assert "Participar en el simulacro" in shown
    assert tester.name not in shown
    assert "DRILLADO" not in shown
    assert not to_contingency(world, browser), "whoever is only sent there takes no part"
    joined = press(browser, link, link)
    assert joined.location == link
    assert "Este navegador participa" in browser.get(link).text
    path = start(world, browser)
    assert browser.get(path).location.startswith("/contingencia/")
    ask(world, browser, path)
    assert len(deliver(world, path)) == 1


def test_link_of_a_tester_lets_nobody_else_in_by_mail(world: World) -> None:
    able(world, "VECINA01")
    tester = able(world, "DRILLADO")
    drill = begin(world, percent=0, testers=[tester.id])
    link, browser = f"/simulacro/{world.services.drills.token(drill, tester.id)}", world.browser()
    press(browser, link, link)
    path = start(world, browser)
    browser.get(path)
    ask(world, browser, path, "VECINA01")
    assert deliver(world, path) == []


def test_tester_may_stop(world: World) -> None:
    tester = able(world, "DRILLADO")
    drill = begin(world, percent=0, testers=[tester.id])
    link, browser = f"/simulacro/{world.services.drills.token(drill, tester.id)}", world.browser()
    press(browser, link, link)
    press(browser, link, f"{link}/salir")
    assert "Participar en el simulacro" in browser.get(link).text
    assert not to_contingency(world, browser)


def test_tester_who_stopped_takes_no_part_in_a_known_browser_either(world: World) -> None:
    tester = able(world, "DRILLADO")
    browser = known(world, tester)
    drill = begin(world, percent=0, testers=[tester.id])
    link = f"/simulacro/{world.services.drills.token(drill, tester.id)}"
    assert to_contingency(world, browser)
    press(browser, link, link)
    press(browser, link, f"{link}/salir")
    assert not to_contingency(world, browser)


def test_tester_who_could_not_enter_is_not_taken(world: World) -> None:
    tester = world.person(usuario="SINMAIL1")
    drill = begin(world, percent=0, testers=[tester.id])
    link, browser = f"/simulacro/{world.services.drills.token(drill, tester.id)}", world.browser()
    press(browser, link, link)
    assert not to_contingency(world, browser)


def test_link_of_no_drill_and_of_one_that_is_over_are_alike(world: World) -> None:
    tester = able(world, "DRILLADO")
    drill = begin(world, percent=0, testers=[tester.id])
    link, browser = f"/simulacro/{world.services.drills.token(drill, tester.id)}", world.browser()
    token = csrf_of(browser.get(link).text)
    world.services.drills.end(drill.id, "ana", "fin")
    for path in (link, "/simulacro/" + "x" * 43, "/simulacro/ñ"):
        assert (browser.get(path).status_code, "drill_unknown" in browser.get(path).text) == (
            404, True,
        )  # fmt: skip
        for action in (path, f"{path}/salir"):
            refused = browser.post(action, data={"csrf_token": token})
            assert (refused.status_code, "drill_unknown" in refused.text) == (404, True)


def test_joining_needs_a_form_of_this_browser(world: World) -> None:
    """Nobody is brought into a drill by a page elsewhere."""
    tester = able(world, "DRILLADO")
    drill = begin(world, percent=0, testers=[tester.id])
    link, browser = f"/simulacro/{world.services.drills.token(drill, tester.id)}", world.browser()
    token = csrf_of(world.browser().get(link).text)
    browser.get(link)
    for data in ({}, {"csrf_token": token}):
        assert browser.post(link, data=data).status_code == 403
    assert not to_contingency(world, browser)
