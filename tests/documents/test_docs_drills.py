"""docs/simulacros.md shows commands that there are, every line of the report, and every option."""

from __future__ import annotations

import re
import shlex
from dataclasses import fields
from pathlib import Path

import pytest

from idp.cli.drill import report_lines
from idp.cli.main import build_parser
from idp.settings import Settings
from idp.upstream_status.drill_report import _WHY, DrillReport

TEXT = (Path(__file__).parents[2] / "docs" / "simulacros.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^idp ([^#\n]+)", TEXT, re.MULTILINE)


def column(heading: str) -> set[str]:
    """What stands in code in the first column of the table with that heading."""
    table = re.search(rf"^\| {heading} \|.*\n\|[- |]+\n((?:\|.*\n)+)", TEXT, re.MULTILINE)
    assert table is not None
    cells = [row.split("|")[1] for row in table[1].splitlines()]
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


@pytest.mark.parametrize("words", COMMANDS)
def test_command_that_the_page_shows_is_one(words: str) -> None:
    assert callable(build_parser().parse_args(shlex.split(words)).func)


def test_every_option_that_begins_a_drill_is_there() -> None:
    shown = " ".join(COMMANDS) + " --all"
    assert column("opción") >= set(re.findall(r"--\w+", shown))


def test_every_line_and_reason_of_the_report_is_there() -> None:
    lines = [re.split(r"\s{2,}", line)[0] for line in report_lines(DrillReport("drl_a"))]
    assert column("línea") == set(lines) - {"people", "until the mail left", "until the component"}
    assert column("motivo") >= {f"{stage}:…" for stage, _ in _WHY.values()}


def test_settings_named_are_settings() -> None:
    known = {f"IDP_{one.name.upper()}" for one in fields(Settings)}
    assert set(re.findall(r"IDP_\w+", TEXT)) <= known
