"""A log with its seals, its key and its checkpoints. Most tests need one kind of database: theirs is
a copy of a file that is made once.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from idp.adapters.sql.database import Database
from idp.kernel.clock import FixedClock
from tests.audit.sealed_log import SealedLog, fill, sealed_log

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


@pytest.fixture
def log(database: Database, tmp_path: Path) -> SealedLog:
    """An empty one, on each kind of database."""
    return sealed_log(database, tmp_path / "audit", FixedClock(NOW))


@pytest.fixture(scope="session")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sealed")
    database = Database(f"sqlite:///{folder / 'log.sqlite3'}")
    database.upgrade()
    log = sealed_log(database, folder / "audit", FixedClock(NOW))
    fill(log)
    (folder / "copies").write_text("\n".join([*log.copies, log.clock.now().isoformat()]))
    database.close()
    return folder


@pytest.fixture
def full(_made: Path, tmp_path: Path) -> Iterator[SealedLog]:
    """Thirty rows; signed for after the tenth, the twentieth and the last."""
    for file in _made.glob("log.sqlite3*"):
        shutil.copy(file, tmp_path)
    shutil.copytree(_made / "audit", tmp_path / "audit")
    *copies, now = (_made / "copies").read_text().splitlines()
    database = Database(f"sqlite:///{tmp_path / 'log.sqlite3'}")
    log = sealed_log(database, tmp_path / "audit", FixedClock(datetime.fromisoformat(now)), seed=8)
    log.copies.extend(copies)
    yield log
    database.close()
