"""What the README says is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from idp.cli.main import build_parser
from idp.settings.documentation import with_table

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_settings_table_is_the_one_that_the_provider_reads() -> None:
    assert with_table(README) == README, "run: python -m idp.settings.documentation"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_files_that_are_there(document: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text(encoding="utf-8"))
    missing = [one for one in targets if not (document.parent / one).exists()]
    assert missing == []


def test_make_targets_shown_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    shown = set(re.findall(r"\bmake (demo|test|check|bench|\w+ing)\b", README))
    assert {"demo", "test", "check"} <= shown
    assert [one for one in shown if f"\n{one}:" not in makefile] == []


def test_commands_shown_are_understood() -> None:
    shown = re.findall(r"^\s*(?:\.venv/bin/)?idp ([a-z].*)$", README, re.MULTILINE)
    shown += re.findall(r"`(?:\.venv/bin/)?idp ([a-z][^`…]*)`", README)
    assert len(shown) >= 6
    for line in shown:
        words = re.findall(r'"[^"]*"|\S+', line.split("#")[0])
        # argparse ends the process on words that it does not know.
        build_parser().parse_args([word.strip('"') for word in words])
