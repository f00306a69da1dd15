"""Whether what a text says of a screen is there: pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from markdown_it import MarkdownIt

from idp.help.markup import Document, Label, Place

# Of a label that any screen may show.
ANYWHERE = ""
_LONGEST_GAP = 150


def is_said(label: str, texts: Collection[str]) -> bool:
    """Whether one of a screen's texts is this label, whole; `…` stands for whatever differs."""
    if label in texts:
        return True
    if "…" not in label:
        return False
    parts = (re.escape(part) for part in label.split("…"))
    pattern = re.compile(f".{{1,{_LONGEST_GAP}}}".join(parts))
    return any(pattern.fullmatch(text) for text in texts)


def emphasised(file: str, text: str) -> list[Label]:
    """The labels of a guide, which marks them as other Markdown does: *Revise su correo*."""
    found = []
    for block in MarkdownIt("commonmark").enable("table").parse(text):
        if block.type != "inline" or block.map is None:
            continue
        words: list[str] | None = None
        line = block.map[0] + 1
        for token in block.children or []:
            if token.type == "em_open":
                words = []
            elif token.type == "em_close" and words is not None:
                found.append(Label("".join(words), ANYWHERE, Place(file, line, "")))
                words = None
            elif token.type == "softbreak":
                line += 1
            if words is not None:
                words.append(" " if token.type == "softbreak" else token.content)
    return found


def problems(
    document: Document, others: Iterable[Label], seen: Mapping[str, Collection[str]]
) -> list[str]:
    """A line for each screen and each label that is not there. others: labels of other texts.
    seen: what each screen said that was reached.
    """
    found = [
        f"{one.place}: the screen `{one.name}` was not reached"
        for one in document.screens
        if one.name not in seen
    ]
    named = {one.name for one in document.screens}
    everything = {text for texts in seen.values() for text in texts}
    for label in (*document.labels, *others):
        if label.screen == ANYWHERE:
            if not is_said(label.text, everything):
                found.append(f"{label.place}: no screen says «{label.text}»")
        elif label.screen not in seen:
            if label.screen not in named:  # else it was said above
                found.append(f"{label.place}: «{label.text}»: there is no screen `{label.screen}`")
        elif not is_said(label.text, seen[label.screen]):
            found.append(f"{label.place}: the screen `{label.screen}` does not say «{label.text}»")
    anchors = {one.anchor for one in document.headings}
    found += [
        f"{place}: no heading has the anchor {target}"
        for target, place in document.links
        if target.startswith("#") and target[1:] not in anchors
    ]
    return list(dict.fromkeys(found))
