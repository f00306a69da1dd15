"""clients.yaml read, checked and turned into clients."""

from __future__ import annotations

from pathlib import Path

from idp.clients.problem import LoadResult


def load(path: Path, *, production: bool, realms: tuple[str, ...]) -> LoadResult:
    """Read a file; never raises: whatever is wrong is in `problems`."""
    raise NotImplementedError
