"""How things stand at this moment: each upstream, as the flag has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from idp.kernel.clock import Clock
from idp.kernel.errors import Unavailable
from idp.upstream_status.service import UpstreamStatus
from idp.upstream_status.state import Why


@dataclass(frozen=True)
class UpstreamNow:
    """An upstream. label: as people call it. up: whether logins are sent there. forced: by an
    operator's word, until then. since, who: of the last change; None where there was none.
    """

    realm: str
    label: str
    up: bool
    forced: bool
    reason: str
    who: str | None
    since: datetime | None
    until: datetime | None


class Now:
    """Reads this process's copy of the flags, which is at most a second old. labels: by realm."""

    def __init__(self, *, status: UpstreamStatus, labels: Mapping[str, str], clock: Clock) -> None:
        self._status = status
        self._labels = labels
        self._clock = clock

    def upstreams(self) -> list[UpstreamNow]:
        """Each upstream. Raises Unavailable("sql") before the flags were read once."""
        if not self._status.loaded:
            raise Unavailable("sql", "the flags were not read yet")
        return [self._one(realm) for realm in self._status.realms]

    def _one(self, realm: str) -> UpstreamNow:
        state = self._status.state(realm)
        return UpstreamNow(
            realm=realm,
            label=self._labels.get(realm, realm),
            up=state.up,
            forced=state.why in (Why.FORCED_UP, Why.FORCED_DOWN),
            reason=state.reason,
            who=state.who,
            since=state.since,
            until=state.until,
        )
