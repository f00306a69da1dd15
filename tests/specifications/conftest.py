"""A provider with components of every kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.components import Party, clients_text
from tests.support.world import World, build_world


@pytest.fixture
def provider(tmp_path: Path, valkey: str) -> World:
    """The provider, with the components of `tests.support.components.KINDS`."""
    return build_world(tmp_path, valkey, clients=clients_text())


@pytest.fixture
def renueva(provider: World) -> Party:
    """A component with refresh tokens, and a person who is logged in."""
    return Party.logged_in(provider, "renueva")
