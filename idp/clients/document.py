"""YAML to plain data, with the place of everything, and without YAML's surprises.

Only maps, lists, texts, numbers, booleans and null come out: tags that would build objects are
refused, timestamps stay texts. Aliases work, but what they expand to is counted.
"""

from __future__ import annotations

from typing import Any

import yaml

from idp.clients.problem import Path
from idp.clients.report import Place, Report, shown

MAX_DEPTH = 20
MAX_NODES = 50_000
_TAG = "tag:yaml.org,2002:"
_Pair = tuple[yaml.Node, yaml.Node]
_SCALARS = {"str", "int", "float", "bool", "null"}


class _TooMuch(Exception):
    """The document nests too deeply or is too long once its aliases are expanded."""

    def __init__(self, message: str, place: Place) -> None:
        super().__init__(message)
        self.message = message
        self.place = place


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """The safe loader, which refuses what its recursion, or our patience, cannot bear."""

    depth = 0
    nodes = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """As PyYAML's, counting."""
        self.depth += 1
        self.nodes += 1
        if self.depth > MAX_DEPTH or self.nodes > MAX_NODES:
            deep = "hay demasiados niveles anidados"
            message = deep if self.depth > MAX_DEPTH else "el archivo es demasiado largo"
            raise _TooMuch(message, _place(self.peek_event().start_mark))
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


def read(text: str, report: Report) -> Any:
    """The document's data; None, with the problem reported, when there is none to speak of."""
    loader: _Loader | None = None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            report.whole("el archivo está vacío", "empiece con `clients:` y un componente debajo")
            return None
        return _Builder(loader, report).build(node, ())
    except _TooMuch as error:
        report.whole(error.message, "simplifique el archivo", error.place)
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        place = before.count("\n") + 1, error.position - (before.rfind("\n") + 1) + 1
        report.whole("hay un carácter de control que YAML no admite", "bórrelo", place)
    except yaml.MarkedYAMLError as error:
        report.whole(*_syntax(error))
    finally:
        if loader is not None:
            loader.dispose()
    return None


_LARGEST = 2**63


class _Builder:
    """Turns nodes into data, noting each place. Every expansion of an alias counts."""

    def __init__(self, loader: _Loader, report: Report) -> None:
        self._loader = loader
        self._report = report
        self._nodes = 0
        self._around: list[yaml.Node] = []

    def build(self, node: yaml.Node, path: Path) -> Any:
        place = _place(node.start_mark)
        self._enter(node, place)
        self._report.values[path] = place
        try:
            if isinstance(node, yaml.MappingNode) and node.tag == _TAG + "map":
                return self._mapping(node, path)
            if isinstance(node, yaml.SequenceNode) and node.tag == _TAG + "seq":
                return [self.build(one, (*path, index)) for index, one in enumerate(node.value)]
            return self._scalar(node, path)
        finally:
            self._around.pop()

    def _scalar(self, node: yaml.Node, path: Path) -> Any:
        kind = node.tag.removeprefix(_TAG)
        if isinstance(node, yaml.ScalarNode) and kind == "timestamp":
            return node.value
        if isinstance(node, yaml.ScalarNode) and kind in _SCALARS:
            try:
                value = self._loader.construct_object(node)
                if isinstance(value, int) and abs(value) > _LARGEST:
                    raise ValueError("beyond any use")
                return value
            except (ValueError, KeyError, OverflowError, yaml.YAMLError):
                instead = "escríbalo entre comillas si es un texto"
                self._report.add(path, "el valor no se entiende", instead)
        else:
            message = f"la etiqueta {shown(node.tag)} no está admitida"
            self._report.add(path, message, "escriba el valor sin etiqueta")
        self._report.unusable(path)
        return None

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        pairs = self._pairs(node, path)
        for name, (key, _) in pairs.items():
            self._report.keys[(*path, name)] = _place(key.start_mark)
        return {name: self.build(value, (*path, name)) for name, (_, value) in pairs.items()}

    def _pairs(
        self, node: yaml.MappingNode, path: Path, *, silent: bool = False
    ) -> dict[str, _Pair]:
        """A mapping's own pairs, then those of its `<<: *base`, which never win.

        silent: what is merged was reported where it is written.
        """
        found: dict[str, _Pair] = {}
        merged: list[tuple[Place, yaml.Node]] = []
        for key, value in node.value:
            place = _place(key.start_mark)
            if key.tag == _TAG + "merge":
                merged.append((place, value))
            elif not isinstance(key, yaml.ScalarNode):
                if not silent:
                    message = "una clave no es un texto"
                    self._report.add(path, message, "escriba `clave: valor`", at=place)
            elif key.value not in found:
                found[key.value] = key, value
            elif not silent:
                first = _place(found[key.value][0].start_mark)[0]
                message = f"la clave está repetida: líneas {first} y {place[0]}"
                self._report.add((*path, key.value), message, "deje una sola", at=place)
        for place, value in merged:
            self._merge(value, place, path, found)
        return found

    def _merge(self, value: yaml.Node, place: Place, path: Path, found: dict[str, _Pair]) -> None:
        for one in value.value if isinstance(value, yaml.SequenceNode) else [value]:
            if not isinstance(one, yaml.MappingNode):
                message = "`<<` necesita un alias de un bloque"
                self._report.add(path, message, "escriba `<<: *nombre`", at=place)
                continue
            self._enter(one, place)
            for name, pair in self._pairs(one, path, silent=True).items():
                found.setdefault(name, pair)
            self._around.pop()

    def _enter(self, node: yaml.Node, place: Place) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise _TooMuch("el archivo es demasiado largo una vez expandidos sus alias", place)
        if any(node is one for one in self._around):
            raise _TooMuch("un alias se contiene a sí mismo", place)
        self._around.append(node)


def _place(mark: Any) -> Place:
    return (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)


_SYNTAX = (
    ("'\\t'", "hay un tabulador donde YAML espera espacios", "sangre con espacios"),
    ("expected a single document", "hay más de un documento", "deje uno solo y quite el `---`"),
    ("undefined alias", "el alias no está definido antes", "defínalo con `&nombre`"),
    ("duplicate anchor", "el ancla está repetida", "use otro nombre"),
    ("mapping values are not allowed", "sobra un `:` o falla la sangría",
     "alinee las claves del bloque, y ponga entre comillas un texto que tenga `: `"),
    ("could not find expected ':'", "falta `:` después de una clave", "escriba `clave: valor`"),
    ("expected <block end>", "la sangría no es la del bloque", "alinee las claves y los guiones"),
    ("while scanning a quoted scalar", "una comilla no se cierra", "cierre la comilla"),
    ("while parsing a flow", "un `[` o `{` no se cierra", "ciérrelo, o escriba un `- ` por línea"),
    ("cannot start any token", "un carácter está donde no puede empezar un valor",
     "ponga el valor entre comillas"),
)  # fmt: skip


def _syntax(error: yaml.MarkedYAMLError) -> tuple[str, str, Place]:
    """What the parser said, in Spanish, with the parser's own words where we have none."""
    place = _place(error.problem_mark or error.context_mark)
    said = f"{error.problem or ''} {error.context or ''}"
    for words, message, instead in _SYNTAX:
        if words in said:
            return f"YAML mal formado: {message}", instead, place
    return f"YAML mal formado ({error.problem})", "revise esta línea y la anterior", place
