"""Rules on components that are told of changes of the upstreams (docs/estado.md)."""

from __future__ import annotations

from collections.abc import Callable

from idp.clients.raw import Raw
from idp.clients.uris import uri_faults


def _status(raw: Raw) -> None:
    """Where it is told must be a place that only it can answer from."""
    given = raw.data.get("status")
    if not isinstance(given, dict) or not raw.report.usable((*raw.path, "status")):
        return
    path = (*raw.path, "status", "events_uri")
    uri = given.get("events_uri")
    if isinstance(uri, str) and raw.report.usable(path):
        faults = uri_faults(
            uri,
            loopback=not raw.production,
            example="https://origen.vuce.gob.pe/avisos/estado",
            loopback_hint="use https",
        )
        raw.tell(path, faults)


RULES: tuple[Callable[[Raw], None], ...] = (_status,)
