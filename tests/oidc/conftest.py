"""A component in front of the provider."""

from __future__ import annotations

import pytest
from relying_party import RelyingParty

from tests.support.world import World


@pytest.fixture
def mr(world: World) -> RelyingParty:
    """The confidential component `mr` with a person who is logged in at its browser."""
    return RelyingParty.logged_in(world)
