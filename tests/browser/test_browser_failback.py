"""SUNAT is back: of two components that one login by mail entered, one ends it and one keeps it."""

from __future__ import annotations

import queue
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from sandbox.people import person
from tests.browser.conftest import Demo
from tests.browser.walk import ask_for_link, choose, open_link, start_login

pytestmark = pytest.mark.browser

WHO = person("EXPORTA1")


@contextmanager
def component_that_listens() -> Iterator[tuple[str, queue.Queue[str]]]:
    """A back-channel address, and what comes there."""
    came: queue.Queue[str] = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.put(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/salir", came
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def recovering(demo: Demo, told_at: str) -> Iterator[None]:
    """*Mercancías Restringidas* ends its sessions at a recovery, *Origen* keeps them."""
    file = demo.places.state / "clients.yaml"
    text = file.read_text(encoding="utf-8")
    ends = f"contingency: {{on_recovery: logout}}\n    backchannel_logout_uri: {told_at}"
    changed = text
    for client_id, rules in (
        ("mercancias-restringidas", ends),
        ("origen", "contingency: {on_recovery: keep}"),
    ):
        changed = changed.replace(
            f"client_id: {client_id}\n", f"client_id: {client_id}\n    {rules}\n"
        )
    assert changed.count("on_recovery") == text.count("on_recovery") + 2
    file.write_text(changed, encoding="utf-8")
    try:
        yield
    finally:
        file.write_text(text, encoding="utf-8")


def test_component_that_ends_its_sessions_is_told_and_the_other_goes_on(
    page: Page, demo: Demo
) -> None:
    assert WHO.email is not None
    with component_that_listens() as (told_at, came), recovering(demo, told_at):
        demo.flag("down", "sol")
        start_login(page, demo, 8001)
        choose(page, "sol")
        mails = len(demo.mails(WHO.email))
        ask_for_link(page, WHO)
        open_link(page, demo, WHO, after=mails)
        page.wait_for_url(re.compile(re.escape(demo.url(8001))))
        start_login(page, demo, 8002)
        expect(page.locator("#salir")).to_be_visible()
        demo.flag("up", "sol")
        assert came.get(timeout=20).startswith("logout_token=")
        page.goto(demo.url(8002, "/login"))
        page.wait_for_url(re.compile(re.escape(demo.url(8002))))
        page.goto(demo.url(8001, "/login"))
        expect(page.locator("h1")).to_have_text("Ingresar a la VUCE")
        assert came.empty()
