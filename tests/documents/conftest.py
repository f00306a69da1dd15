"""A provider for the snippets of the guides."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from integrar_snippets import Served, fences, served


@pytest.fixture(scope="module")
def guide_server(tmp_path_factory: pytest.TempPathFactory, module_valkey: str) -> Iterator[Served]:
    """One for a module: every snippet leaves it as it found it, but for people and clients."""
    with served(tmp_path_factory.mktemp("guide"), module_valkey) as found:
        yield found


@pytest.fixture
def provider(guide_server: Served) -> Iterator[Served]:
    """The module's provider, whose clients are its own again afterwards, and SUNAT up."""
    world = guide_server.world
    before = world.settings.clients_file.read_text()
    guide_server.notices.clear()
    # The guide's programs look at the clock on the wall.
    world.clock.advance((datetime.now(UTC) - world.clock.now()).total_seconds())
    yield guide_server
    guide_server.use(before)


@pytest.fixture(scope="session")
def snippets() -> dict[tuple[str, str, int], str]:
    """The fences of docs/integrar.md."""
    return fences()
