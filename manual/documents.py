"""Writing a text as a page that stands alone, and as a PDF with tags and an outline."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from html import escape
from importlib.metadata import version
from pathlib import Path

from babel.dates import format_date
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from playwright.sync_api import Browser

from idp.help.markup import Heading
from idp.wiring import TEMPLATES

_OURS = Path(__file__).with_name("templates")
_FOOT = (
    '<div style="width:100%;padding:0 18mm;display:flex;justify-content:space-between;'
    'font:8pt Arial,sans-serif;color:#5c534d"><span>{title} · VUCE</span>'
    '<span>Página <span class="pageNumber"></span> de <span class="totalPages"></span></span></div>'
)


@dataclass(frozen=True)
class Written:
    """A text to write. headings: its table of contents; none: it has none."""

    name: str
    title: str
    content: Markup
    headings: Iterable[Heading] = ()


def write(folder: Path, texts: Iterable[Written], browser: Browser) -> list[Path]:
    """`<name>.html` and `<name>.pdf` of each, beside one style sheet; what was written."""
    style = (TEMPLATES / "static/css/vuce.css").read_text(encoding="utf-8")
    style += (_OURS / "impreso.css").read_text(encoding="utf-8")
    (folder / "estilo.css").write_text(style, encoding="utf-8")
    environment = Environment(
        loader=FileSystemLoader(_OURS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template, made = environment.get_template("documento.html"), []
    today = format_date(date.today(), "d 'de' MMMM 'de' y", locale="es_PE")
    for one in texts:
        page, pdf = folder / f"{one.name}.html", folder / f"{one.name}.pdf"
        page.write_text(
            template.render(
                title=one.title,
                version=version("vuce-idp"),
                date=today,
                headings=list(one.headings),
                content=one.content,
            ),
            encoding="utf-8",
        )
        print_pdf(browser, page, pdf, one.title)
        made += [page, pdf]
    return made


def print_pdf(browser: Browser, page: Path, pdf: Path, title: str) -> None:
    """A4, by the browser. Both are paths."""
    context = browser.new_context(locale="es-PE", color_scheme="light", java_script_enabled=False)
    shown = context.new_page()
    shown.goto(page.resolve().as_uri(), wait_until="load")
    shown.pdf(
        path=pdf,
        prefer_css_page_size=True,
        print_background=True,
        display_header_footer=True,
        header_template="<span></span>",
        footer_template=_FOOT.format(title=escape(title)),
        tagged=True,
        outline=True,
    )
    context.close()
