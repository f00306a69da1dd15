"""The CSV form of people: columns as `SeedRow` names them, in any order, read row by row.

As spreadsheets write it: with a byte order mark or without, in UTF-8, UTF-16 or Windows-1252, with
commas, semicolons or tabs, `sep=;` in front, empty columns behind, `="2050…"` for a number.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
from collections.abc import Callable, Container, Generator, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, BinaryIO

from idp.people.profile import BY_NAME
from idp.people.rows import RowProblem, SeedRow
from idp.people.standard import BY_COLUMN

_APART = ("line", "standard", "profile")
_OWN = tuple(field.name for field in fields(SeedRow) if field.name not in _APART)
COLUMNS: tuple[str, ...] = (*_OWN, *BY_COLUMN, *BY_NAME)
REQUIRED = frozenset({"realm", "usuario"})
_BLOCK = 1 << 20
_SEPARATORS = (",", ";", "\t")
_FORMULA = re.compile(r'="(.*)"', re.DOTALL)
# What a spreadsheet would take for a formula is written behind an apostrophe, and read without.
_QUOTED = re.compile(r"'(?=[=+\-@\t\r'])")


@dataclass(frozen=True)
class Form:
    """How a file is written. digest: SHA-256 of its bytes. size: bytes. ended: by a line's end.

    skipped: lines in front of the header.
    """

    encoding: str
    separator: str
    digest: str
    size: int
    ended: bool
    skipped: int = 0


def examine(file: BinaryIO) -> Form | RowProblem:
    """The form of a file, from one reading of its bytes in blocks; or why it is none."""
    reading = _Reading()
    file.seek(0)
    while block := file.read(_BLOCK):
        reading.take(block)
    encoding = reading.encoding()
    if isinstance(encoding, RowProblem):
        return encoding
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        first = text.readline(65_536)
        skipped = 1 if re.fullmatch(r"sep=.\s*", first, re.IGNORECASE) else 0
        header = text.readline(65_536) if skipped else first
    except UnicodeError:
        return RowProblem(1, "", f"not {encoding}")
    finally:
        text.detach()
    separator = first[4] if skipped else _separator(header)
    return Form(
        encoding, separator, reading.digest.hexdigest(), reading.size, reading.ended, skipped
    )


class _Reading:
    """Tells UTF-8 from what is not, block by block, counting lines up to the first wrong byte."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()
        self.size = 0
        self._tail = b""
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._first = b""
        self._lines = 1
        self._accented = False
        self._wrong: int | None = None

    def take(self, block: bytes) -> None:
        """The next block."""
        if not self.size:
            self._first = block[:4]
        self.digest.update(block)
        self.size += len(block)
        self._tail = (self._tail + block[-2:])[-2:]
        if self._wrong is not None:
            return
        try:
            text = self._decoder.decode(block)
        except UnicodeDecodeError as error:
            self._wrong = self._lines + error.object[: error.start].count(b"\n")
            # What was read before may tell that this was UTF-8, and is damaged.
            self._accented |= not error.object[: error.start].isascii()
        else:
            self._lines += text.count("\n")
            self._accented |= not text.isascii()

    @property
    def ended(self) -> bool:
        """Whether the last line has an end, or nothing is there at all."""
        wide = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
        encoding = wide.get(self._first[:2])
        if encoding is None:
            return self._tail[-1:] in (b"", b"\n", b"\r")
        return self._tail.decode(encoding, "replace") in ("\n", "\r")

    def encoding(self) -> str | RowProblem:
        """The name of the encoding; a problem where the file is damaged UTF-8."""
        if self._first[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        if self._wrong is None:
            try:
                self._decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                return RowProblem(self._lines, "", "the file ends in the middle of a character")
            return "utf-8-sig"
        if self._accented:
            return RowProblem(self._wrong, "", "not UTF-8, as the lines before it are")
        return "cp1252"


def _separator(header: str) -> str:
    """The one under which most of the header's names are columns."""

    def known(separator: str) -> int:
        names = next(csv.reader([header], delimiter=separator), [])
        return sum(name.strip().lower() in COLUMNS for name in names)

    return max(_SEPARATORS, key=known)


def read_rows(
    file: BinaryIO, form: Form, at: Callable[[int], None] | None = None
) -> Generator[SeedRow | RowProblem]:
    """Each row, or what is wrong with its form; after a problem of the whole file nothing follows.

    at: is told now and then how many bytes were read.
    """
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=form.encoding, newline="")
    reader = csv.reader(text, delimiter=form.separator, strict=True)
    try:
        for _ in range(form.skipped):
            next(reader, None)
        names = _names(next(reader, []))
        problems = _header_problems(names)
        yield from problems
        if not problems:
            body = _body(reader, names, file, at)
            yield from body if form.ended else _but_the_last(body, reader)
    except csv.Error as error:
        yield RowProblem(reader.line_num, "", f"not CSV: {error}")
    except UnicodeError:
        yield RowProblem(reader.line_num + 1, "", f"not {form.encoding}")
    finally:
        text.detach()


