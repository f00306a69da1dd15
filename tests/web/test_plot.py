"""The plot: well-formed, nothing that a strict policy refuses, and the same figures as a table."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from idp.web.plot import Line, Plot, svg, table

SVG = "{http://www.w3.org/2000/svg}"
PLOT = Plot(
    title='Cobertura <hoy> & "mañana"',
    description="De 10 a 90 %",
    labels=("lunes", "martes", "miércoles", "jueves"),
    lines=(Line("Podrían & pueden", (10.0, 50.0, None, 90.5)), Line("Otros", (0, 0, 0, 100))),
    top=100.0,
    unit="%",
)


def parsed(plot: Plot) -> ElementTree.Element:
    return ElementTree.fromstring(svg(plot, "cobertura"))


def lines_of(picture: ElementTree.Element) -> list[list[tuple[float, float]]]:
    return [
        [tuple(map(float, point.split(","))) for point in one.get("points", "").split()]  # type: ignore[misc]
        for one in picture.iter(f"{SVG}polyline")
    ]


def test_svg_says_its_title_and_description_to_who_cannot_see_it() -> None:
    picture = parsed(PLOT)
    assert picture.get("role") == "img"
    named = [picture.find(f"*[@id='{one}']") for one in picture.get("aria-labelledby", "").split()]
    assert [one.text for one in named if one is not None] == [PLOT.title, PLOT.description]


def test_svg_holds_nothing_that_a_strict_policy_refuses() -> None:
    text = svg(PLOT)
    assert not re.search(r"<(style|script|image|foreignObject|use)|\s(style|on\w+|href)=", text)


def test_svg_draws_what_is_there_and_leaves_a_gap() -> None:
    drawn = lines_of(parsed(PLOT))[2:]  # after the two of the legend
    first, second = drawn
    assert [len(first), len(second)] == [2, 4]
    # Upwards is less in a picture, and the scale ends at the top.
    assert first[0][1] > first[1][1]
    assert second[3][1] == min(y for line in drawn for _, y in line) == 16.0
    (dot,) = parsed(PLOT).iter(f"{SVG}circle")  # the value behind the gap
    assert float(dot.get("cx", "")) == second[3][0]


def test_svg_tells_its_lines_apart_without_colour() -> None:
    dashes = {one.get("stroke-dasharray") for one in parsed(PLOT).iter(f"{SVG}polyline")}
    assert len(dashes) == 2
    colours = {one.get("stroke") for one in parsed(PLOT).iter()} - {None}
    assert colours == {"currentColor"}


@pytest.mark.parametrize(
    "plot",
    [
        Plot("t", "d", (), ()),
        Plot("t", "d", (), (Line("a", ()),)),
        Plot("t", "d", ("uno",), (Line("a", (None,)),)),
        Plot("t", "d", ("uno",), (Line("a", (0,)),)),
        Plot("t", "d", ("uno", "dos"), (Line("a", (200, -5)),), top=100),
    ],
    ids=["nothing", "no day", "no value", "zero", "beyond the scale"],
)
def test_svg_of_little_or_odd_figures_stays_within_its_frame(plot: Plot) -> None:
    for line in lines_of(parsed(plot)):
        assert all(0 <= x <= 480 and 0 <= y <= 248 for x, y in line)


def test_table_has_every_figure() -> None:
    rows = list(ElementTree.fromstring(table(PLOT, "Día")).iter("tr"))
    assert [[cell.text for cell in row] for row in rows] == [
        ["Día", "Podrían & pueden", "Otros"],
        ["lunes", "10 %", "0 %"],
        ["martes", "50 %", "0 %"],
        ["miércoles", "–", "0 %"],
        ["jueves", "90.5 %", "100 %"],
    ]
