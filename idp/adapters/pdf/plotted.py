"""A plot on paper: the same scales and dashes as on a page (`web.plot`)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from fpdf import FPDF

from idp.web.plot import Plot

_HEIGHT = 52.0
_LEFT = 14.0
_STEPS = 4
# Millimetres of line and gap.
_DASHES = ((0.0, 0.0), (3.0, 1.5), (0.8, 1.5), (4.5, 1.2))


def draw(pages: FPDF, plot: Plot, plain: Callable[[str], str]) -> None:
    """At the present height, over the whole width; it goes on below."""
    rows = len(plot.lines)
    if pages.will_page_break(_HEIGHT + 16 + 5 * rows):
        pages.add_page()
    pages.set_font("Helvetica", "B", 9.5)
    pages.multi_cell(0, 6, plain(plot.title), new_x="LMARGIN", new_y="NEXT")
    top, left = pages.get_y() + 1, pages.l_margin + _LEFT
    width = pages.epw - _LEFT - 4
    _frame(pages, plot, plain, left, top, width)
    for number, line in enumerate(plot.lines):
        on, off = _DASHES[number % len(_DASHES)]
        pages.set_line_width(0.5)
        pages.set_dash_pattern(dash=on, gap=off)
        steps = max(1, len(plot.labels) - 1)
        points = [
            (left + width * at / steps, _y(plot, value, top))
            for at, value in enumerate(line.values)
            if value is not None
        ]
        for (x1, y1), (x2, y2) in pairwise(points):
            pages.line(x1, y1, x2, y2)
        y = top + _HEIGHT + 9 + 5 * number
        pages.line(left, y, left + 12, y)
        pages.set_dash_pattern()
        pages.set_line_width(0.2)
        pages.text(left + 15, y + 1, plain(line.name))
    pages.set_y(top + _HEIGHT + 10 + 5 * rows)
    pages.set_font("Helvetica", "", 8.5)
    pages.multi_cell(0, 4.6, plain(plot.description), new_x="LMARGIN", new_y="NEXT")


def _frame(
    pages: FPDF, plot: Plot, plain: Callable[[str], str], left: float, top: float, width: float
) -> None:
    pages.set_font("Helvetica", "", 8)
    pages.set_draw_color(170)
    for step in range(_STEPS + 1):
        value = plot.scale * step / _STEPS
        y = _y(plot, value, top)
        pages.line(left, y, left + width, y)
        words = f"{value:.0f}" if value == int(value) else f"{value:.1f}"
        pages.text(left - 2 - pages.get_string_width(words), y + 1, words)
    pages.set_draw_color(0)
    if plot.labels:
        below = top + _HEIGHT + 4
        pages.text(left, below, plain(plot.labels[0]))
        last = plain(plot.labels[-1])
        pages.text(left + width - pages.get_string_width(last), below, last)


def _y(plot: Plot, value: float, top: float) -> float:
    return top + _HEIGHT * (1 - min(max(value / plot.scale, 0.0), 1.0))
