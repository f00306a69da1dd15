"""Keys made once for the whole run: an RSA key costs a tenth of a second."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from idp.kernel.clock import FixedClock
from idp.signing.generate import ensure_generated
from idp.signing.keyring import Keyring

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("keyring") / "keys"
    ensure_generated(found, clock=FixedClock(NOW))
    return found


@pytest.fixture
def keys_dir(made_once: Path, tmp_path: Path) -> Path:
    """A folder with an active RS256 and an active ES256 key, the test's own to spoil."""
    found = tmp_path / "keys"
    shutil.copytree(made_once, found)
    return found


@pytest.fixture
def keyring(keys_dir: Path, clock: FixedClock) -> Keyring:
    return Keyring.load(keys_dir, clock=clock)
