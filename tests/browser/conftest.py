"""The running demo (real processes on ports of their own) and a real headless browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from idp.upstream_status.state import FlagState
from tests.support.browser import BROWSER_ARGS, find_browser
from tests.support.demo import Demo, link_of, running_demo

__all__ = ["Demo", "link_of"]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(lambda: tmp_path_factory.mktemp("d")) as running:
        yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = find_browser()
    assert path is not None, "a browser test ran without a browser"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(path), args=BROWSER_ARGS)
        yield browser
        browser.close()


@pytest.fixture
def new_context(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Make browsers that know nothing of one another; each page must stay without script errors."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def make(**options: Any) -> BrowserContext:
        context = chromium.new_context(
            **{"locale": "es-PE", "viewport": {"width": 1280, "height": 900}, **options}
        )
        context.set_default_timeout(15_000)
        context.on("weberror", lambda error: problems.append(str(error.error)))
        context.on(
            "console",
            lambda message: (
                problems.append(message.text) if "Content Security Policy" in message.text else None
            ),
        )
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    assert not problems, problems


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Page:
    return new_context().new_page()


def _no_one_asked_yet(demo: Demo) -> None:
    """Forget what the tests before asked for: limits, and the waits that grow with each link.

    How fast this machine is must not decide which of them are over.
    """
    with redis.Redis(unix_socket_path=str(demo.places.state / "valkey.sock")) as valkey:
        for pattern in ("idp:limits:*", "idp:links:identifier:*"):
            if keys := list(valkey.scan_iter(pattern, count=1_000)):
                valkey.delete(*keys)


@pytest.fixture(autouse=True)
def _calm(request: pytest.FixtureRequest) -> None:
    """Each test of the demo begins with SUNAT up, by flag and by fact, and no limit near."""
    if "demo" not in request.fixturenames:
        return
    demo: Demo = request.getfixturevalue("demo")
    _no_one_asked_yet(demo)
    demo.api(8100, "/control.json", "PUT", {"realm": "all", "fault": "up"})
    demo.services.upstream_status.refresh()
    for realm in ("sol", "extranet"):
        found = demo.services.upstream_status.flag(realm)
        if found is not None and found.state is FlagState.FORCED_DOWN:
            demo.flag("up", realm)
