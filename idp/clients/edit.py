"""clients.yaml edited as text: what a change does not concern stays byte for byte.

Nobody's comments, order or quoting survive a YAML library that writes the document anew, so only
what must change is put in place. Layouts that this cannot do safely are refused, with the line to
write by hand; and whatever was edited is read again and must say exactly what was wanted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

_BOM = "\N{BYTE ORDER MARK}"
_Pair = tuple[yaml.Node, yaml.Node]
_EMPTY = re.compile(r"^clients[ \t]*:[ \t]*(\[[ \t]*\]|null|~)?(?=[ \t]*(#.*)?\r?$)", re.MULTILINE)
_DASH = re.compile(r"( *)- +$")


class CannotEdit(Exception):
    """This file's layout is not one that can be edited safely.

    message: why. instead: what to write by hand. Both in Spanish, for the operator.
    """

    def __init__(self, message: str, instead: str) -> None:
        super().__init__(f"{message} → {instead}")
        self.message = message
        self.instead = instead


@dataclass(frozen=True)
class _Text:
    """A valid clients.yaml, its components' nodes, and how its lines end."""

    bom: str
    body: str
    items: tuple[yaml.Node, ...]
    sequence: yaml.Node

    @classmethod
    def of(cls, raw: bytes) -> _Text:
        text = raw.decode("utf-8")
        bom = _BOM if text.startswith(_BOM) else ""
        body = text.removeprefix(_BOM)
        # The file passed every check of the loader before: its size and depth are bounded.
        root = yaml.compose(body, Loader=yaml.SafeLoader)
        sequence = next(value for key, value in root.value if key.value == "clients")
        return cls(bom, body, tuple(sequence.value), sequence)

    @property
    def newline(self) -> str:
        return "\r\n" if "\r\n" in self.body else "\n"

    def line_start(self, index: int) -> int:
        return max(self.body.rfind("\n", 0, index), self.body.rfind("\r", 0, index)) + 1

    def line_end(self, index: int) -> int:
        """Just after the newline of the line that holds this character, or the text's end."""
        found = self.body.find("\n", index)
        return len(self.body) if found < 0 else found + 1

    def replaced(self, start: int, end: int, new: str) -> bytes:
        return (self.bom + self.body[:start] + new + self.body[end:]).encode("utf-8")


def append(raw: bytes, lines: list[str]) -> bytes:
    """The file with one component more, at its end.

    raw: a valid file. lines: the component's block without indentation, its first line included.
    Raises CannotEdit where `clients` is not written as one `- ` block per component.
    """
    text = _Text.of(raw)
    first = text.items[0]
    margin = None
    if not text.sequence.flow_style and isinstance(first, yaml.MappingNode) and first.value:
        start = first.value[0][0].start_mark.index
        margin = _DASH.fullmatch(text.body[text.line_start(start) : start])
    if margin is None:
        raise CannotEdit(
            "los componentes de este archivo no están escritos uno por bloque (`- client_id: …`)",
            by_hand(lines),
        )
    indent, new = margin[1], text.newline
    body = text.body
    gap = "" if body.endswith("\n") else new
    # A blank line between blocks, as people write them.
    gap += "" if re.search(r"\n[ \t]*\r?\n$", body) else new
    block = "".join(
        f"{indent}{'- ' if number == 0 else '  '}{line}{new}" for number, line in enumerate(lines)
    )
    return text.replaced(len(body), len(body), gap + block)


def by_hand(lines: list[str]) -> str:
    """What to write where a block cannot be appended: all but the secret, which nobody has seen."""
    hidden = {"secrets:", *(one for one in lines if one.startswith("  - hash: "))}
    shown = [one for one in lines if one not in hidden]
    block = [("- " if number == 0 else "  ") + one for number, one in enumerate(shown)]
    how = "agregue el componente a mano"
    if len(shown) < len(lines):
        how += ", y bajo `secrets:` lo que imprime `idp clients secret`"
    return "\n".join([how + ":", *block])


def emptied(raw: bytes) -> bytes | None:
    """A file that has no component yet, as one whose next line is the first block; None for any
    other. Comments stay.
    """
    try:
        found = yaml.safe_load(raw.decode("utf-8-sig")) if raw else None
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError):
        return None
    if found not in (None, {"clients": []}, {"clients": None}):
        return None
    text = raw.decode("utf-8")
    if found is None:
        gap = "" if not text or text.endswith("\n") else "\n"
        return (text + gap + "clients:\n").encode()
    opened, changes = _EMPTY.subn("clients:", text)
    if changes != 1:
        return None
    return (opened if opened.endswith("\n") else opened + "\n").encode()


def set_disabled(raw: bytes, client_id: str, disabled: bool) -> bytes:
    """The file with `disabled: true` in that component's block, or without it.

    raw: a valid file that has the component, and in which it is the other way round. Raises
    CannotEdit where the block is written in flow style (`{…}`) or takes the value from elsewhere.
    """
    text = _Text.of(raw)
    node = _block(text, client_id)
    if node.flow_style:
        raise CannotEdit(
            f"el bloque de {client_id} está escrito entre llaves",
            f"escriba a mano `disabled: {_yaml(disabled)}` dentro de esas llaves",
        )
    own = _own(node, "disabled")
    if own is not None:
        return _rewritten(text, own, disabled)
    identifier = _own(node, "client_id")
    if not disabled or identifier is None:
        raise CannotEdit(
            f"el bloque de {client_id} toma ese valor de otra parte del archivo (`<<`)",
            f"escriba a mano `disabled: {_yaml(disabled)}` en ese bloque",
        )
    key, value = identifier
    at = text.line_end(value.end_mark.index)
    gap = "" if text.body[:at].endswith("\n") else text.newline
    line = " " * key.start_mark.column + "disabled: true" + text.newline
    return text.replaced(at, at, gap + line)


def _rewritten(text: _Text, pair: _Pair, disabled: bool) -> bytes:
    key, value = pair
    start = text.line_start(key.start_mark.index)
    alone = text.body[start : key.start_mark.index].strip(" ") == ""
    end = text.line_end(value.end_mark.index)
    # A comment stays, and the key that it is about with it.
    if not disabled and alone and "#" not in text.body[start:end]:
        return text.replaced(start, end, "")
    return text.replaced(value.start_mark.index, value.end_mark.index, _yaml(disabled))


def _block(text: _Text, client_id: str) -> Any:
    for node in text.items:
        pair = _own(node, "client_id")
        if pair is not None and pair[1].value == client_id:
            return node
    raise CannotEdit(
        f"el client_id {client_id} no está escrito en su propio bloque",
        "escriba a mano `disabled: …` en el bloque del componente",
    )


def _own(node: Any, name: str) -> _Pair | None:
    """A mapping's own pair, not one that it merges in."""
    return next(((key, value) for key, value in node.value if key.value == name), None)


def _yaml(value: bool) -> str:
    return "true" if value else "false"
