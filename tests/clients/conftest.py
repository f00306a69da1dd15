"""Reading texts as clients.yaml, through a real file."""

from __future__ import annotations

from pathlib import Path

import pytest
from clients_texts import REALMS, Load

from idp.clients import loader
from idp.clients.problem import LoadResult


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Reads a text (or bytes) as clients.yaml."""

    def read(content: str | bytes, *, production: bool = False) -> LoadResult:
        path = tmp_path / "clients.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return loader.load(path, production=production, realms=REALMS)

    return read
