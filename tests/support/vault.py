"""Data keys for tests: real ones, of a file of their own."""

from __future__ import annotations

from pathlib import Path

from idp.adapters.sql.database import Database
from idp.kernel.clock import SystemClock
from idp.kernel.random import SystemRandom
from idp.people import data_keys
from idp.people.vault import Vault


def make_data_keys(folder: Path) -> Path:
    """The file of data keys in a folder of keys, made if it is not there."""
    path = folder / "data-keys.json"
    data_keys.generate(path, clock=SystemClock(), random=SystemRandom())
    return path


def vault_in(folder: Path) -> Vault:
    """A vault of that file."""
    return Vault(make_data_keys(folder), random=SystemRandom())


def vault_beside(database: Database) -> Vault:
    """A vault whose file stands in the folder of an SQLite database."""
    file = database.engine.url.database
    assert file is not None
    return vault_in(Path(file).parent)
