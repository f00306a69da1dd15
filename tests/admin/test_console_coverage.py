"""The page of coverage: the figures of a choice, every reason with what to do about it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from console_desk import Desk, lacking

from idp.admin.coverage import Choice, CoverageBoard
from idp.admin.coverage_words import REASONS
from idp.admin.views.coverage import number, percent
from idp.kernel.clock import FixedClock
from idp.kernel.errors import IdpError
from idp.people.coverage import Coverage, Why
from idp.people.coverage_ports import Cell, Component, DayRow
from idp.people.standing import Standing
from tests.web.page_reader import Page, Spoken

PAGE = "/admin/cobertura"
COMPONENTS = (
    Component("mr", "Mercancías Restringidas", ("sol", "extranet")),
    Component("estricto", "Gestión de Autorizaciones", ("sol",), contingency=False),
    Component("conocido", "Origen", ("sol",), require_known_browser=True),
)


@dataclass
class Store:
    """Counts what it is told; how often it was asked."""

    counted: int = 0
    days_asked: list[tuple[Any, ...]] = field(default_factory=list)

    def count(
        self, since: datetime, since_day: date, now: datetime
    ) -> tuple[Sequence[Cell], Sequence[Cell]]:
        self.counted += 1
        return (
            [
                Cell("sol", Standing.ELIGIBLE, known=True, shared=False, count=600),
                Cell("sol", Standing.NO_ADDRESS, known=False, shared=False, count=300),
                Cell("sol", Standing.UNVERIFIED, known=False, shared=True, count=200),
                Cell("extranet", Standing.ELIGIBLE, known=False, shared=False, count=134),
            ],
            [
                Cell("sol", Standing.ELIGIBLE, known=True, shared=False, count=40, client_id="mr"),
                Cell("extranet", Standing.NEW, known=False, shared=False, count=9, client_id="mr"),
                Cell(
                    "sol",
                    Standing.ELIGIBLE,
                    known=True,
                    shared=False,
                    count=3,
                    client_id="estricto",
                ),
                Cell(
                    "sol",
                    Standing.ELIGIBLE,
                    known=False,
                    shared=False,
                    count=2,
                    client_id="conocido",
                ),
            ],
        )

    def has_day(self, day: date) -> bool:
        return True

    def keep_day(self, rows: Sequence[DayRow]) -> bool:
        return False

    def days(self, since: date, days: int, realm: str | None, client_id: str) -> Sequence[DayRow]:
        self.days_asked.append((days, realm, client_id))
        return [
            DayRow(
                date(2026, 11, 20) + timedelta(days=one),
                "sol",
                client_id,
                days,
                1_000,
                500 + one,
                {},
            )
            for one in range(3)
        ]

    def purge(self, days_before: date, uses_before: date) -> int:
        return 0


@pytest.fixture
def store() -> Store:
    return Store()


def coverage_of(store: Store, clock: FixedClock) -> Coverage:
    return Coverage(
        store=store,
        clock=clock,
        realms=("sol", "extranet"),
        components=lambda: COMPONENTS,
        kept=timedelta(days=1),
    )


@pytest.fixture
def board(store: Store, clock: FixedClock) -> CoverageBoard:
    labels = {"sol": "Clave SOL", "extranet": "Extranet"}
    return CoverageBoard(coverage=coverage_of(store, clock), labels=labels, clock=clock)


@pytest.mark.parametrize(
    ("choice", "people", "able", "components"),
    [
        (Choice(), 1_234, 734, ["mr", "estricto", "conocido"]),
        (Choice(30, "extranet"), 134, 134, ["mr"]),
        (Choice(30, "", "mr"), 49, 40, ["mr", "estricto", "conocido"]),
        (Choice(30, "extranet", "mr"), 9, 0, ["mr"]),
        (Choice(30, "", "estricto"), 3, 0, ["mr", "estricto", "conocido"]),
        (Choice(30, "", "conocido"), 2, 0, ["mr", "estricto", "conocido"]),
        (Choice(30, "extranet", "conocido"), 0, 0, ["mr"]),
    ],
)
def test_figures_are_those_of_the_choice(
    board: CoverageBoard, choice: Choice, people: int, able: int, components: list[str]
) -> None:
    found = board.of(choice)
    assert (found.figures.people, found.figures.able) == (people, able)
    assert [one.key for one in found.components] == components
    assert [name for name, _ in found.options] == ["mr", "estricto", "conocido"]


@pytest.mark.parametrize("choice", [Choice(7), Choice(30, "luna"), Choice(30, "", "nadie")])
def test_choice_that_there_is_not_is_not_found(board: CoverageBoard, choice: Choice) -> None:
    with pytest.raises(IdpError) as refused:
        board.of(choice)
    assert refused.value.status == 404


def test_people_are_counted_once_a_minute_for_each_window(
    board: CoverageBoard, store: Store, clock: FixedClock
) -> None:
    for choice in (Choice(), Choice(90, "sol"), Choice(90, "", "mr")):
        board.of(choice)
    assert store.counted == 1
    assert store.days_asked == [(90, None, ""), (90, "sol", ""), (90, None, "mr")]
    board.of(Choice(30))
    clock.advance(59)
    board.of(Choice())
    assert store.counted == 2
    clock.advance(1)
    board.of(Choice())
    assert store.counted == 3


@pytest.mark.parametrize("realm", [None, "sol", "extranet"])
@pytest.mark.parametrize("client_id", [None, "mr", "estricto"])
def test_programs_are_told_what_a_count_of_their_own_would_find(
    board: CoverageBoard, store: Store, clock: FixedClock, realm: str | None, client_id: str | None
) -> None:
    counted = coverage_of(store, clock).now(90, realm=realm, client_id=client_id)
    assert board.report(90, realm=realm, client_id=client_id) == counted
    board.of(Choice())
    assert store.counted == 2
    for wrong in ({"realm": "otro"}, {"client_id": "otro"}):
        with pytest.raises(IdpError, match=r"(realm|client)_unknown"):
            board.report(90, **wrong)
    assert store.counted == 2


def test_last_figures_are_shown_while_somebody_counts(
    board: CoverageBoard, store: Store, clock: FixedClock
) -> None:
    first = board.of(Choice())
    clock.advance(3_600)
    with board._counting:
        assert board.of(Choice()).at == first.at
    assert (board.of(Choice()).at, store.counted) == (clock.now(), 2)


def test_every_reason_has_words() -> None:
    assert set(REASONS) == set(Why)


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [(1, 2, "50"), (999, 1_000, "99"), (1, 1_000, "1"), (0, 5, "0"), (5, 5, "100")],
)
def test_share_is_all_or_nobody_only_where_it_is(part: int, whole: int, said: str) -> None:
    assert percent(part, whole) == f"{said}\u202f%"
    assert percent(0, 0) == "–"
    assert number(1_234_567) == "1\u202f234\u202f567"


@pytest.fixture
def counted(desk: Desk, store: Store, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The console with those figures."""
    board = desk.console.coverage
    monkeypatch.setattr(board, "_coverage", coverage_of(store, desk.world.clock))
    monkeypatch.setattr(board, "_reports", {})
    return desk


