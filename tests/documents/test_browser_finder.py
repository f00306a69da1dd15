"""Which browser the browser tests take, and what is said where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import browser


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any browser, and without root."""
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(browser, "_playwrights_own", lambda: None)
    monkeypatch.setattr(browser.os, "geteuid", lambda: 1000)
    return tmp_path


def program(folder: Path, name: str, script: str = "exit 0") -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_browser_named_is_taken_before_any_other(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(nowhere, "chromium")
    named = program(nowhere, "my-browser")
    monkeypatch.setenv("CHROMIUM", str(named))
    assert browser.find_browser() == named


def test_browser_named_that_is_not_there_is_none_at_all(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(nowhere, "chromium")
    monkeypatch.setenv("CHROMIUM", str(nowhere / "missing"))
    assert browser.ensure_browser() is None


@pytest.mark.parametrize("name", browser.NAMES)
def test_browser_on_the_path_is_found(nowhere: Path, name: str) -> None:
    there = program(nowhere, name)
    assert browser.find_browser() == there


def test_browser_of_playwright_is_the_last_to_be_looked_for(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser, "_playwrights_own", lambda: Path("/own"))
    assert browser.find_browser() == Path("/own")


@pytest.mark.parametrize("name", browser.NAMES[:2])
def test_browser_missing_is_installed_by_debian_for_root(
    name: str, nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shell, else the whole browser where there is no shell."""
    monkeypatch.setattr(browser.os, "geteuid", lambda: 0)
    there = nowhere / name
    installed = f'[ "$1 $3" = "install {name}" ] && echo "#!/bin/sh" > {there}'
    others = '[ "$1" = install ] && exit 100'
    program(
        nowhere, "apt-get", f"{installed} && /bin/chmod 755 {there} && exit 0\n{others}\nexit 0"
    )
    assert browser.ensure_browser() == there


def test_browser_that_cannot_be_had_is_said_and_fails_only_in_ci(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CHROMIUM", str(nowhere / "missing"))
    assert browser.main() == 0
    said = capsys.readouterr().err
    assert "they will not run" in said
    assert "apt-get install chromium" in said
    monkeypatch.setenv("CI", "true")
    assert browser.main() == 1
