"""The CSV form of people: columns as `SeedRow` names them, in any order."""

from __future__ import annotations

import csv
import io
from dataclasses import fields

from idp.people.seed import RowProblem, SeedRow
from idp.people.standard import BY_COLUMN

_OWN = tuple(field.name for field in fields(SeedRow) if field.name not in ("line", "standard"))
COLUMNS: tuple[str, ...] = (*_OWN, *BY_COLUMN)
REQUIRED = frozenset({"realm", "usuario"})


def parse_csv(content: bytes) -> tuple[list[SeedRow], list[RowProblem]]:
    """The rows of a file in UTF-8, and what is wrong with its form; contents are checked later.

    Spreadsheets that are set to Spanish write semicolons: those are taken as well.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return [], [RowProblem(line, "", "not UTF-8")]
    header = text.partition("\n")[0]
    separator = ";" if ";" in header and "," not in header else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        names = [name.strip().lower() for name in next(reader, [])]
        problems = _header_problems(names)
        rows: list[SeedRow] = []
        # A quoted cell may span lines: the row's line is the one it begins in.
        line = reader.line_num + 1
        for cells in reader if not problems else ():
            if any(cell.strip() for cell in cells):
                if len(cells) == len(names):
                    rows.append(_row(line, dict(zip(names, cells, strict=True))))
                else:
                    count = f"{len(cells)} cells under {len(names)} columns"
                    problems.append(RowProblem(line, "", count))
            line = reader.line_num + 1
    except csv.Error as error:
        return [], [RowProblem(reader.line_num, "", f"not CSV: {error}")]
    return rows, problems


def _row(line: int, cells: dict[str, str]) -> SeedRow:
    standard = {name: cell for name, cell in cells.items() if name in BY_COLUMN and cell.strip()}
    own = {name: cell for name, cell in cells.items() if name not in BY_COLUMN}
    return SeedRow(line=line, standard=standard, **own)


def _header_problems(names: list[str]) -> list[RowProblem]:
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
