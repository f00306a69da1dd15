"""A small line plot as SVG, and the same figures as a table: for pages and reports.

It stands in the page itself and needs nothing else: no script, no style, no colour but the text's
own (lines differ by their dashes), so that it obeys the strictest policy and a dark page. Who
cannot see it hears title and description, and reads the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

# Narrow, so that its words can still be read on a telephone; each line has a row of the legend.
_WIDTH, _PLAIN_HEIGHT, _LEGEND_ROW = 480, 224, 24
_LEFT, _RIGHT, _TOP, _BELOW = 56, 16, 16, 32
_DASHES = ("", "8 4", "2 4", "12 4 2 4")
_STEPS = 4


@dataclass(frozen=True)
class Line:
    """A line of a plot: a value for each label, None where there is none."""

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Mark:
    """Something that happened at a label, by its number: an upright line through the plot."""

    number: int
    name: str


@dataclass(frozen=True)
class Plot:
    """What is shown. labels: along the bottom, the first and the last are written. top: where the
    scale ends, from 0 on; the largest value by default. unit: written behind each figure. marks:
    what happened meanwhile; marked: what they are called in the legend.
    """

    title: str
    description: str
    labels: tuple[str, ...]
    lines: tuple[Line, ...]
    top: float | None = None
    unit: str = ""
    marks: tuple[Mark, ...] = ()
    marked: str = ""

    @property
    def scale(self) -> float:
        """The value at the upper edge: more than nothing."""
        values = [value for line in self.lines for value in line.values if value is not None]
        return self.top or max([*values, 1.0])


def svg(plot: Plot, ident: str = "plot") -> Markup:
    """The plot, for a page's own markup. ident: begins the ids in it, of which a page has each
    once.
    """
    parts = [*_frame(plot), *_legend(plot)]
    for number, line in enumerate(plot.lines):
        parts.extend(_line(plot, line, _DASHES[number % len(_DASHES)]))
    parts.extend(_marks(plot))
    return Markup(
        '<svg class="plot" xmlns="http://www.w3.org/2000/svg" role="img" focusable="false" '
        'viewBox="0 0 {width} {height}" aria-labelledby="{ident}-title {ident}-desc">'
        '<title id="{ident}-title">{title}</title><desc id="{ident}-desc">{desc}</desc>'
        "{parts}</svg>"
    ).format(
        width=_WIDTH,
        height=_height(plot),
        ident=ident,
        title=plot.title,
        desc=plot.description,
        parts=Markup("").join(parts),
    )


def table(plot: Plot, heading: str) -> Markup:
    """Every figure of the plot, a row for each label. heading: what the labels are."""
    names = [heading, *(line.name for line in plot.lines)]
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(name) for name in names)
    rows = []
    for number, label in enumerate(plot.labels):
        cells = Markup("").join(
            Markup("<td>{}</td>").format(_figure(plot, line.values[number])) for line in plot.lines
        )
        rows.append(Markup('<tr><th scope="row">{}</th>{}</tr>').format(label, cells))
    return Markup(
        "<table><caption>{}</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table>"
    ).format(plot.title, head, Markup("").join(rows))


def _figure(plot: Plot, value: float | None) -> str:
    if value is None:
        return "–"
    text = f"{value:.0f}" if value == int(value) else f"{value:.1f}"
    return f"{text} {plot.unit}".strip()


def _x(plot: Plot, number: int) -> float:
    steps = max(1, len(plot.labels) - 1)
    return round(_LEFT + (_WIDTH - _LEFT - _RIGHT) * number / steps, 1)


def _y(plot: Plot, value: float) -> float:
    part = min(max(value / plot.scale, 0.0), 1.0)
    return round(_PLAIN_HEIGHT - _BELOW - (_PLAIN_HEIGHT - _TOP - _BELOW) * part, 1)


def _height(plot: Plot) -> int:
    return _PLAIN_HEIGHT + _LEGEND_ROW * (len(plot.lines) + bool(plot.marks))


def _frame(plot: Plot) -> Iterator[Markup]:
    for step in range(_STEPS + 1):
        value = plot.scale * step / _STEPS
        yield Markup(
            '<line x1="{left}" x2="{right}" y1="{y}" y2="{y}" stroke="currentColor" '
            'stroke-opacity="0.25"/>'
        ).format(left=_LEFT, right=_WIDTH - _RIGHT, y=_y(plot, value))
        yield _text(_LEFT - 8, _y(plot, value) + 4, _figure(plot, value), "end")
    if plot.labels:
        below = _PLAIN_HEIGHT - _BELOW + 20
        yield _text(_LEFT, below, plot.labels[0], "start")
        if len(plot.labels) > 1:
            yield _text(_WIDTH - _RIGHT, below, plot.labels[-1], "end")


def _legend(plot: Plot) -> Iterator[Markup]:
    for number, line in enumerate(plot.lines):
        y = _PLAIN_HEIGHT + _LEGEND_ROW * number + 8
        yield _stroke(((_LEFT, y), (_LEFT + 32, y)), _DASHES[number % len(_DASHES)])
        yield _text(_LEFT + 40, y + 4, line.name, "start")


def _marks(plot: Plot) -> Iterator[Markup]:
    for one in plot.marks:
        x = _x(plot, one.number)
        yield _upright(x, _TOP, _PLAIN_HEIGHT - _BELOW, one.name)
    if plot.marks:
        y = _PLAIN_HEIGHT + _LEGEND_ROW * len(plot.lines) + 8
        yield _upright(_LEFT + 16, y - 8, y + 8, plot.marked)
        yield _text(_LEFT + 40, y + 4, plot.marked, "start")


def _upright(x: float, top: float, bottom: float, name: str) -> Markup:
    """A thin line between two arrow-heads, so that it is no line of the plot."""
    return Markup(
        '<g fill="currentColor"><title>{name}</title>'
        '<line x1="{x}" x2="{x}" y1="{top}" y2="{bottom}" stroke="currentColor"/>'
        '<path d="M{left} {top}h8l-4 6z"/></g>'
    ).format(name=name, x=x, left=x - 4, top=top, bottom=bottom)


def _line(plot: Plot, line: Line, dash: str) -> Iterator[Markup]:
    for run in _runs(line.values):
        points = [(_x(plot, number), _y(plot, value)) for number, value in run]
        if len(points) > 1:
            yield _stroke(points, dash)
        else:  # a line of one point would not be seen
            yield Markup('<circle cx="{}" cy="{}" r="3" fill="currentColor"/>').format(*points[0])


def _runs(values: Sequence[float | None]) -> Iterator[list[tuple[int, float]]]:
    """What can be joined by a line: between two gaps."""
    run: list[tuple[int, float]] = []
    for number, value in enumerate(values):
        if value is not None:
            run.append((number, value))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _stroke(points: Sequence[tuple[float, float]], dash: str) -> Markup:
    dashes = Markup(' stroke-dasharray="{}"').format(dash) if dash else Markup("")
    return Markup(
        '<polyline points="{}" fill="none" stroke="currentColor" stroke-width="2"{}/>'
    ).format(" ".join(f"{x},{y}" for x, y in points), dashes)


def _text(x: float, y: float, words: str, anchor: str) -> Markup:
    return Markup(
        '<text x="{}" y="{}" font-size="16" fill="currentColor" text-anchor="{}">{}</text>'
    ).format(x, y, anchor, escape(words))
