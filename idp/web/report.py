"""A report for people who were not there: headings, sentences, figures and plots, whatever it is
written as (HTML here, PDF by an adapter).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from idp.web.plot import Plot


@dataclass(frozen=True)
class Figure:
    """A number with what it counts."""

    label: str
    value: str


@dataclass(frozen=True)
class Grid:
    """A table. head: of its columns, the first of which names each row."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Chapter:
    """A part, in this order: sentences, figures, plot, tables."""

    heading: str
    sentences: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    plot: Plot | None = None
    grids: tuple[Grid, ...] = ()


@dataclass(frozen=True)
class Paper:
    """The whole. note: at its end, how it can be checked."""

    title: str
    lead: tuple[str, ...]
    chapters: tuple[Chapter, ...]
    note: tuple[str, ...] = field(default=())
