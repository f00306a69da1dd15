"""The manual's Markdown: CommonMark with tables, without HTML, and these forms of our own.

    ## Título {#ancla}                     a heading that has an anchor, and so is in the contents
    ![Qué se ve](pantalla "Pie")           the picture of a screen, alone in its paragraph
    <!-- pantalla: nombre -->              a screen that the text goes on to speak of, unpictured
    [[Etiqueta]]                           what the screen named last says there; … stands for
                                           whatever differs
    [[pantalla|Etiqueta]]                  what another screen says
    {valor}                                what the settings say, in words

`make manual` fails when a screen or a label of a text is no longer there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

_ANCHOR = re.compile(r"\s*\{#([a-z0-9-]+)\}$")
_LABEL = re.compile(r"\[\[(?:([a-z0-9-]+)\|)?([^\[\]\n]+)\]\]")
_SCREEN = re.compile(r"<!--\s*pantalla:\s*([a-z0-9-]+)\s*-->\s*")
_VALUE = re.compile(r"\{([a-z_]+)\}")


class TextError(ValueError):
    """The text cannot be read; says where and why."""


@dataclass(frozen=True)
class Place:
    """Where in the text: `06-otro-equipo.md:12, «VI. …»`."""

    file: str
    line: int
    section: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" + (f", «{self.section}»" if self.section else "")


@dataclass(frozen=True)
class Heading:
    """A heading that has an anchor."""

    level: int
    anchor: str
    title: str


@dataclass(frozen=True)
class Screen:
    """A screen that the text names. pictured: whether it shows it too."""

    name: str
    pictured: bool
    place: Place


@dataclass(frozen=True)
class Label:
    """Words that the text says are on a screen; `…` in them stands for whatever differs."""

    text: str
    screen: str
    place: Place


@dataclass(frozen=True)
class Picture:
    """A picture's address, and its size on the page in CSS pixels."""

    url: str
    width: int
    height: int


@dataclass
class Document:
    """A text as it was read."""

    headings: list[Heading] = field(default_factory=list)
    screens: list[Screen] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    links: list[tuple[str, Place]] = field(default_factory=list)
    tokens: list[Token] = field(default_factory=list)

    def html(self, pictures: Mapping[str, Picture], *, lazy: bool = True) -> Markup:
        """The text as HTML, whose headings begin at h2. pictures: by screen; a text stands without
        those that are not there. lazy: whether a browser may fetch them late.
        """
        env = {"pictures": pictures, "lazy": lazy}
        return Markup(_MARKDOWN.renderer.render(self.tokens, _MARKDOWN.options, env))  # noqa: S704


def read(sources: Iterable[tuple[str, str]], values: Mapping[str, str]) -> Document:
    """Read texts, one after another: pairs of name and content. values: for `{valor}`.

    Raises TextError.
    """
    document = Document()
    for name, text in sources:
        _Reader(document, name, values).read(_MARKDOWN.parse(text))
    return document


class _Reader:
    """Takes one file's tokens into a document."""

    def __init__(self, document: Document, file: str, values: Mapping[str, str]) -> None:
        self._document = document
        self._file = file
        self._values = values
        self._section = ""
        self._screen = ""
        self._line = 1

    def read(self, tokens: Sequence[Token]) -> None:
        for index, token in enumerate(tokens):
            if token.map:
                self._line = token.map[0] + 1
            if token.type == "html_block":
                self._unpictured(token)
                continue
            if token.type == "inline":
                opening = tokens[index - 1]
                if [one.type for one in token.children or []] == ["image"]:
                    self._figure(token)
                    # A figure is no paragraph's content (HTML §4.4.1).
                    opening.hidden = tokens[index + 1].hidden = True
                self._children(token.children or [])
                if opening.type == "heading_open":
                    self._heading(opening, token)
            self._document.tokens.append(token)

    def _place(self) -> Place:
        return Place(self._file, self._line, self._section)

    def _fail(self, why: str) -> TextError:
        return TextError(f"{self._place()}: {why}")

    def _unpictured(self, token: Token) -> None:
        found = _SCREEN.fullmatch(token.content)
        if found is None:
            raise self._fail("HTML other than <!-- pantalla: nombre -->")
        self._see(found[1], pictured=False)

    def _see(self, screen: str, *, pictured: bool) -> None:
        self._screen = screen
        self._document.screens.append(Screen(screen, pictured, self._place()))

    def _heading(self, opening: Token, inline: Token) -> None:
        if opening.tag in ("h1", "h2"):
            self._screen = ""
        last = inline.children[-1] if inline.children else None
        found = _ANCHOR.search(last.content) if last is not None else None
        if last is not None and found is not None:
            last.content = _ANCHOR.sub("", last.content)
            opening.attrSet("id", found[1])
        self._section = "".join(one.content for one in inline.children or []).strip()
        if found is not None:
            level = int(opening.tag[1])
            self._document.headings.append(Heading(level, found[1], self._section))

    def _figure(self, inline: Token) -> None:
        (image,) = inline.children or []
        image.type = "figure"
        image.content = self._filled(image.content)
        image.attrSet("title", self._filled(str(image.attrGet("title") or "")))
        if not image.content or not image.attrGet("title"):
            raise self._fail("a picture needs what it shows, and a caption")
        self._see(str(image.attrGet("src")), pictured=True)

    def _children(self, children: Iterable[Token]) -> None:
        for token in children:
            match token.type:
                case "softbreak" | "hardbreak":
                    self._line += 1
                case "image":
                    raise self._fail("a picture must be alone in its paragraph")
                case "html_inline":
                    raise self._fail("HTML within a sentence")
                case "text":
                    token.content = self._filled(token.content)
                case "label":
                    token.content = self._filled(token.content)
                    screen = token.info or self._screen
                    if not screen:
                        raise self._fail(f"«{token.content}»: no screen is named before it")
                    self._document.labels.append(Label(token.content, screen, self._place()))
                case "link_open":
                    self._document.links.append((str(token.attrGet("href")), self._place()))

    def _filled(self, text: str) -> str:
        def value(found: re.Match[str]) -> str:
            if found[1] not in self._values:
                raise self._fail(f"unknown value {found[0]}")
            return self._values[found[1]]

        return _VALUE.sub(value, text)


def _label(state: StateInline, silent: bool) -> bool:
    """An inline rule: `[[…]]`."""
    found = _LABEL.match(state.src, state.pos)
    if found is None:
        return False
    if not silent:
        token = state.push("label", "b", 0)
        token.info, token.content = found[1] or "", found[2]
    state.pos = found.end()
    return True


class _Renderer(RendererHTML):
    def label(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return str(Markup('<b class="label">{}</b>').format(tokens[idx].content))

    def figure(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Nothing for a picture that was not made."""
        image = tokens[idx]
        found: Picture | None = env["pictures"].get(image.attrGet("src"))
        if found is None:
            return ""
        made = Markup(
            '<figure><img src="{}" alt="{}" width="{}" height="{}"{}{}>'
            "<figcaption>{}</figcaption></figure>"
        ).format(
            found.url,
            image.content,
            found.width,
            found.height,
            Markup(' class="tall"') if found.height > 2 * found.width else "",
            Markup(' loading="lazy"') if env["lazy"] else "",
            image.attrGet("title"),
        )
        return str(made)


def _markdown() -> MarkdownIt:
    made = MarkdownIt("commonmark", renderer_cls=_Renderer)
    made.enable("table")
    made.inline.ruler.before("link", "label", _label)
    return made


_MARKDOWN = _markdown()
