"""A database brought to its newest revision."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from idp.adapters.sql.database import Database


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    found = Database(database_url)
    found.upgrade()
    yield found
    found.close()
