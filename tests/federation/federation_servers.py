"""The mock SUNAT, running, and how a browser logs in there."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlencode, urlsplit

import urllib3

from idp.kernel.clock import FixedClock
from sandbox.sunat.app import create_app
from sandbox.sunat.board import Board
from sandbox.sunat.faults import setting_of
from sandbox.sunat.server import build_server

ISSUER = "http://localhost:8000"
NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
PEOPLE = {
    "sol": {"ruc": "20504774288", "usuario": "IMPORTA1", "clave": "sandbox"},
    "extranet": {"usuario": "EXT0001", "clave": "sandbox"},
}


class MockSunat:
    """The running mock: its address, and faults by name."""

    def __init__(self) -> None:
        callbacks = [f"{ISSUER}/upstream/{realm}/callback" for realm in PEOPLE]
        clock = FixedClock(NOW)
        app = create_app(clock=clock.timestamp, original_urls=callbacks, seed=7)
        self._board: Board = app.extensions["sunat"]
        self._server = build_server(app)
        self.base_url = f"http://127.0.0.1:{self._server.port}"
        self.allow = (f"127.0.0.1:{self._server.port}",)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def misbehave(self, realm: str, fault: str, seconds: float | None = None) -> None:
        """Set a fault; one that reaches both endpoints is set at the token endpoint only."""
        both = fault in ("down", "slow", "error500", "flaky", "empty200", "html200")
        self._board.set(realm, setting_of(fault, seconds, "token" if both else None))

    def reset(self) -> None:
        """Behave, and forget what was counted."""
        for realm in PEOPLE:
            self._board.set(realm, setting_of("up"))
        self._board.reset_counters("all")

    def token_posts(self, realm: str) -> int:
        """How often a code was presented."""
        return int(self._board.counters(realm).get("token_posts", 0))

    def public_keys(self) -> dict[str, str]:
        """The key that it signs with, by `kid`."""
        told = urllib3.request("GET", f"{self.base_url}/control.json").json()
        return {told["kid"]: told["public_key_pem"]}

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def log_in(login_url: str, realm: str, person: dict[str, str] | None = None) -> dict[str, str]:
    """Fill in SUNAT's form; what it then gives the callback."""
    form = urlencode(person or PEOPLE[realm]).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = urllib3.request("POST", login_url, body=form, headers=headers, redirect=False)
    assert answer.status == 302, answer.data
    target = urlsplit(answer.headers["Location"])
    assert target._replace(query="").geturl() == f"{ISSUER}/upstream/{realm}/callback"
    return {name: values[0] for name, values in parse_qs(target.query).items()}
