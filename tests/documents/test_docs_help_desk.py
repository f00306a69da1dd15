"""docs/mesa-de-ayuda.md names every reason for which a mail does not come, and no other."""

from __future__ import annotations

import argparse
import re
import shlex
from pathlib import Path

import pytest

from idp.cli.main import build_parser
from idp.contingency.delivery import NotSent
from idp.people.eligibility import Eligibility

TEXT = (Path(__file__).parents[2] / "docs" / "mesa-de-ayuda.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^idp ([^#\n]+)", TEXT, re.MULTILINE)


def rows(column: str) -> set[str]:
    """The first cells of the table whose first column has that heading."""
    table = re.search(rf"^\| `{column}` \|.*\n\|[- |]+\n((?:\|.*\n)+)", TEXT, re.MULTILINE)
    assert table is not None
    return set(re.findall(r"^\| `(\w+)`", table[1], re.MULTILINE))


def test_reasons_of_who_is_not_eligible_are_all_there() -> None:
    verdicts = {one.value for one in Eligibility if one is not Eligibility.ELIGIBLE}
    assert rows("reason") == verdicts | {"unreadable"}


def test_reasons_of_a_mail_that_never_left_are_all_there() -> None:
    assert rows("code") == {one.value for one in NotSent} | {"unknown"}


@pytest.mark.parametrize("words", COMMANDS)
def test_command_that_the_page_shows_is_one(words: str) -> None:
    parsed: argparse.Namespace = build_parser().parse_args(shlex.split(words))
    assert callable(parsed.func)


def test_page_shows_commands() -> None:
    assert len(COMMANDS) == 7
