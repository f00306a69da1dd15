"""The switch of a world as if nobody had ever touched it, and the short ways of its tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete

from idp.adapters.sql.models import (
    FlagChangeRow,
    FlagRequestRow,
    FlagRow,
    TransitionRow,
    UpstreamEvidenceRow,
    WindowRow,
)
from idp.adapters.sql.tables import table_of
from idp.upstream_status.state import Health
from tests.support.world import World

_TABLES = (
    FlagRow, FlagChangeRow, FlagRequestRow, TransitionRow, UpstreamEvidenceRow, WindowRow,
)  # fmt: skip


@dataclass(frozen=True)
class Bucket:
    """Probes, as a prober's series tells them."""

    at: datetime
    step: str
    probes: int
    failed: int
    slow: int


def untouched(world: World) -> None:
    """Nothing was said, judged, asked or announced, and nobody is second."""
    database, services = world.services.database, world.services
    with database.transaction(), database.connection() as connection:
        for one in _TABLES:
            connection.execute(delete(table_of(one)))
    services.switch.switchboard.second = False
    services.console_switch.logins._kept.clear()
    services.console.coverage._reports.clear()
    services.upstream_status.refresh()


def probed(world: World, *, healthy: bool, realm: str = "sol", ok: bool | None = None) -> Health:
    """The prober says so, now."""
    now = world.clock.now()
    found = Health(
        realm=realm,
        healthy=healthy,
        since=now,
        reason="" if healthy else "form: timeout",
        probed_at=now,
        probe_ok=healthy if ok is None else ok,
        failing_since=None if healthy else now,
    )
    assert world.services.upstream_status.diagnosed(found)
    return found
