"""docs/consola.md speaks of the switch's pages in the words that stand on them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from idp.admin.switch_words import POLICIES, STATES, WHY
from idp.admin.views.menu import MENU

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "consola.md").read_text(encoding="utf-8")
SECTION = re.search(
    r"^## El estado de SUNAT y sus cambios\n(.*?)^## ", TEXT, re.MULTILINE | re.DOTALL
)
assert SECTION, "the section is gone"
LABELS = sorted(
    {" ".join(one.split()) for one in re.findall(r"(?<!\*)\*{1}([^*]+)\*{1}(?!\*)", SECTION[1])}
)
SHOWN = {
    *(str(one.label) for one in MENU),
    *(str(text) for texts in (POLICIES, STATES, WHY) for text in texts.values()),
    *(
        one
        for path in (ROOT / "templates" / "consola").rglob("*.html")
        for one in re.findall(
            r"(?:trans[^%]*%\}|_\(')([^{'<]+?)(?:\{%|')", path.read_text(encoding="utf-8")
        )
    ),
}


@pytest.mark.parametrize("label", LABELS)
def test_word_that_the_guide_gives_as_a_label_stands_on_a_page(label: str) -> None:
    assert label in SHOWN


def test_guide_names_every_page_of_the_switch() -> None:
    assert len(LABELS) > 15
    for page in (
        "Ahora",
        "Cambiar",
        "Solicitudes",
        "Política",
        "Mantenimientos",
        "Simulacros",
        "Historia",
    ):
        assert f"***{page}***" in SECTION[1]
