"""docs/cobertura.md names every reason and every state, and its commands exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from idp.cli.main import build_parser
from idp.people.asking import Spared
from idp.people.campaign_ports import MailState
from idp.people.coverage import Why

TEXT = (Path(__file__).parents[2] / "docs" / "cobertura.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^idp ([^#\n]+)", TEXT, re.MULTILINE)


def rows(heading: str) -> list[str]:
    """The first cells of the table with that heading, in its order."""
    table = re.search(rf"^\| {heading} \|.*\n\|[- |]+\n((?:\|.*\n)+)", TEXT, re.MULTILINE)
    assert table is not None
    return re.findall(r"^\| `(\w+)`", table[1], re.MULTILINE)


def test_reasons_are_all_there_in_their_order() -> None:
    assert rows("razón") == [one.value for one in Why]


def test_states_of_a_mail_are_all_there() -> None:
    assert rows("estado") == [one.value for one in MailState]


def test_who_is_spared_on_purpose_is_named() -> None:
    assert all(f"`{one.value}`" in TEXT for one in (Spared.SAID_NO, Spared.LATELY))


@pytest.mark.parametrize("words", COMMANDS)
def test_command_that_the_page_shows_is_one(words: str) -> None:
    assert callable(build_parser().parse_args(shlex.split(words)).func)
