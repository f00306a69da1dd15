"""ALTCHA's box in a real browser: what went wrong is told with it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import BrowserContext, expect
from werkzeug.serving import make_server

from idp.upstream_status.state import FlagState
from tests.support.world import START, World, authorization_params, build_world

pytestmark = pytest.mark.browser


@pytest.fixture
def provider(tmp_path: Path, valkey: str) -> Iterator[World]:
    """A provider with SUNAT flagged down, on a port of its own."""
    apps: list[World] = []
    server = make_server("127.0.0.1", 0, lambda *call: apps[0].app(*call), threaded=True)
    issuer = f"http://localhost:{server.server_port}"
    world = build_world(tmp_path, valkey, issuer=issuer, captcha="altcha", altcha_cost=5)
    world.clock.advance((datetime.now(UTC) - START).total_seconds())
    world.services.upstream_status.set("sol", FlagState.FORCED_DOWN, reason="p", who="p")
    apps.append(world)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield world
    server.shutdown()
    thread.join()
    server.server_close()
    world.services.stop()


def test_box_that_was_not_marked_is_described_by_its_error(
    new_context: Callable[..., BrowserContext], provider: World
) -> None:
    page = new_context().new_page()
    page.goto(f"{provider.settings.issuer}/authorize?{urlencode(authorization_params())}")
    page.click("#elegir-sol")
    box = page.locator("altcha-widget input[type=checkbox]")
    expect(box).to_be_visible()
    assert box.get_attribute("aria-invalid") is None
    page.fill("#ruc", "20131312955")
    page.fill("#usuario", "EXPORTA1")
    # Past the widget, which would hold the form back.
    page.evaluate("document.querySelector('form.form').submit()")
    expect(page.locator("#captcha-error")).to_contain_text("Marque la casilla")
    expect(box).to_have_attribute("aria-invalid", "true")
    expect(box).to_have_attribute("aria-describedby", "captcha-error")