def test_page_tells_figures_reasons_and_what_to_do(counted: Desk) -> None:
    browser, _ = counted.visitor()
    text = browser.get(PAGE).text
    problems = Page(text.replace(" · Consola VUCE<", " · VUCE<")).problems()
    # The filters are a form that changes nothing: its answer can be kept as a link.
    assert [one for one in problems if "privacidad" not in one and "'get'" not in one] == []
    for said in ("<b>59\u202f%</b>", "de 1\u202f234 personas", "<b>600</b>", "<b>200</b>"):
        assert said in text
    reasons = re.findall(r'data-why="(\w+)">.*?href="#(\w+)"', text)
    assert reasons == [("no_address", "no_address"), ("unverified", "unverified")]
    for why, _ in reasons:
        assert f'<div id="{why}"><dt>' in text
    assert re.findall(r'data-component="(\w+)"', text) == ["mr", "estricto", "conocido"]
    assert "no admite la contingencia" in text
    assert text.count("<polyline") >= 2
    assert "20/11/2026" in text


@pytest.mark.parametrize(
    ("language", "said"), [("es", "de 1 persona<"), ("en", "of 1 person<"), ("qu", "de 1 persona<")]
)
def test_page_counts_one_person_in_the_singular(
    counted: Desk, store: Store, monkeypatch: pytest.MonkeyPatch, language: str, said: str
) -> None:
    one = Cell("sol", Standing.ELIGIBLE, known=True, shared=False, count=1)
    monkeypatch.setattr(store, "count", lambda *_: ([one], []))
    counted.language = language
    browser, _ = counted.visitor()
    assert said in browser.get(PAGE).text


def test_page_in_quechua_says_what_is_spanish(counted: Desk) -> None:
    counted.language = "qu"
    browser, _ = counted.visitor()
    spoken = Spoken(browser.get(PAGE).text)
    assert spoken.broken == []
    assert spoken.misplaced(lacking("qu"), "es") == []


def test_page_in_english_is_whole(counted: Desk) -> None:
    counted.language = "en"
    browser, _ = counted.visitor()
    page = browser.get(PAGE).text
    assert 'lang="es"' not in page.replace('lang="es" hreflang="es"', "")
    assert "Could log in" in page


def test_page_is_filtered_by_its_address(counted: Desk) -> None:
    browser, _ = counted.visitor()
    text = browser.get(f"{PAGE}?dias=30&tipo=sol&componente=conocido").text
    assert 'value="30" selected' in text
    assert 'value="sol" selected' in text
    assert 'value="conocido" selected' in text
    assert 'data-why="unknown_browser"' in text
    assert f'href="{PAGE}?dias=30&amp;tipo=sol&amp;componente=mr"' in text
    for wrong in ("dias=7", "dias=x", "dias=-1", "tipo=luna", "componente=nadie"):
        assert browser.get(f"{PAGE}?{wrong}").status_code == 404, wrong


@pytest.mark.parametrize(
    ("language", "said"),
    [("es", "Podrían ingresar"), ("en", "Could log in"), ("qu", "Yaykuyta atinkuman")],
)
def test_page_draws_the_history_in_its_language(counted: Desk, language: str, said: str) -> None:
    browser, _ = counted.visitor()
    text = browser.get(f"{PAGE}?idioma={language}").text
    (picture,) = re.findall(r'<svg class="plot".*?</svg>', text, re.DOTALL)
    assert f">{said}</text>" in picture
    assert 'aria-labelledby="historia-grafico-title historia-grafico-desc"' in picture
    assert "<polyline" in picture or "<circle" in picture


def test_another_language_keeps_what_was_filtered(desk: Desk) -> None:
    browser, _ = desk.visitor()
    text = browser.get(f"{PAGE}?dias=30&tipo=sol&otra=%22%3E&idioma=en").text
    assert 'href="?dias=30&amp;tipo=sol&amp;idioma=qu"' in text
    assert "otra" not in text
