"""One provider for a module, with components of every kind; each test has people of its own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from identity_world import Renamed

from idp.kernel.identity import Identifier
from tests.support.components import clients_text
from tests.support.world import World, build_world

_RUCS = itertools.cycle(("20131312955", "20504774288", "20000000001", "20999999990"))
_COUNTER = itertools.count(1)


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory, module_valkey: str) -> Iterator[World]:
    found = build_world(tmp_path_factory.mktemp("identity"), module_valkey, clients=clients_text())
    yield found
    found.services.stop()


@pytest.fixture
def renamed(provider: World) -> Renamed:
    ruc, number = next(_RUCS), next(_COUNTER)
    users = (Identifier("sol", f"{ruc}:{name}{number}") for name in ("VIEJO", "NUEVO"))
    found = Renamed(provider, ruc, *users)
    found.at_sunat(found.old)
    return found
