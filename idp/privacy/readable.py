"""A person's copy for reading: each field by its name, codes in words, the newest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from idp.kernel.texts import Text
from idp.privacy.dossier import Dossier
from idp.privacy.held import Entry
from idp.privacy.words import LABELS, VALUES

# Of a kind: more than that nobody reads, and the file for programs has them all.
MOST = 200
_YES, _NO = Text("Sí"), Text("No")


@dataclass(frozen=True)
class Line:
    """A field. value: a text, a moment (aware), or lines of its own."""

    label: str
    value: str | datetime | tuple[Line, ...]


@dataclass(frozen=True)
class Chapter:
    """A section. entries: the newest first, at most MOST of `total`."""

    name: str
    title: Text
    purpose: Text
    keeps: Text
    entries: tuple[tuple[Line, ...], ...]
    total: int


def readable(dossier: Dossier) -> list[Chapter]:
    """The whole copy."""
    return [
        Chapter(
            name=one.name,
            title=one.title,
            purpose=one.purpose,
            keeps=one.keeps,
            entries=tuple(_lines(entry) for entry in reversed(one.entries[-MOST:])),
            total=len(one.entries),
        )
        for one in dossier.sections
    ]


def _lines(entry: Entry, within: str = "") -> tuple[Line, ...]:
    return tuple(
        Line(LABELS.get(name, name), _value(name, value, within))
        for name, value in entry.items()
        if value not in (None, "") and value != {}
    )


def _value(name: str, value: object, within: str) -> str | datetime | tuple[Line, ...]:
    if isinstance(value, bool):
        return _YES if value else _NO
    if isinstance(value, datetime):
        return value
    if isinstance(value, Mapping):
        return _lines(value, name)
    # Of who said what, the field is what was said.
    words = VALUES.get("source" if within == "said" else name, {})
    return words.get(str(value), str(value))
