"""What each role may do on the pages of the switch: a row for each page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from console_desk import ConsoleClient, Desk, lacking
from console_switch import probed, untouched

from idp.admin.roles import Role
from idp.upstream_status.request import RequestKind
from idp.upstream_status.state import FlagState
from tests.support.world import World, csrf_of
from tests.web.page_reader import Page, Spoken

ALL = frozenset(Role)
FLIPPERS = frozenset({Role.OPERATOR, Role.ADMIN})
REASON = {"motivo": "prueba de roles"}
# Method, path, what is sent, who may, what they are answered.
ROWS = (
    ("GET", "/admin", {}, ALL, 200),
    ("GET", "/admin/ahora", {}, ALL, 200),
    ("GET", "/admin/historia", {}, ALL, 200),
    ("GET", "/admin/solicitudes", {}, ALL, 200),
    ("GET", "/admin/solicitudes/{request}", {}, ALL, 200),
    ("GET", "/admin/mantenimientos", {}, ALL, 200),
    ("GET", "/admin/cambiar/sol", {}, FLIPPERS, 200),
    ("POST", "/admin/cambiar/sol", {"estado": "forced_down", **REASON}, FLIPPERS, 200),
    ("GET", "/admin/politica/sol", {}, FLIPPERS, 200),
    ("POST", "/admin/politica/sol", {"politica": "assisted", **REASON}, FLIPPERS, 303),
    ("POST", "/admin/solicitudes/{request}", {"palabra": "rechazar"}, FLIPPERS, 303),
    ("GET", "/admin/simulacros", {}, ALL, 200),
    ("GET", "/admin/simulacros/nuevo", {}, FLIPPERS, 200),
    (
        "POST",
        "/admin/simulacros/nuevo",
        {"ingreso": "sol", "porcentaje": "5", "plazo": "60", **REASON},
        FLIPPERS,
        303,
    ),
    ("GET", "/admin/mantenimientos/nuevo", {}, FLIPPERS, 200),
    (
        "POST",
        "/admin/mantenimientos/nuevo",
        {"ingreso": "sol", "desde": "2026-03-09T22:00", "hasta": "2026-03-10T01:00", **REASON},
        FLIPPERS,
        303,
    ),
    ("GET", "/admin/mantenimientos/{window}", {}, FLIPPERS, 200),
    ("POST", "/admin/mantenimientos/{window}", REASON, FLIPPERS, 303),
    ("GET", "/admin/informes/{report}", {}, ALL, 200),
    ("GET", "/admin/informes/{report}/pdf", {}, ALL, 200),
)


@pytest.fixture(autouse=True)
def _untouched(world: World) -> Iterator[None]:
    untouched(world)
    yield
    untouched(world)


def told(desk: Desk, browser: ConsoleClient, row: tuple[str, str, dict[str, str]]) -> int:
    """The status of one row's answer."""
    method, path, form = row
    switch, now = desk.world.services.switch, desk.world.clock.now()
    if "{request}" in path:
        asked = switch.requests.ask(
            "sol", RequestKind.FLIP, "auto", reason="prueba", who="otra",
            within=timedelta(minutes=30), do_then=False,
        )  # fmt: skip
        path = path.format(request=asked.id)
    elif "{report}" in path:
        switch.status.set("sol", FlagState.FORCED_DOWN, reason="prueba", who="otra")
        last = switch.transitions.last("sol")
        assert last is not None
        path = path.format(report=last.id)
    elif "{window}" in path:
        begin = now + timedelta(days=1)
        ends = begin + timedelta(hours=1)
        window = switch.windows.plan("extranet", begin, ends, reason="prueba", who="otra")
        path = path.format(window=window.id)
    if method == "GET":
        return browser.get(path).status_code
    token = csrf_of(browser.get("/admin/cuenta").text)
    return browser.post(path, data={"csrf_token": token, **form}).status_code


