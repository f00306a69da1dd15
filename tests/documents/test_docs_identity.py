"""docs/identidad.md: each case names tests that exist; commands, refusals and events are all there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from idp.audit.events import AuditEvent
from idp.cli.main import build_parser

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "identidad.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^idp ([^#\n]+)", TEXT, re.MULTILINE)
_DEFINED = re.compile(r"^def (test_\w+)", re.MULTILINE)
_RAISED = re.compile(r'IdpError\(\s*"(\w+)"')
# What raises in the place of an operator's joining, parting and separating.
_RAISING = ("people/joining.py", "people/operations.py")


def table(column: str) -> list[list[str]]:
    """The cells of the table whose first column has that heading."""
    found = re.search(rf"^\| {column} \|.*\n\|[- |]+\n((?:\|.*\n)+)", TEXT, re.MULTILINE)
    assert found is not None
    return [[cell.strip() for cell in row.split(" | ")] for row in found[1].splitlines()]


def names(cells: list[list[str]]) -> set[str]:
    return {row[0].strip("|` ") for row in cells}


def test_each_case_is_a_test_that_exists() -> None:
    files = [*(ROOT / "tests").glob("identity/test_*.py"), *(ROOT / "tests").glob("*/test_*.py")]
    defined = {name for file in files for name in _DEFINED.findall(file.read_text("utf-8"))}
    cases = table("caso")
    assert len(cases) == 7
    for case in cases:
        named = set(re.findall(r"`(test_\w+)`", case[-1]))
        assert named, case[0]
        assert named <= defined


def test_refusals_of_the_page_are_those_of_the_code() -> None:
    sources = [(ROOT / "idp" / name).read_text("utf-8") for name in _RAISING]
    raised = {code for source in sources for code in _RAISED.findall(source)}
    assert names(table("código")) == raised


def test_events_of_the_page_exist() -> None:
    events = {one.value for one in AuditEvent}
    told = names(table("evento"))
    assert told <= events
    assert {one for one in events if one.startswith("person.")} - told == {
        "person.created",
        "person.updated",
        *("person.revealed", "person.looked_up", "person.caller_checked"),
        *("person.exported", "person.erased", "person.purged", "person.held", "person.released"),
        *("person.withdrawn", "person.returned"),
        *("person.change_notified", "person.change_undelivered"),
    }


@pytest.mark.parametrize("words", COMMANDS)
def test_command_that_the_page_shows_is_one(words: str) -> None:
    assert callable(build_parser().parse_args(shlex.split(words)).func)


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([\w-]+\.md)", TEXT))))
def test_page_that_is_linked_exists(target: str) -> None:
    assert (ROOT / "docs" / target).is_file()
