"""The manual is true of the demo, and what it becomes is open to all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from idp.help.manual import facts, read_manual
from idp.help.markup import Picture, read
from idp.settings import load
from idp.wiring import TEMPLATES
from manual.documents import Written, write
from manual.making import walk
from tests.browser.looking import sound
from tests.support.demo import Demo
from tests.support.pictures import png

pytestmark = pytest.mark.browser
Contexts = Callable[..., BrowserContext]
# What no screen says: the walk must not be content with it.
WRONG = """## Prueba {#prueba}

<!-- pantalla: elegir -->

Pulse [[Ingresar con Clave]] y mire [[no-hay|Nada]].
"""


def test_every_screen_and_label_of_the_manual_is_there_and_what_is_not_is_said(
    demo: Demo, chromium: Browser
) -> None:
    values = facts(load(demo.environment))
    folder = TEMPLATES / "ayuda"
    files = [(one.name, one.read_text(encoding="utf-8")) for one in sorted(folder.glob("*.md"))]
    document = read([*files, ("99.md", WRONG)], values)
    assert len(document.labels) > 60
    assert walk(demo, chromium, document, None) == [
        "99.md:5, «Prueba»: the screen `elegir` does not say «Ingresar con Clave»",
        "99.md:5, «Prueba»: «Nada»: there is no screen `no-hay`",
    ]


def test_documents_are_open_to_all_and_the_pdf_has_tags_and_an_outline(
    demo: Demo, chromium: Browser, new_context: Contexts, tmp_path: Path
) -> None:
    document = read_manual(TEMPLATES / "ayuda", facts(load(demo.environment)))
    (tmp_path / "imagenes").mkdir()
    (tmp_path / "imagenes" / "una.png").write_bytes(png(1140, 600))
    pictures = {one.name: Picture("imagenes/una.png", 760, 400) for one in document.screens}
    content = document.html(pictures, lazy=False)
    html, pdf = write(tmp_path, [Written("manual", "Manual", content, document.headings)], chromium)
    page = new_context().new_page()
    page.goto(html.as_uri())
    expect(page.locator("figure")).to_have_count(sum(one.pictured for one in document.screens))
    expect(page.locator("nav a")).to_have_count(len(document.headings))
    sound(page, ("light",))
    printed = pdf.read_bytes()
    assert printed.startswith(b"%PDF-")
    for mark in (b"/StructTreeRoot", b"/Outlines", b"/Lang (es)", b"/Marked true"):
        assert mark in printed, mark
