"""A report on A4, with an outline, by fpdf2: no browser and no system library is needed."""

from __future__ import annotations

from datetime import datetime

from fpdf import FPDF
from fpdf.enums import TableBordersLayout
from fpdf.fonts import FontFace

from idp.adapters.pdf.plotted import draw
from idp.web.report import Chapter, Figure, Grid, Paper

# The fonts that every reader has know these characters; all of Spanish is among them.
_ENCODING = "windows-1252"
_FONT = "Helvetica"
_ACCENT = (155, 27, 46)
_LINE = 5.5


def pdf_of(paper: Paper, made_at: datetime) -> bytes:
    """The paper's PDF: the same bytes for the same paper and moment."""
    pages = _Pages(paper.title)
    pages.set_creation_date(made_at)
    pages.add_page()
    pages.set_font(_FONT, "B", 18)
    pages.multi_cell(0, 9, _plain(paper.title), new_x="LMARGIN", new_y="NEXT")
    pages.ln(2)
    pages.sentences(paper.lead)
    for chapter in paper.chapters:
        _write(pages, chapter)
    pages.ln(4)
    pages.sentences(paper.note, size=9)
    return bytes(pages.output())


class _Pages(FPDF):
    """Pages with their number and title at the foot."""

    def __init__(self, title: str) -> None:
        super().__init__(format="A4")
        self.core_fonts_encoding = _ENCODING
        self.set_title(_plain(title))
        self.set_lang("es")
        self.set_author("VUCE")
        self.set_auto_page_break(True, margin=18)
        self._name = _plain(title)

    def footer(self) -> None:
        """At the foot of each page."""
        self.set_y(-14)
        self.set_font(_FONT, "", 8)
        self.cell(0, 5, f"{self._name} - {self.page_no()} de {{nb}}", align="R")

    def sentences(self, sentences: tuple[str, ...], size: float = 10.5) -> None:
        """A paragraph each."""
        self.set_font(_FONT, "", size)
        for one in sentences:
            self.multi_cell(0, _LINE, _plain(one), align="L", new_x="LMARGIN", new_y="NEXT")
            self.ln(1)


def _write(pages: _Pages, chapter: Chapter) -> None:
    pages.ln(4)
    if pages.will_page_break(30):
        pages.add_page()
    pages.set_font(_FONT, "B", 13)
    pages.set_draw_color(*_ACCENT)
    pages.line(pages.l_margin, pages.get_y(), pages.w - pages.r_margin, pages.get_y())
    pages.set_draw_color(0)
    pages.ln(1)
    pages.start_section(_plain(chapter.heading))
    pages.multi_cell(0, 8, _plain(chapter.heading), new_x="LMARGIN", new_y="NEXT")
    pages.sentences(chapter.sentences)
    _figures(pages, chapter.figures)
    if chapter.plot is not None:
        draw(pages, chapter.plot, _plain)
    for grid in chapter.grids:
        _grid(pages, grid)


def _figures(pages: _Pages, figures: tuple[Figure, ...]) -> None:
    for one in figures:
        pages.set_font(_FONT, "", 10.5)
        pages.cell(110, 6, _plain(one.label))
        pages.set_font(_FONT, "B", 10.5)
        pages.cell(0, 6, _plain(one.value), align="R", new_x="LMARGIN", new_y="NEXT")


def _grid(pages: _Pages, grid: Grid) -> None:
    pages.ln(3)
    if pages.will_page_break(24):
        pages.add_page()
    pages.set_font(_FONT, "B", 9.5)
    pages.multi_cell(0, 6, _plain(grid.caption), new_x="LMARGIN", new_y="NEXT")
    pages.set_font(_FONT, "", 8.5)
    with pages.table(
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        headings_style=FontFace(emphasis="BOLD"),
        line_height=4.6,
        col_widths=_widths(grid),
        text_align="LEFT",
    ) as table:
        for cells in (grid.head, *grid.rows):
            row = table.row()
            for cell in cells:
                row.cell(_plain(cell))


def _widths(grid: Grid) -> tuple[int, ...]:
    """By what the columns hold: a word that fits stays whole, a long text wraps."""
    columns = [[row[number] for row in (grid.head, *grid.rows)] for number in range(len(grid.head))]
    found = []
    for cells in columns:
        word = max(len(word) for cell in cells for word in (cell.split() or [""]))
        found.append(max(min(44, max(len(cell) for cell in cells)), min(24, word + 3), 8))
    return tuple(found)


def _plain(text: str) -> str:
    """With a question mark for what the font does not know."""
    return text.encode(_ENCODING, "replace").decode(_ENCODING)
