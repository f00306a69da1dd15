"""The table of states that pages can be in: each module `states_*` adds its rows.

A row names the template that is shown, and has a function that leads a browser there: by the page
that it is given, or by the page of another browser, which it returns.
"""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser.site import Site

Other = Callable[[], Page]
Reach = Callable[[Site, Page, Other], Page | None]
STATES: dict[str, tuple[str, Reach]] = {}


def state(template: str, name: str) -> Callable[[Reach], Reach]:
    """A row of the table."""

    def add(reach: Reach) -> Reach:
        assert name not in STATES, name
        STATES[name] = (template, reach)
        return reach

    return add
