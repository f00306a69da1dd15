"""Plots in a page's language; whole in Spanish, and marked so, where it lacks a word of one."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup

from idp.kernel.texts import Text

Say = Callable[[Text], str]


def drawn(draw: Callable[[Say], Markup], say: Say, lang_of: Callable[[Text], str]) -> Markup:
    """What `draw` makes. say, lang_of: the page's own."""
    texts: list[Text] = []

    def note(text: Text) -> str:
        texts.append(text)
        return say(text)

    made = draw(note)
    if any(lang_of(text) for text in texts):
        return Markup('<div lang="es">{}</div>').format(draw(str))
    return made
