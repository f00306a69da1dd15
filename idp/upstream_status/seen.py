"""What of this process's state anybody may see: what is left out here is never on a page."""

from __future__ import annotations

from idp.kernel.clock import Clock
from idp.upstream_status.changes import Transition
from idp.upstream_status.public import Change, Known, Maintenance
from idp.upstream_status.service import UpstreamStatus
from idp.upstream_status.state import Why


class Seen:
    """`board.Sees` over the copy of the flags in memory."""

    def __init__(self, status: UpstreamStatus, clock: Clock) -> None:
        self._status = status
        self._clock = clock

    def known(self) -> tuple[Known, ...]:
        """How each upstream stands; unknown before the flags were read once."""
        if not self._status.loaded:
            return tuple(Known(realm, None) for realm in self._status.realms)
        return tuple(self._one(realm) for realm in self._status.realms)

    def maintenance(self) -> tuple[Maintenance, ...]:
        """The windows that are on or still to come, by their beginning."""
        now = self._clock.now()
        found = [
            Maintenance(one.realm, one.starts_at, one.ends_at)
            for realm in self._status.realms
            for one in self._status.facts(realm).windows
            if one.open(now) or one.ahead(now)
        ]
        return tuple(sorted(found, key=lambda one: (one.starts_at, one.realm)))

    def _one(self, realm: str) -> Known:
        found = self._status.state(realm)
        return Known(realm, found.up, found.since, found.why is Why.WINDOW)


def public_change(one: Transition) -> Change:
    """What anybody may know of it."""
    return Change(one.realm, one.seq, one.at, one.up, one.why is Why.WINDOW)
