"""What breaks: two workers die with deliveries in hand, the relay is away for a while."""

from __future__ import annotations

import time

from bench.surge.account import Kill
from bench.surge.stage import Stage

_FIRST_KILL, _RELAY_GOES, _RELAY_COMES = 0.25, 0.4, 0.6


def trouble(stage: Stage, seconds: float) -> list[Kill]:
    """Run beside the rush. The first worker dies at full load, the second while the outage's
    backlog is being worked off; another takes over at once, as under any supervisor.
    """
    began = time.monotonic()

    def until(part: float) -> None:
        time.sleep(max(0.0, began + seconds * part - time.monotonic()))

    until(_FIRST_KILL)
    kills = [stage.kill_worker()]
    stage.start_worker()
    until(_RELAY_GOES)
    stage.stop_sink()
    until(_RELAY_COMES)
    stage.start_sink()
    kills.append(stage.kill_worker())
    stage.start_worker()
    return kills
