"""The running demo, for components that others wrote, and a person's browser in front of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.browser.conftest import Demo, demo
from tests.relying_parties.stack import Stack
from tests.relying_parties.visitor import Visitor

__all__ = ["demo"]


@pytest.fixture(scope="session")
def stack(demo: Demo) -> Stack:
    return Stack(demo)


@pytest.fixture
def visitor() -> Iterator[Visitor]:
    found = Visitor()
    yield found
    found.session.close()


@pytest.fixture
def outage(stack: Stack) -> Iterator[Callable[[str], None]]:
    """Flags the upstream of a realm down when it is called; up again at the end of the test."""
    flagged = []

    def flag(realm: str) -> None:
        flagged.append(realm)
        stack.flag("down", realm)

    yield flag
    for realm in flagged:
        stack.flag("up", realm)
