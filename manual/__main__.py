"""`python -m manual [--out FOLDER]`: make the users' manual; 1 when the text is no longer true."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from manual.making import make
from tests.support.browser import BROWSER_ARGS, HOW_TO, ensure_browser
from tests.support.demo import running_demo


def main() -> int:
    """Say where the files are, or what is wrong."""
    parser = argparse.ArgumentParser(prog="manual", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/manual"), metavar="FOLDER")
    folder: Path = parser.parse_args().out
    path = ensure_browser()
    if path is None:
        print(f"manual: it needs a browser. {HOW_TO}", file=sys.stderr)
        return 1
    print("manual: starting a demo of its own, and walking it", flush=True)
    try:
        made, problems = _made(path, folder)
    except AssertionError as error:
        made, problems = [], [f"the demo cannot be walked: {error}"]
    for one in problems:
        print(f"manual: {one}", file=sys.stderr)
    if problems:
        print(f"manual: nothing was written; {folder} is as it was", file=sys.stderr)
        return 1
    for file in made:
        print(f"manual: {file}")
    return 0


def _made(path: Path, folder: Path) -> tuple[list[Path], list[str]]:
    with (
        tempfile.TemporaryDirectory(prefix="manual") as state,
        running_demo(lambda: Path(tempfile.mkdtemp(dir=state))) as demo,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=str(path), args=BROWSER_ARGS)
        made = make(demo, browser, folder)
        browser.close()
        return made


if __name__ == "__main__":
    sys.exit(main())
