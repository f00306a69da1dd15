"""docs/mesa-de-ayuda.md names every reason for which a mail does not come, and no other."""

from __future__ import annotations

import argparse
import re
import shlex
from dataclasses import fields
from pathlib import Path

import pytest

from idp.cli.main import build_parser
from idp.contingency.delivery import NOT_IN_DRILL, NotSent
from idp.people.eligibility import Eligibility
from idp.settings import Settings

TEXT = (Path(__file__).parents[2] / "docs" / "mesa-de-ayuda.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^idp ([^#\n]+)", TEXT, re.MULTILINE)


def rows(column: str) -> set[str]:
    """The first cells of the table whose first column has that heading."""
    table = re.search(rf"^\| `{column}` \|.*\n\|[- |]+\n((?:\|.*\n)+)", TEXT, re.MULTILINE)
    assert table is not None
    return set(re.findall(r"^\| `(\w+)`", table[1], re.MULTILINE))


def test_reasons_of_who_is_not_eligible_are_all_there() -> None:
    verdicts = {one.value for one in Eligibility if one is not Eligibility.ELIGIBLE}
    assert rows("reason") == verdicts | {"unreadable", NOT_IN_DRILL}


def test_reasons_of_a_mail_that_never_left_are_all_there() -> None:
    assert rows("code") == {one.value for one in NotSent} | {"unknown"}


@pytest.mark.parametrize("words", COMMANDS)
def test_command_that_the_page_shows_is_one(words: str) -> None:
    parsed: argparse.Namespace = build_parser().parse_args(shlex.split(words))
    assert callable(parsed.func)


def test_times_that_a_setting_says_are_told_as_its_initial_value() -> None:
    """The page does not know the settings of who reads it."""
    known = {f"IDP_{one.name.upper()}": one.default for one in fields(Settings)}
    told = re.findall(r"\(`(IDP_\w+)`, (\d+) (minutos|días)\s+si\s+nadie", TEXT)
    assert [name for name, *_ in told] == re.findall(r"IDP_\w+", TEXT)
    for name, count, unit in told:
        assert known[name] == int(count) * {"minutos": 60, "días": 86_400}[unit], name
    others = re.sub(r"\([^)]*IDP_[^)]*\)", "", TEXT)
    assert re.findall(r"\d+ (?:minutos|horas|días)", others) == []


def test_page_shows_commands() -> None:
    assert len(COMMANDS) == 11
