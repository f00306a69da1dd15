"""The code fences of docs/integrar.md, and where to run them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from sandbox.demo.state import people_csv
from tests.support.installation import environment_of
from tests.support.world import START, World, build_world

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "integrar.md").read_text(encoding="utf-8")
DEMO, ISSUER = "http://localhost:8000", "https://emisor.example"
PLACEHOLDER = "sha256:" + "0" * 64
_FENCE = re.compile(r"^( *)```(\w+)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)

Key = tuple[str, str, int]
"""Section, language, and which of that language there, from 0."""


def fences() -> dict[Key, str]:
    """Every code fence that names a language."""
    found: dict[Key, str] = {}
    for part in re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]:
        section, _, body = part.partition("\n")
        for _, language, code in _FENCE.findall(body):
            number = sum(1 for at in found if at[:2] == (section, language))
            found[section, language, number] = textwrap.dedent(code)
    return found


def tables(section: str) -> list[list[str]]:
    """The rows of a section's first table, heads left out; code marks stay."""
    body = TEXT.split(f"## {section}\n", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| (.*) \|$", body, re.MULTILINE)
    return [[cell.strip() for cell in row.split(" | ")] for row in rows[2:]]


@dataclass
class Served:
    """A provider that answers on a port of its own, by the clock on the wall.

    notices: logout tokens that came to `/aviso` on the same port.
    """

    world: World
    url: str
    folder: Path
    notices: list[str] = field(default_factory=list)

    def shell(self, code: str, *, said: str = "", **environment: str) -> str:
        """Run a snippet as a developer would, in a folder with `.venv`; what it prints."""
        done = subprocess.run(
            ["bash", "-euc", self.here(code)],
            cwd=self.folder,
            env=self.environment(**environment),
            input=said,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def environment(self, **more: str) -> dict[str, str]:
        """The provider's settings, and this Python's commands on the path."""
        path = f"{Path(sys.prefix) / 'bin'}:{os.environ['PATH']}"
        return {"PATH": path, **environment_of(self.world.settings), **more}

    def here(self, code: str) -> str:
        """The snippet with this provider's address; root says who it is, as the guide asks."""
        said = code.replace(DEMO, self.url).replace(ISSUER, self.url)
        return re.sub(r"(?m)(^|bin/|\$\()idp (?=[a-z])", r"\1idp --as prueba ", said)

    def use(self, clients: str) -> None:
        """Take this clients.yaml, with the world's secret where the example's are."""
        _, _, hashed = self.world.settings.clients_file.read_text().partition("sha256:")
        text = clients.replace(PLACEHOLDER, "sha256:" + hashed[:64])
        self.world.settings.clients_file.write_text(text)
        assert self.world.services.clients.reload(), self.world.services.clients.problems


@contextmanager
def served(folder: Path, redis_url: str) -> Iterator[Served]:
    """Serve a provider with the sandbox's people."""
    found: list[Served] = []

    def answer(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/aviso":
            body = parse_qs(Request(environ).get_data(as_text=True))
            found[0].notices.append(body["logout_token"][0])
            return Response("", 200)(environ, start)
        return found[0].world.app(environ, start)

    server = make_server("127.0.0.1", 0, answer, threaded=True)
    url = f"http://localhost:{server.server_port}"
    world = build_world(folder, redis_url, issuer=url)
    world.clock.advance((datetime.now(UTC) - START).total_seconds())
    (folder / ".venv").symlink_to(sys.prefix)
    found.append(Served(world, url, folder))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        (folder / "people.csv").write_text(people_csv(), encoding="utf-8")
        found[0].shell("idp users import people.csv --trust-emails")
        yield found[0]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        world.services.stop()
