"""Making the manual: read, walk, judge, write; a folder that is whole, or as it was."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from playwright.sync_api import Browser

from idp.help.built import PICTURES, png_size
from idp.help.manual import facts, read_manual
from idp.help.markup import Document, Picture, read
from idp.settings import load
from idp.wiring import TEMPLATES
from manual.album import Album
from manual.documents import Written, write
from manual.labels import emphasised, problems
from manual.walk import Walk
from tests.support.demo import Demo

TITLE = "Manual de contingencia para usuarios y entidades"
HELP_DESK = TEMPLATES.parent / "docs" / "mesa-de-ayuda.md"


def manual_of(demo: Demo) -> Document:
    """The text, with what the demo's settings say; variables of ours outweigh its defaults."""
    environ = {name: value for name, value in os.environ.items() if name.startswith("IDP_")}
    return read_manual(TEMPLATES / "ayuda", facts(load({**environ, **demo.environment})))


def walk(demo: Demo, browser: Browser, document: Document, pictures: Path | None) -> list[str]:
    """Walk the demo; what is not as the texts say, a line each. pictures: where they go, if any."""
    album = Album(pictures, (one.name for one in document.screens if one.pictured))
    Walk(demo, browser, album).run()
    guide = emphasised(f"docs/{HELP_DESK.name}", HELP_DESK.read_text(encoding="utf-8"))
    return album.problems + problems(document, guide, album.seen)


def make(demo: Demo, browser: Browser, folder: Path) -> tuple[list[Path], list[str]]:
    """Make everything anew in `folder`: what was written, else the problems; then nothing was."""
    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    (fresh / PICTURES).mkdir(parents=True)
    document = manual_of(demo)
    found = walk(demo, browser, document, fresh / PICTURES)
    if found:
        shutil.rmtree(fresh)
        return [], found
    title, _, guide = HELP_DESK.read_text(encoding="utf-8").removeprefix("# ").partition("\n")
    content = document.html(_pictures(fresh / PICTURES), lazy=False)
    helper = read([(HELP_DESK.name, alone(guide))], {}).html({})
    texts = [
        Written("manual", TITLE, content, document.headings),
        Written("mesa-de-ayuda", title, helper),
    ]
    made = write(fresh, texts, browser)
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)
    return [folder / one.name for one in made], []


def alone(guide: str) -> str:
    """A guide that is read by itself: the others, which it links to, are not beside it."""
    return re.sub(r"\[([^\[\]]+)\]\([a-z-]+\.md(?:#[^)\s]*)?\)", r"\1", guide)


def _pictures(folder: Path) -> dict[str, Picture]:
    found = {}
    for path in folder.glob("*.png"):
        size = png_size(path.read_bytes())
        assert size is not None
        found[path.stem] = Picture(f"{PICTURES}/{path.name}", *size)
    return found
