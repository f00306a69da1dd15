"""How a page is looked at: axe, in each scheme; nothing cut off, narrow or enlarged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# WCAG 2.2 AA, and what axe's authors think good.
RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    "resultTypes": ["violations"],
}
# What depends on the look; all else is the same in each.
COLOURS = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
    "resultTypes": ["violations"],
}
# How a page is looked at: name -> (colour scheme, contrast, forced colours, width).
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "more contrast": {"contrast": "more"},
    "forced colours": {"forced_colors": "active"},
}
NARROW = {"width": 320, "height": 640}
DESKTOP = {"width": 1280, "height": 900}
# 200 % of a window of 1280: half as many pixels of the page's own.
ENLARGED = {"width": 640, "height": 450}


def sound(page: Page, looks: Iterable[str] = LOOKS) -> None:
    """No violation in any of these looks; nothing cut off, narrow or enlarged."""
    page.wait_for_load_state("load")  # what a page is made of comes before its style sheet
    for number, name in enumerate(looks):
        page.emulate_media(
            **{"color_scheme": "light", "contrast": "no-preference", "forced_colors": "none"}
            | LOOKS[name]
        )
        if number:  # axe is in the page already
            ran = page.evaluate("options => axe.run(document, options)", COLOURS)
        else:
            ran = Axe().run(page, options=RULES).response
        found = ran["violations"]
        told = [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found]
        assert told == [], (page.url, name, told)
    page.emulate_media(color_scheme="light", contrast="no-preference", forced_colors="none")
    for size in (NARROW, ENLARGED):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        over = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert over <= 0, (page.url, size)
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
