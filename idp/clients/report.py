"""Collects the problems of one file, and knows where in the file each thing stands."""

from __future__ import annotations

from idp.clients.problem import Path, Problem, path_text

Place = tuple[int, int]
"""Line and column, from 1."""

MAX_PROBLEMS = 500
"""Nobody mends more in one go, and a file that is not ours at all may have one in every line."""


class Report:
    """The problems so far. file: as it is named to the operator."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._found: dict[Problem, None] = {}
        self._unusable: set[Path] = set()
        self.values: dict[Path, Place] = {}
        self.keys: dict[Path, Place] = {}

    def whole(self, message: str, instead: str = "", at: Place = (0, 0)) -> None:
        """A problem of the file itself."""
        self._found[Problem(self._file, *at, "", message, instead)] = None

    def add(self, path: Path, message: str, instead: str = "", *, at: Place | None = None) -> None:
        """A problem at a path; its place is the value's, or that of the nearest thing around."""
        line, column = at or self._place(path)
        if self.full:
            return
        told = (_printable(one) for one in (path_text(path), message, instead))
        self._found[Problem(self._file, line, column, *told)] = None

    def unusable(self, path: Path) -> None:
        """Say that what stands here makes no sense, so that later rules keep silent about it."""
        self._unusable.add(path)

    @property
    def full(self) -> bool:
        """Whether no more problems are taken."""
        return len(self._found) >= MAX_PROBLEMS

    def usable(self, path: Path) -> bool:
        """Whether nothing on the way to this path was called unusable."""
        return not any(path[:end] in self._unusable for end in range(len(path) + 1))

    def problems(self) -> tuple[Problem, ...]:
        """All of them once, in the order of the file; at the end, whether there are more."""
        found = sorted(self._found, key=lambda one: (one.line, one.column))
        if self.full:
            message = f"hay más problemas; aquí están {MAX_PROBLEMS}"
            found.append(Problem(self._file, 0, 0, "", message, "corrija estos y repita"))
        return tuple(found)

    def _place(self, path: Path) -> Place:
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, (1, 1))


def shown(value: object, limit: int = 60) -> str:
    """A value from the file as a message may repeat it: short, on one line."""
    text = _printable(str(value))
    return f"«{text[:limit]}…»" if len(text) > limit else f"«{text}»"


def _printable(text: str) -> str:
    """What a terminal cannot be steered with: the file's words end up in a log and on a screen."""
    return "".join(char if char.isprintable() else "·" for char in text)
