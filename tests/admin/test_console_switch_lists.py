"""Requests, windows and history at the console."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from console_desk import ConsoleClient, Desk
from console_switch import probed, untouched

from idp.admin.roles import Role
from idp.admin.switch_evidence import shown
from idp.admin.switch_history import contingencies, page_of
from idp.admin.switch_words import wanted
from idp.admin.views.switch_history import PAGE, lasted
from idp.upstream_status.changes import Transition
from idp.upstream_status.request import Request, RequestKind
from idp.upstream_status.state import FlagState, Why
from tests.support.world import START, World

PROBES = {
    "taken_at": "2026-03-02T15:00:00+00:00",
    "probes": [
        {"at": "2026-03-02T14:59:40.000+00:00", "ok": False,
         "steps": [{"step": "form", "outcome": "failed", "ms": 10_000, "code": "timeout",
                    "status": None, "tries": 2}]},
        {"at": "ayer", "ok": True, "steps": [{"step": "token", "outcome": "ok", "status": 400}]},
    ],
    "live": {"last_60_seconds": {"ok": 1, "failed": 7, "doubtful": 0, "started": 9}},
    "unavailable": ["redis"],
}  # fmt: skip


@pytest.fixture(autouse=True)
def _untouched(world: World) -> Iterator[None]:
    untouched(world)
    yield
    untouched(world)


def proposal(world: World, *, do_then: bool = True) -> Request:
    return world.services.switch.requests.ask(
        "sol", RequestKind.PROPOSAL, "down", reason="La sonda no logra ingresar", who="sonda",
        within=timedelta(minutes=10), do_then=do_then, evidence=PROBES,
    )  # fmt: skip


def test_proposal_is_shown_with_its_evidence_and_answered(desk: Desk) -> None:
    made = proposal(desk.world)
    browser, member = desk.visitor(Role.OPERATOR)
    listed = browser.get("/admin/solicitudes").text
    assert f'data-request="{made.id}"' in listed
    path = f"/admin/solicitudes/{made.id}"
    page = browser.get(path).text
    for words in (
        "Propuesta de la sonda",
        "Contingencia",
        "Plazo: 10:10 h. Sin respuesta, se hará.",
        "form: timeout",
    ):
        assert words in page
    assert browser.send(path, palabra="aprobar").status_code == 303
    assert not desk.world.services.upstream_status.up("sol")
    page = browser.get(path).text
    assert f"(console:{member.name}," in page
    assert 'id="aprobar"' not in page


def test_proposal_that_lapses_says_so(desk: Desk) -> None:
    made = proposal(desk.world, do_then=False)
    browser, _ = desk.visitor(Role.OPERATOR)
    assert "queda sin efecto" in browser.get(f"/admin/solicitudes/{made.id}").text
    desk.world.clock.advance(601)
    # Nobody settled it yet: it is over all the same.
    assert 'id="aprobar"' not in browser.get(f"/admin/solicitudes/{made.id}").text
    assert "Venció su plazo" in browser.get("/admin/solicitudes").text
    desk.world.services.switch.requests.step()
    assert "Venció sin respuesta" in browser.get("/admin/solicitudes").text


def test_own_request_is_withdrawn(desk: Desk) -> None:
    browser, member = desk.visitor(Role.OPERATOR)
    made = desk.world.services.switch.requests.ask(
        "sol", RequestKind.POLICY, "automatic", reason="prueba", who=f"console:{member.name}",
        within=timedelta(minutes=30), do_then=False,
    )  # fmt: skip
    page = browser.get(f"/admin/solicitudes/{made.id}").text
    assert 'id="propia"' in page
    assert "Retirar" in page
    assert browser.send(f"/admin/solicitudes/{made.id}", palabra="rechazar").status_code == 303
    assert "Rechazada" in browser.get("/admin/solicitudes").text


def test_request_without_a_word_or_that_there_is_not_is_refused(desk: Desk) -> None:
    made = proposal(desk.world)
    browser, _ = desk.visitor(Role.OPERATOR)
    path = f"/admin/solicitudes/{made.id}"
    assert browser.send(path, palabra="quizás").status_code == 400
    assert browser.get("/admin/solicitudes/req_no").status_code == 404
    unknown = browser.send("/admin/solicitudes/req_no", page=path, palabra="aprobar")
    assert (unknown.status_code, "request_unknown" in unknown.text) == (404, True)


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        (RequestKind.FLIP, "auto", "Automático"),
        (RequestKind.POLICY, "assisted", "Asistida"),
        (RequestKind.PROPOSAL, "up", "Se ingresa con SUNAT"),
    ],
)
def test_what_is_wanted_has_its_words(kind: RequestKind, value: str, words: str) -> None:
    assert wanted(kind, value) == words


def plan(browser: ConsoleClient, **changes: str) -> object:
    form = {
        "ingreso": "sol", "desde": "2026-03-09T22:00", "hasta": "2026-03-10T01:00",
        "motivo": "mantenimiento de SUNAT", **changes,
    }  # fmt: skip
    return browser.send("/admin/mantenimientos/nuevo", **form)


def test_window_is_announced_in_limas_hours_and_cancelled(desk: Desk) -> None:
    browser, member = desk.visitor(Role.OPERATOR)
    assert plan(browser).location == "/admin/mantenimientos?hecho=anunciado"  # type: ignore[attr-defined]
    (window,) = desk.world.services.switch.windows.all()
    assert window.starts_at == datetime.fromisoformat("2026-03-10T03:00:00+00:00")
    assert window.who == f"console:{member.name}"
    assert "De 22:00 h del 09/03/2026 a 01:00 h del 10/03/2026" in (
        browser.get("/admin/mantenimientos").text
    )
    path = f"/admin/mantenimientos/{window.id}"
    refused = browser.send(path, motivo="")
    assert (refused.status_code, 'id="motivo-error"' in refused.text) == (422, True)
    assert browser.send(path, motivo="SUNAT lo postergó").location.endswith("hecho=anulado")
    assert "anulado:" in browser.get("/admin/mantenimientos").text
    # Twice, and one that there is not.
    for gone in (path, "/admin/mantenimientos/win_no"):
        assert browser.get(gone).status_code == 404
        again = browser.send(gone, page="/admin/mantenimientos/nuevo", motivo="otra vez")
        assert (again.status_code, "window_unknown" in again.text) == (404, True)


def test_window_that_is_on_ends_now(desk: Desk) -> None:
    browser, _ = desk.visitor(Role.OPERATOR)
    now = desk.world.clock.now()
    switch = desk.world.services.switch
    window = switch.windows.plan(
        "sol", now - timedelta(hours=1), now + timedelta(hours=1), reason="prueba", who="ana"
    )
    assert not switch.status.up("sol")
    assert "Terminar el mantenimiento" in browser.get(f"/admin/mantenimientos/{window.id}").text
    browser.send(f"/admin/mantenimientos/{window.id}", motivo="terminó antes")
    assert switch.status.up("sol")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"ingreso": "luna"}, "ingreso"),
        ({"desde": ""}, "desde"),
        ({"desde": "mañana"}, "desde"),
        ({"desde": "0001-01-01T00:00"}, "hasta"),
        ({"hasta": "2026-03-09T22:00Z"}, "hasta"),
        ({"hasta": "9999-12-31T23:59"}, "hasta"),
        ({"hasta": "2026-03-09T21:00"}, "hasta"),
        ({"hasta": "2026-03-20T21:00"}, "hasta"),
        ({"motivo": "para ana@example.com"}, "motivo"),
    ],
)
def test_window_that_cannot_be_is_asked_for_again(
    desk: Desk, changes: dict[str, str], field: str
) -> None:
    browser, _ = desk.visitor(Role.OPERATOR)
    answer = plan(browser, **changes)
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert f'id="{field}-error"' in answer.text  # type: ignore[attr-defined]
    assert desk.world.services.switch.windows.all() == []


def flipped(world: World, times: int) -> None:
    """Contingencies of an hour, a day apart."""
    status = world.services.upstream_status
    for number in range(times):
        world.clock.advance(86_400)
        probed(world, healthy=False)
        status.set("sol", FlagState.FORCED_DOWN, reason=f"falla {number}", who="console:ana")
        world.clock.advance(3_600)
        status.set(
            "sol", FlagState.AUTO, reason="volvió", who="cli:luis", approved_by="console:eva"
        )


def rows(page: str) -> list[str]:
    return re.findall(r'data-change="([^"]+)"', page)


@pytest.mark.parametrize("view", ["vigente", "dicho"])
def test_history_is_paged_without_gaps_or_repeats(desk: Desk, view: str) -> None:
    flipped(desk.world, 15)
    browser, _ = desk.visitor()
    first = browser.get(f"/admin/historia?vista={view}").text
    link = re.search(r'href="([^"]+)" id="siguiente"', first)
    assert link
    second = browser.get(link[1].replace("&amp;", "&")).text
    assert 'id="siguiente"' not in second
    found = rows(first) + rows(second)
    assert len(rows(first)) == PAGE
    assert len(found) == len(set(found)) == 30
    assert found == sorted(found, key=lambda one: -int(one.rpartition("-")[2]))


def test_history_tells_who_how_by_whom_approved_and_what_was_known(desk: Desk) -> None:
    flipped(desk.world, 1)
    browser, _ = desk.visitor()
    said = browser.get("/admin/historia?vista=dicho").text
    for words in ("falla 0", "console:ana", "cli:luis, Comando", "lo aprobó console:eva"):
        assert words in said
    in_force = browser.get("/admin/historia").text
    for words in ("Un operador lo forzó: falla 0", "<dt>Se tomó</dt>", "01:00 h"):
        assert words in in_force
    assert "Contingencias: 1. Duraron en total 01:00 h." in in_force


def test_history_is_of_the_days_and_the_upstream_that_are_wanted(desk: Desk) -> None:
    flipped(desk.world, 3)
    browser, _ = desk.visitor()

    def count(query: str) -> int:
        return len(rows(browser.get(f"/admin/historia?{query}").text))

    for view in ("vigente", "dicho"):
        assert count(f"vista={view}&ingreso=sol") == 6
        assert count(f"vista={view}&ingreso=extranet") == 0
        assert count(f"vista={view}&desde=2026-03-04&hasta=2026-03-04") == 2
        assert count(f"vista={view}&desde=2026-03-05") == 2
        assert count(f"vista={view}&hasta=2026-03-03") == 2
        assert count(f"vista={view}&desde=&hasta=&ingreso=&dias=90") == 6


@pytest.mark.parametrize(
    "query",
    ["vista=otra", "ingreso=luna", "dias=7", "desde=ayer", "hasta=2026-13-01", "antes=x",
     "vista=dicho&antes=-1", "vista=dicho&antes=" + "9" * 30],
)  # fmt: skip
def test_history_of_what_there_is_not_is_not_found(desk: Desk, query: str) -> None:
    browser, _ = desk.visitor()
    assert browser.get(f"/admin/historia?{query}").status_code == 404


def test_contingency_that_began_before_the_plot_is_in_it(desk: Desk) -> None:
    desk.world.services.upstream_status.set("sol", FlagState.FORCED_DOWN, reason="larga", who="ana")
    desk.world.clock.advance(40 * 86_400)
    browser, _ = desk.visitor()
    page = browser.get("/admin/historia?dias=30").text
    assert "larga" in page
    assert "Contingencias: 1. Duraron en total 30 d 00:00 h." in page
    assert re.search(r'<rect x="8.0" y="\d+" width="464.0"', page)


def at(
    hours: float, *, up: bool, seq: int, why: Why = Why.JUDGED, realm: str = "sol"
) -> Transition:
    return Transition(realm, seq, START + timedelta(hours=hours), up, why)


def test_contingency_is_one_stretch_whatever_holds_it() -> None:
    found = contingencies(
        [
            at(5, up=True, seq=4),
            at(1, up=False, seq=1),
            at(2, up=False, seq=2, why=Why.FORCED_DOWN),
            at(3, up=False, seq=3, why=Why.HELD),
            at(6, up=False, seq=5),
            at(2, up=False, seq=1, realm="extranet"),
            at(4, up=True, seq=2, realm="extranet"),
        ]
    )
    assert [(one.realm, one.begin.hour, one.end and one.end.hour) for one in found] == [
        ("sol", 21, None),
        ("extranet", 17, 19),
        ("sol", 16, 20),
    ]
    assert found[0].lasted(START + timedelta(hours=8)) == timedelta(hours=2)
    assert contingencies([at(1, up=True, seq=1)]) == []


def test_page_ends_between_moments_never_within_one() -> None:
    found = [at(hours, up=True, seq=1) for hours in (9, 8, 7, 7, 6)]
    assert page_of(found, 3) == (found[:2], found[1].at)
    assert page_of(found, 5) == (found, None)
    same = [at(1, up=True, seq=number) for number in range(4)]
    assert page_of(same, 3) == (same[:3], same[0].at)


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(minutes=59, seconds=59), "00:59 h"),
        (timedelta(hours=26), "1 d 02:00 h"),
    ],
)
def test_length_of_a_contingency_is_said(span: timedelta, words: str) -> None:
    assert lasted(span) == words


def test_evidence_is_told_whatever_version_wrote_it() -> None:
    found = shown(PROBES)
    assert ("No respondió", "redis") in found.lines
    assert ("Ingresos de personas en 60 segundos",
            "1 bien, 7 con falla, 0 dudosos, 9 iniciados") in found.lines  # fmt: skip
    assert [(one.ok, one.told) for one in found.probes] == [
        (False, "form: timeout, 10000 ms"),
        (True, "token: ok 400, – ms"),
    ]
    assert found.probes[0].at == "09:59:40 h del 02/03/2026"
    assert not shown({})
    odd = shown({"probes": 3, "live": [1], "unavailable": "x", "healthy": "sí", "nuevo": {"a": 1}})
    assert odd.lines == (("Otros datos", '{"nuevo": {"a": 1}}'),)
