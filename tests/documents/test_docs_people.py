"""docs/personas.md: its example is imported, its columns are all there are, its commands exist."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest

from idp.cli.main import build_parser
from idp.kernel.identity import DEFAULT_EXTRANET_USER_PATTERN, DEFAULT_SOL_USER_PATTERN
from idp.people.csv_file import COLUMNS, parse_csv
from idp.people.rows import RowReader

TEXT = (Path(__file__).parents[2] / "docs" / "personas.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^idp ([^#\n]+)", TEXT, re.MULTILINE)


def test_example_is_a_file_without_a_problem() -> None:
    (example,) = re.findall(r"```csv\n(.*?)```", TEXT, re.DOTALL)
    rows, problems = parse_csv(example.encode())
    reader = RowReader(
        sol_user_pattern=DEFAULT_SOL_USER_PATTERN,
        extranet_user_pattern=DEFAULT_EXTRANET_USER_PATTERN,
    )
    now = datetime(2026, 11, 28, tzinfo=UTC)
    assert (len(rows), problems) == (2, [])
    assert [reader.read(row, now)[1] for row in rows] == [[], []]


def test_columns_of_the_page_are_those_of_the_file() -> None:
    table = TEXT.partition("## Columnas")[2].partition("\n\nLos momentos")[0]
    cells = re.findall(r"^\| (`[^|]+`) \|", table, re.MULTILINE)
    named = [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]
    assert sorted(named) == sorted(COLUMNS)


@pytest.mark.parametrize("words", COMMANDS)
def test_command_that_the_page_shows_is_one(words: str) -> None:
    assert callable(build_parser().parse_args(shlex.split(words)).func)