def _but_the_last(
    body: Iterator[SeedRow | RowProblem], reader: Any
) -> Iterator[SeedRow | RowProblem]:
    """All but what stands on a line without an end: where a file was cut off, `ana@vuce.co` may
    have been going to be another address, and a link would go there.
    """
    last: SeedRow | RowProblem | None = None
    for one in body:
        if last is not None:
            yield last
        last = one
    line = last.line if last is not None else reader.line_num
    yield RowProblem(line, "", "the last line has no end: cut off? If it is whole, end it")


def _body(
    reader: Any, names: Sequence[str], file: BinaryIO, at: Callable[[int], None] | None
) -> Iterator[SeedRow | RowProblem]:
    # A quoted cell may span lines: the row's line is the one it begins in.
    line = reader.line_num + 1
    for count, cells in enumerate(reader):
        if any(cell.strip() for cell in cells):
            more = [cell for cell in cells[len(names) :] if cell.strip()]
            if len(cells) < len(names) or more:
                yield RowProblem(line, "", f"{len(cells)} cells under {len(names)} columns")
            else:
                yield _row(line, dict(zip(names, map(_plain, cells), strict=False)))
        line = reader.line_num + 1
        if at is not None and not count % 500:
            at(file.tell())


def parse_csv(content: bytes) -> tuple[list[SeedRow], list[RowProblem]]:
    """The rows of a small file, and what is wrong with its form; contents are checked later."""
    file = io.BytesIO(content)
    form = examine(file)
    if isinstance(form, RowProblem):
        return [], [form]
    found = list(read_rows(file, form))
    rows = [one for one in found if isinstance(one, SeedRow)]
    return rows, [one for one in found if isinstance(one, RowProblem)]


def _plain(cell: str) -> str:
    formula = _FORMULA.fullmatch(cell.strip())
    if formula:
        return formula[1].replace('""', '"')
    return _QUOTED.sub("", cell, count=1) if _QUOTED.match(cell) else cell


def written(cell: str) -> str:
    """A cell as it is written: nothing that a spreadsheet would run."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r", "'") else cell


def _row(line: int, cells: dict[str, str]) -> SeedRow:
    def of(columns: Container[str]) -> dict[str, str]:
        return {name: cell for name, cell in cells.items() if name in columns and cell.strip()}

    own = {name: cell for name, cell in cells.items() if name in _OWN}
    return SeedRow(line=line, standard=of(BY_COLUMN), profile=of(BY_NAME), **own)


def _names(cells: Sequence[str]) -> list[str]:
    names = [name.strip().lower() for name in cells]
    while names and not names[-1]:
        names.pop()  # columns that a spreadsheet kept although nothing is in them
    return names


def _header_problems(names: Sequence[str]) -> list[RowProblem]:
    problems = [
        # By number: without a header line these are somebody's data.
        RowProblem(1, f"column {number}", "no such column; there are " + ", ".join(COLUMNS))
        for number, name in enumerate(names, 1)
        if name not in COLUMNS
    ]
    problems += [
        RowProblem(1, name, "this column is missing") for name in sorted(REQUIRED - set(names))
    ]
    problems += [
        RowProblem(1, name, "this column stands there twice")
        for name in sorted(set(names))
        if names.count(name) > 1
    ]
    return problems