@pytest.mark.parametrize("role", Role)
def test_each_role_has_its_pages_and_no_other(desk: Desk, role: Role) -> None:
    browser, _ = desk.visitor(role)
    found = {
        (method, path): told(desk, browser, (method, path, dict(form)))
        for method, path, form, _, _ in ROWS
    }
    assert found == {
        (method, path): status if role in who else 403 for method, path, _, who, status in ROWS
    }


def test_who_is_not_logged_in_sees_none_of_them(desk: Desk) -> None:
    browser = desk.browser()
    token = csrf_of(browser.get("/admin/ingresar").text)
    for method, path, form, _, _ in ROWS:
        data = {"csrf_token": token, **form} if method == "POST" else None
        answer = browser.open(path, method=method, data=data)
        assert (answer.status_code, answer.location.split("?")[0]) == (303, "/admin/ingresar")


def test_report_as_a_file_stays_in_no_cache(desk: Desk) -> None:
    switch = desk.world.services.switch
    switch.status.set("sol", FlagState.FORCED_DOWN, reason="prueba", who="otra")
    last = switch.transitions.last("sol")
    assert last is not None
    browser, _ = desk.visitor(Role.VIEWER)
    for form in ("html", "pdf", "json"):
        answer = browser.get(f"/admin/informes/{last.id}/{form}")
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")


def test_pages_offer_nobody_what_their_role_may_not_do(desk: Desk) -> None:
    for role in Role:
        browser, _ = desk.visitor(role)
        offered = {
            words: words in browser.get(path).text
            for path, words in (
                ("/admin", 'id="cambiar-sol"'),
                ("/admin", 'id="politica-sol"'),
                ("/admin/mantenimientos", 'id="anunciar"'),
            )
        }
        assert set(offered.values()) == {role in FLIPPERS}, role


def pages(desk: Desk) -> dict[str, str]:
    """Each page of an operator's, with something on it, and what forms answer that lack all."""
    switch, now = desk.world.services.switch, desk.world.clock.now()
    switch.switchboard.second = True
    probed(desk.world, healthy=False)
    browser, _ = desk.visitor(Role.OPERATOR)
    switch.status.set("sol", FlagState.FORCED_DOWN, reason="prueba", who="ana")
    begin = now + timedelta(days=1)
    window = switch.windows.plan("sol", begin, begin + timedelta(hours=1), reason="x", who="ana")
    asked = switch.requests.ask(
        "sol", RequestKind.FLIP, "auto", reason="prueba", who="otra",
        within=timedelta(minutes=30), do_then=False,
    )  # fmt: skip
    found = {
        path: browser.get(path).text
        for path in (
            "/admin", "/admin/cambiar/sol", "/admin/politica/sol", "/admin/solicitudes",
            f"/admin/solicitudes/{asked.id}", "/admin/mantenimientos",
            "/admin/mantenimientos/nuevo", f"/admin/mantenimientos/{window.id}",
            "/admin/historia", "/admin/historia?vista=dicho",
        )
    }  # fmt: skip
    for path in ("/admin/cambiar/sol", "/admin/politica/sol", "/admin/mantenimientos/nuevo"):
        found[f"{path}, refused"] = browser.send(path).text
    wish = {"estado": "forced_up", "plazo": "60", **REASON}
    found["review"] = browser.send("/admin/cambiar/sol", **wish).text
    return found


def test_pages_are_whole_in_spanish(desk: Desk) -> None:
    for name, text in pages(desk).items():
        problems = Page(text.replace(" · Consola VUCE<", " · VUCE<")).problems()
        # Filters are sent by GET, so that the address of the page holds them.
        left = [one for one in problems if "'method': 'get'" not in one]
        assert left == ["no link to /privacidad"], name


def test_pages_in_quechua_say_that_their_words_are_spanish(desk: Desk) -> None:
    desk.language = "qu"
    for name, text in pages(desk).items():
        spoken = Spoken(text)
        assert spoken.broken == [], name
        # A component is called so, and so is a role.
        found = [one for one in spoken.misplaced(lacking("qu"), "es") if one != "Consulta"]
        assert found == [], name
