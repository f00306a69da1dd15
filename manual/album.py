"""What a walk brings home: the texts of each screen, its picture, and what went wrong."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

# Every text that a person can read: of each element as a whole, and line by line.
_TEXTS = """() => {
  const texts = new Set();
  for (const one of document.querySelectorAll("body *")) {
    if (one instanceof SVGElement || !one.checkVisibility({visibilityProperty: true})) continue;
    const said = (one.innerText ?? "").trim();
    for (const text of [said, ...said.split("\\n")]) {
      const plain = text.replace(/\\s+/g, " ").trim();
      if (!plain || plain.length > 300) continue;
      texts.add(plain);
      // A label with its value in one line.
      const [, label] = plain.match(/^([^:]{1,40}): \\S/) ?? [];
      if (label) texts.add(label);
    }
  }
  return [...texts];
}"""
# A red box around each, for the picture alone.
_MARK = """boxes => {
  for (const box of boxes) {
    const frame = document.createElement("div");
    frame.className = "manual-mark";
    frame.setAttribute("aria-hidden", "true");
    Object.assign(frame.style, {
      position: "absolute", pointerEvents: "none", zIndex: "9999", boxSizing: "border-box",
      border: "3px solid #d40000", borderRadius: "4px",
      left: `${box.x + scrollX - 6}px`, top: `${box.y + scrollY - 6}px`,
      width: `${box.width + 12}px`, height: `${box.height + 12}px`,
    });
    document.body.append(frame);
  }
}"""
# The demo's own addresses would teach people to trust such ones.
_HIDE_ADDRESSES = """() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    texts.currentNode.data = texts.currentNode.data.replace(
      /https?:\\/\\/localhost:\\d+((?:\\/[a-z-]+)*\\/)[\\w-]{20,}/g, "https://…$1…");
  }
}"""
_UNMARK = "() => document.querySelectorAll('.manual-mark').forEach(one => one.remove())"
# Of what stands beside the part that is pictured, in CSS pixels.
_AROUND = 14


class Album:
    """folder: where pictures go; None: none is taken, all else is done. wanted: the screens that
    the text shows.
    """

    def __init__(self, folder: Path | None, wanted: Iterable[str]) -> None:
        self._folder = folder
        self._wanted = set(wanted)
        self.seen: dict[str, set[str]] = {}
        self.problems: list[str] = []
        self._last = ""

    @property
    def pictures(self) -> bool:
        """Whether any are taken."""
        return self._folder is not None

    def show(
        self,
        name: str,
        page: Page,
        *,
        mark: Iterable[str] = (),
        part: str = "main",
        top: str | None = None,
        says: Iterable[str] = (),
    ) -> None:
        """A screen as it is now. mark: what gets a red box. says: what it says beyond its page.

        The picture reaches from the top of the page, or of the element `top`, to the end of the
        element `part`.
        """
        self._last = name
        page.wait_for_load_state()
        self.seen[name] = {*page.evaluate(_TEXTS), *says}
        for selector in mark:
            if not self._boxes(page, selector):
                self.problems.append(f"the screen `{name}` has no {selector} to mark")
        if name not in self._wanted or self._folder is None:
            return
        page.evaluate(_HIDE_ADDRESSES)
        page.evaluate(_MARK, [box for selector in mark for box in self._boxes(page, selector)])
        page.screenshot(
            path=self._folder / f"{name}.png",
            full_page=True,
            clip=_clip(page, top, part),
            animations="disabled",
        )
        page.evaluate(_UNMARK)

    def stopped(self, scene: str, error: Exception) -> None:
        """A part of the walk that came to no end."""
        said = [line.strip(" -") for line in str(error).splitlines() if line.strip()]
        waited = [line for line in said[1:] if line.startswith("waiting for")]
        why = " ".join([*said[:1], *waited[:1]]) or type(error).__name__
        after = f" after the screen `{self._last}`" if self._last else ""
        self.problems.append(f"the walk «{scene}» stopped{after}: {why}")

    def _boxes(self, page: Page, selector: str) -> list[Any]:
        return [one.bounding_box() for one in page.locator(selector).all() if one.is_visible()]


def _clip(page: Page, top: str | None, part: str) -> Any:
    def edges(selector: str) -> tuple[float, float]:
        box = page.locator(selector).first.bounding_box()
        assert box is not None, f"nothing to picture: {selector}"
        above = box["y"] + page.evaluate("scrollY")
        return above, above + box["height"]

    begin = max(0, edges(top)[0] - _AROUND) if top else 0
    width = page.evaluate("document.documentElement.clientWidth")
    return {"x": 0, "y": begin, "width": width, "height": edges(part)[1] + _AROUND - begin}
