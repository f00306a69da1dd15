"""Reading a page as a checker does: what must be on every one, and what must not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from html.parser import HTMLParser

_TAG_OR_PLACE = re.compile(r"<[^>]+>|%\(\w+\)s|\{\w+\}")
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


class Spoken(HTMLParser):
    """The texts of a page, each with the language that it is said to be in."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.texts: list[tuple[str, str]] = []
        self.broken: list[str] = []
        self._open: list[tuple[str, str]] = [("", "")]
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.broken += [f"{tag} {name}" for name, value in found.items() if "<" in value]
        if tag not in VOID:
            self._open.append((tag, found.get("lang", self._open[-1][1])))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            while self._open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((self._open[-1][1], " ".join(data.split())))

    def misplaced(self, sentences: Iterable[str], language: str) -> list[str]:
        """Texts that hold one of these sentences and are not said to be in this language."""
        wanted = [_pattern(part) for one in sentences for part in _TAG_OR_PLACE.split(one)]
        return [
            text
            for said, text in self.texts
            if said != language and any(one and one.search(text) for one in wanted)
        ]


def _pattern(part: str) -> re.Pattern[str] | None:
    """What finds a sentence's part; languages share words, so a short one must stand alone."""
    words = part.split()
    if not any(word.isalpha() and len(word) > 1 for word in words):
        return None
    found = re.escape(" ".join(words))
    return re.compile(found if len(words) > 3 else f"^{found}$")
