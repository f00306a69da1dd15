"""A browser for the browser tests: found, else installed; `python -m tests.support.browser`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

# The shell is the same engine without the windows: half the work where there is no screen.
NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
BROWSER_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HOW_TO = (
    "Install Chromium (on Debian: `apt-get install chromium`), or run "
    "`.venv/bin/playwright install chromium`, or name a browser by CHROMIUM=/path/to/it."
)


def find_browser() -> Path | None:
    """The browser named by CHROMIUM, one on the PATH, or Playwright's own; None without any."""
    named = os.environ.get("CHROMIUM")
    if named:
        return Path(named) if Path(named).is_file() else None
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return Path(found)
    return _playwrights_own()


def _playwrights_own() -> Path | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return path if path.is_file() else None


def ensure_browser() -> Path | None:
    """Find one, else try to install one: Debian's when we are root, else Playwright's."""
    found = find_browser()
    if found is not None or os.environ.get("CHROMIUM"):
        return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update", "-q"], *(["install", "-qy", name] for name in NAMES[:2])):
            done = subprocess.run(["apt-get", *command], env=environment, capture_output=True)
            if find_browser() is not None or (done.returncode and command[0] == "update"):
                break
    else:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    return find_browser()


def main() -> int:
    """Say which browser will be used; in CI, 1 without one."""
    found = ensure_browser()
    if found is not None:
        return 0
    print(f"browser tests: there is no browser, they will not run. {HOW_TO}", file=sys.stderr)
    return 1 if os.environ.get("CI") else 0


if __name__ == "__main__":
    sys.exit(main())
