"""What the flag does as time goes by: ends come, windows begin, requests run out."""

from __future__ import annotations

from idp.upstream_status.requests import Requests
from idp.upstream_status.service import UpstreamStatus


class Steward:
    """Puts it on record, once, however many workers look."""

    def __init__(self, *, status: UpstreamStatus, requests: Requests) -> None:
        self._status = status
        self._requests = requests

    def step(self) -> None:
        """Look now. Raises Unavailable("sql")."""
        self._requests.step()
        for realm in self._status.realms:
            self._status.settle(realm)
