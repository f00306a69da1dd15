"""A mock SUNAT on a free loopback port, a clock to move, and a small browser."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import urllib3

from sandbox.people import PEOPLE, SandboxPerson
from sandbox.sunat.app import create_app
from sandbox.sunat.board import Board
from sandbox.sunat.realms import CLIENT_SECRET, DEFAULT_CALLBACKS
from sandbox.sunat.server import build_server

PATHS = {"sol": "clientessol", "extranet": "clientesextranet"}


class Clock:
    """Seconds since the epoch, moved by hand."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Answer:
    """One HTTP answer, read whole."""

    status: int
    headers: Any
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def text(self) -> str:
        return self.body.decode()

    def query(self) -> dict[str, str]:
        """The query of the Location header."""
        return {k: v[0] for k, v in parse_qs(urlsplit(self.headers["Location"]).query).items()}


@dataclass
class Browser:
    """Follows nothing by itself, and keeps SUNAT's cookie."""

    base: str
    cookie: str = ""
    pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False))

    def send(
        self, method: str, path: str, form: dict[str, str] | None = None, body: Any = None
    ) -> Answer:
        headers = {"Cookie": self.cookie} if self.cookie else {}
        data = json.dumps(body) if body is not None else None
        if form is not None:
            data = urlencode(form)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        got = self.pool.request(
            method, self.base + path, body=data, headers=headers, redirect=False, timeout=10
        )
        if "Set-Cookie" in got.headers:
            self.cookie = got.headers["Set-Cookie"].split(";")[0]
        return Answer(got.status, got.headers, got.data)


@dataclass
class Sunat:
    """The running mock, seen from outside and from inside."""

    base: str
    board: Board
    clock: Clock

    def browser(self) -> Browser:
        return Browser(self.base)

    def login_path(self, realm: str, **changes: str) -> str:
        query = {"originalUrl": DEFAULT_CALLBACKS[realm], "state": "a" * 32, **changes}
        client_id = query.pop("client_id", f"vuce-{realm}")
        return f"/v1/{PATHS[realm]}/{client_id}/oauth2/login?{urlencode(query)}"

    def token_path(self, realm: str) -> str:
        return f"/v1/{PATHS[realm]}/vuce-{realm}/oauth2/token/"

    def code(self, person: SandboxPerson, browser: Browser | None = None) -> str:
        """Log a person in, honestly; returns the code."""
        form = {"ruc": person.ruc, "usuario": person.usuario, "clave": person.password}
        path = self.login_path(person.realm)
        return (browser or self.browser()).send("POST", path, form).query()["code"]

    def redeem(self, realm: str, code: str, **changes: str) -> Answer:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": f"vuce-{realm}",
            "client_secret": CLIENT_SECRET,
            **changes,
        }
        return self.browser().send("POST", self.token_path(realm), form)


@pytest.fixture
def sunat() -> Iterator[Sunat]:
    """A fresh mock SUNAT, its randomness seeded."""
    clock = Clock()
    app = create_app(PEOPLE, clock, seed=7)
    server = build_server(app)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield Sunat(f"http://127.0.0.1:{server.port}", app.extensions["sunat"], clock)
    server.shutdown()
    server.server_close()
    thread.join(5)
