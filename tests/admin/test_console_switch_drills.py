"""Drills at the console: begun, looked at, ended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from console_desk import ConsoleClient, Desk
from console_switch import untouched
from werkzeug.test import TestResponse

from idp.admin.roles import Role
from idp.admin.switch_drills import STAGES, read, steps, why_not
from idp.upstream_status.drill_choice import Drill
from idp.upstream_status.drill_report import DrillReport
from idp.upstream_status.state import FlagState
from tests.support.world import World

NEW = "/admin/simulacros/nuevo"
FORM = {
    "ingreso": "sol", "porcentaje": "5", "plazo": "60", "otra": "", "motivo": "prueba mensual",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _none(world: World) -> Iterator[None]:
    untouched(world)
    yield
    for one in world.services.drills.list():
        if one.on(world.clock.now()):
            world.services.drills.end(one.id, "prueba", "terminó la prueba")
    untouched(world)


def begin(browser: ConsoleClient, **changes: str) -> TestResponse:
    return browser.send(NEW, **{**FORM, **changes})


def newest(desk: Desk) -> Drill:
    return desk.world.services.drills.list(1)[0]


def test_drill_is_begun_shown_and_ended(desk: Desk) -> None:
    browser, member = desk.visitor(Role.OPERATOR)
    begun = begin(browser, componentes="mr")
    drill = newest(desk)
    path = f"/admin/simulacros/{drill.id}"
    assert begun.location == f"{path}?hecho=comenzado"
    assert (drill.realm, drill.clients, drill.percent) == ("sol", ("mr",), 5)
    assert drill.who == f"console:{member.name}"
    assert drill.ends_at - drill.begins_at == timedelta(hours=1)
    assert "Mercancías Restringidas" in browser.get("/admin/simulacros").text
    assert 'id="terminar"' in browser.get(path).text
    refused = browser.send(path, motivo="")
    assert (refused.status_code, 'id="motivo-error"' in refused.text) == (422, True)
    assert browser.send(path, motivo="terminó antes").location == f"{path}?hecho=terminado"
    over = browser.get(path).text
    assert "Lo terminó un operador" in over
    assert 'id="terminar"' not in over
    again = browser.send(path, page=NEW, motivo="otra vez")
    assert (again.status_code, "drill_over" in again.text) == (409, True)


def test_second_drill_of_the_same_people_is_refused(desk: Desk) -> None:
    browser, _ = desk.visitor(Role.OPERATOR)
    begin(browser)
    answer = begin(browser, componentes="mr")
    assert (answer.status_code, "Ya hay un simulacro en curso" in answer.text) == (409, True)


def test_drill_of_what_is_in_contingency_is_refused(desk: Desk) -> None:
    browser, _ = desk.visitor(Role.OPERATOR)
    status = desk.world.services.upstream_status
    status.set("sol", FlagState.FORCED_DOWN, reason="prueba", who="ana")
    answer = begin(browser)
    assert (answer.status_code, "ya no sería un simulacro" in answer.text) == (409, True)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"ingreso": "luna"}, "ingreso"),
        ({"componentes": "nadie"}, "componentes"),
        ({"componentes": "estricto"}, "componentes"),
        ({"ingreso": "extranet", "componentes": "origen"}, "componentes"),
        ({"porcentaje": "0"}, "porcentaje"),
        ({"porcentaje": "101"}, "porcentaje"),
        ({"porcentaje": "x"}, "porcentaje"),
        ({"plazo": "otra", "otra": "25h"}, "otra"),
        ({"plazo": "otra"}, "otra"),
        ({"motivo": "para ana@example.com"}, "motivo"),
    ],
)
def test_form_of_a_drill_that_cannot_be_is_shown_again(
    desk: Desk, changes: dict[str, str], field: str
) -> None:
    browser, _ = desk.visitor(Role.OPERATOR)
    answer = begin(browser, **changes)
    assert (answer.status_code, f'id="{field}-error"' in answer.text) == (422, True)


def test_drill_that_there_is_not_has_no_page(desk: Desk) -> None:
    browser, _ = desk.visitor()
    answer = browser.get("/admin/simulacros/drl_no")
    assert (answer.status_code, "drill_unknown" in answer.text) == (404, True)


def test_ticked_components_stay_ticked() -> None:
    found = read({**FORM, "porcentaje": ""}, ["mr", "mr", "origen"], ["sol"], ())
    assert found.clients == ("mr", "origen")
    assert found.plan is None


def test_report_is_told_in_words() -> None:
    told = DrillReport("drl_1", chosen=9, left=2, why_not={"mail:timeout": 3, "otro:x": 1})
    assert [(str(name), count) for name, count in steps(told) if count] == [
        ("Elegidos", 9),
        ("Prefirieron SUNAT", 2),
    ]
    assert why_not(told) == [(STAGES["mail"], "timeout", 3), ("otro", "x", 1)]
