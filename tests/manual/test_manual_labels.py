"""What ends `make manual`: a screen or a label that is no longer there; and that nothing is lost by it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from idp.help.markup import read
from manual import __main__ as command
from manual import making
from manual.album import Album
from manual.labels import ANYWHERE, emphasised, is_said, problems

TEXT = """## Uno {#uno}

<!-- pantalla: elegir -->

Pulse [[Ingresar]], [[Salir de …]] o [[revise|Otro enlace]]; vea [abajo](#dos).
"""
SEEN = {"elegir": {"Ingresar", "Salir de Origen"}, "revise": {"Otro enlace"}}


def found(text: str = TEXT, seen: Any = SEEN, guide: str = "") -> list[str]:
    return problems(read([("a.md", text)], {}), emphasised("guía.md", guide), seen)


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("Ingresar", True),
        ("Ingresa", False),  # not a whole text of the page
        ("ingresar", False),
        ("Salir de …", True),
        ("… Origen", True),
        ("Salir de Origen…", False),  # nothing stands there
        ("Sa…en", True),
        ("Salir.de Origen", False),
    ],
)
def test_label_is_one_whole_text_of_the_screen(label: str, said: bool) -> None:
    assert is_said(label, SEEN["elegir"]) is said


def test_text_that_is_true_has_no_problem() -> None:
    assert found(TEXT + "\n### Dos {#dos}\n") == []


def test_label_that_is_gone_is_said_with_its_section_and_screen() -> None:
    gone = {**SEEN, "elegir": {"Entrar", "Salir de Origen"}}
    assert found(TEXT + "\n### Dos {#dos}\n", gone) == [
        "a.md:5, «Uno»: the screen `elegir` does not say «Ingresar»"
    ]


def test_screen_that_was_not_reached_and_anchor_that_is_not_there_are_said() -> None:
    assert found(seen={"elegir": SEEN["elegir"]}) == [
        "a.md:5, «Uno»: «Otro enlace»: there is no screen `revise`",
        "a.md:5, «Uno»: no heading has the anchor #dos",
    ]
    unreached = "<!-- pantalla: nada -->\n\nPulse [[Algo]]."
    assert found(unreached, {}) == ["a.md:1: the screen `nada` was not reached"]


def test_walk_that_stops_says_where_and_what_it_waited_for() -> None:
    album = Album(None, [])
    log = 'Page.click: Timeout 15000ms exceeded.\nCall log:\n  - waiting for locator("#ingresar")\n'
    album.stopped("taxpayer", AssertionError(log))
    album.stopped("official", AssertionError())
    assert album.problems == [
        "the walk «taxpayer» stopped: Page.click: Timeout 15000ms exceeded. "
        'waiting for locator("#ingresar")',
        "the walk «official» stopped: AssertionError",
    ]


def test_label_of_a_guide_is_looked_for_on_every_screen() -> None:
    guide = "Está en *Otro\nenlace*,\n**no** en *Nada*; `*` y 2 * 3 * 4."
    labels = emphasised("guía.md", guide)
    assert [(one.text, one.screen, one.place.line) for one in labels] == [
        ("Otro enlace", ANYWHERE, 2),
        ("Nada", ANYWHERE, 3),
    ]
    assert found("", guide=guide) == ["guía.md:3: no screen says «Nada»"]


def test_guide_of_the_help_desk_has_labels() -> None:
    text = making.HELP_DESK.read_text(encoding="utf-8")
    labels = {one.text for one in emphasised("x", text)}
    assert {"Revise su correo", "Modificación de Datos", "No fui yo"} <= labels


@pytest.fixture
def text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "manual_of", lambda demo: read([("a.md", "## Uno {#uno}")], {}))


def test_problem_leaves_the_last_good_manual_as_it_was(
    text: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "walk", lambda *_: ["x"])
    folder = tmp_path / "manual"
    folder.mkdir()
    (folder / "manual.html").write_text("the last good one")
    nothing: Any = None
    assert making.make(nothing, nothing, folder) == ([], ["x"])
    assert [one.name for one in tmp_path.rglob("*")] == ["manual", "manual.html"]


def test_command_without_a_browser_says_how_to_get_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "ensure_browser", lambda: None)
    monkeypatch.setattr(sys, "argv", ["manual"])
    assert command.main() == 1
    assert "apt-get install chromium" in capsys.readouterr().err
