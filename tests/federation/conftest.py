"""A real Valkey and the real mock SUNAT, on free ports."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from federation_servers import NOW, MockSunat

from idp.kernel.clock import FixedClock


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture(scope="session")
def running_sunat() -> Iterator[MockSunat]:
    mock = MockSunat()
    yield mock
    mock.stop()


@pytest.fixture
def sunat(running_sunat: MockSunat) -> MockSunat:
    running_sunat.reset()
    return running_sunat
