"""Reading a page as a checker does: what must be on every one, and what must not."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br", "img", "path", "circle", "hr", "line", "rect"}


class Page(HTMLParser):
    """Elements, ids, labels and inline code of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()
        self.attributes: list[tuple[str, dict[str, str]]] = []
        self.text = text
        self.inline: list[str] = []
        self._script = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.counts[tag] += 1
        self.attributes.append((tag, found))
        self.inline += [f"{tag} {name}" for name in found if name.startswith("on")]
        self.inline += [f"{tag} style"] if "style" in found else []
        self.inline += ["<style>"] if tag == "style" else []
        self.inline += [f"{tag} javascript:" for value in found.values() if "javascript:" in value]
        self.inline += ["<script>"] if tag == "script" and not found.get("src") else []

    def all(self, tag: str) -> list[dict[str, str]]:
        return [found for name, found in self.attributes if name == tag]

    def problems(self) -> list[str]:
        """Everything that a page of ours may not lack or have."""
        found = list(self.inline)
        if self.all("html")[0].get("lang") != "es":
            found.append("no lang")
        if self.counts["h1"] != 1:
            found.append(f"{self.counts['h1']} h1")
        if not re.search(r"<title>[^<]+ · VUCE</title>", self.text):
            found.append("no title")
        if not any(one.get("name") == "viewport" for one in self.all("meta")):
            found.append("no viewport")
        if not any(one.get("href") == "#contenido" for one in self.all("a")):
            found.append("no skip link")
        if not any(one.get("href") == "/privacidad" for one in self.all("a")):
            found.append("no link to /privacidad")
        labels = {one.get("for") for one in self.all("label")}
        for one in self.all("input"):
            if one.get("type") != "hidden" and one.get("id") not in labels:
                found.append(f"input {one.get('name')} without a label")
        for one in self.all("form"):
            if one.get("method") != "post" or not one.get("action", "").startswith("/"):
                found.append(f"form {one}")
        ids = Counter(one["id"] for _, one in self.attributes if "id" in one)
        found += [f"id {name} twice" for name, count in ids.items() if count > 1]
        if re.search(r"Traceback|Error\b.*line \d|\{\{|\}\}|None\b", self.text):
            found.append("something of the machine")
        return found
