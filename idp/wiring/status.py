"""Who is told what happens to the upstreams: everybody, by a page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from idp.adapters.sql.transitions import SqlTransitionStore
from idp.settings import Settings
from idp.upstream_status.board import StatusBoard
from idp.upstream_status.public import Change
from idp.upstream_status.public_words import Words
from idp.upstream_status.seen import Seen, public_change
from idp.upstream_status.service import UpstreamStatus
from idp.wiring.base import Base


def status_board(base: Base, status: UpstreamStatus) -> StatusBoard:
    """What `/status` shows."""
    transitions = SqlTransitionStore(base.database)

    def reads(since: datetime, most: int) -> Sequence[Change]:
        return [public_change(one) for one in transitions.find(None, since, None, most)]

    return StatusBoard(sees=Seen(status, base.clock), reads=reads, clock=base.clock)


def status_words(settings: Settings) -> Words:
    """What it says."""
    return Words({one.realm: one.label for one in settings.upstreams})
