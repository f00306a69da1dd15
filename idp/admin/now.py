"""How things stand at this moment: each upstream, and what no operator may overlook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from idp.admin.switch_words import DOWN, POLICIES, UP, WHY
from idp.kernel.clock import Clock
from idp.kernel.errors import Unavailable
from idp.kernel.texts import Text
from idp.upstream_status.request import Request, RequestKind
from idp.upstream_status.requests import Requests
from idp.upstream_status.service import UpstreamStatus
from idp.upstream_status.state import Flag, Health, Policy, Why, Window

# A prober that said nothing for so long is not at work.
SILENT = timedelta(minutes=3)


class Prober(StrEnum):
    """What the prober says of an upstream."""

    ABSENT = "absent"
    SILENT = "silent"
    HEALTHY = "healthy"
    FAILING = "failing"


@dataclass(frozen=True)
class UpstreamNow:
    """An upstream. label: as people call it. up: whether logins are sent there; word: so in words.
    cause: what decides, also in words. since, who, reason: of that; until: when it is to end by
    itself. policy: who decides while nobody forces anything. windows: those ahead.
    """

    realm: str
    label: str
    up: bool
    word: Text
    why: Why
    cause: Text
    reason: str
    who: str | None
    since: datetime | None
    until: datetime | None
    policy: Policy
    policy_name: Text
    prober: Prober
    health: Health | None
    windows: tuple[Window, ...]
    flag: Flag | None

    @property
    def forced(self) -> bool:
        """Whether an operator's word is what counts."""
        return self.why in (Why.FORCED_UP, Why.FORCED_DOWN)


class AlertKind(StrEnum):
    """What every page of the console says above all else."""

    FORCED_UP = "forced_up"
    FAILING = "failing"
    FORCED_DOWN = "forced_down"
    HELD = "held"
    APPROVAL = "approval"
    PROPOSAL = "proposal"


_ALERTED = {
    Why.FORCED_UP: AlertKind.FORCED_UP,
    Why.FORCED_DOWN: AlertKind.FORCED_DOWN,
    Why.HELD: AlertKind.HELD,
}


@dataclass(frozen=True)
class Alert:
    """One of them. request: what waits for a word, of those that do."""

    kind: AlertKind
    upstream: UpstreamNow
    request: Request | None = None


class Now:
    """Reads this process's copy of the flags, which is at most a second old, and the requests that
    wait. labels: by realm.
    """

    def __init__(
        self,
        *,
        status: UpstreamStatus,
        labels: Mapping[str, str],
        clock: Clock,
        requests: Requests,
    ) -> None:
        self._status = status
        self._labels = labels
        self._clock = clock
        self._requests = requests

    @property
    def realms(self) -> list[tuple[str, str]]:
        """Each realm with its label."""
        return [(realm, self.label(realm)) for realm in self._status.realms]

    def label(self, realm: str) -> str:
        """What people call it."""
        return self._labels.get(realm, realm)

    def upstreams(self) -> list[UpstreamNow]:
        """Each upstream. Raises Unavailable("sql") before the flags were read once."""
        return [self.of(realm) for realm in self._status.realms]

    def of(self, realm: str) -> UpstreamNow:
        """One of them. Raises as `upstreams`, and ValueError for one that there is not."""
        if not self._status.loaded:
            raise Unavailable("sql", "the flags were not read yet")
        state, facts = self._status.state(realm), self._status.facts(realm)
        policy, now = self._status.policy(realm), self._clock.now()
        return UpstreamNow(
            realm=realm,
            label=self.label(realm),
            up=state.up,
            word=UP if state.up else DOWN,
            why=state.why,
            cause=WHY[state.why],
            reason=state.reason,
            who=state.who,
            since=state.since,
            until=state.until,
            policy=policy,
            policy_name=POLICIES[policy],
            prober=_prober(facts.health, now),
            health=facts.health,
            windows=tuple(one for one in facts.windows if one.ahead(now)),
            flag=facts.flag,
        )

    def waiting(self) -> list[Request]:
        """What waits for somebody's word. Raises Unavailable("sql")."""
        now = self._clock.now()
        return [one for one in self._requests.open() if one.deadline > now]

    def alerts(self) -> list[Alert]:
        """What every page says, the gravest first. Raises as `upstreams`."""
        found = {one.realm: one for one in self.upstreams()}
        alerts = [Alert(_ALERTED[one.why], one) for one in found.values() if one.why in _ALERTED]
        alerts += [
            Alert(AlertKind.FAILING, one)
            for one in found.values()
            if one.up and one.prober is Prober.FAILING
        ]
        alerts += [
            Alert(_waits(one), found[one.realm], one)
            for one in self.waiting()
            if one.realm in found
        ]
        order = list(AlertKind)
        return sorted(alerts, key=lambda one: order.index(one.kind))


def _waits(request: Request) -> AlertKind:
    proposed = request.kind is RequestKind.PROPOSAL
    return AlertKind.PROPOSAL if proposed else AlertKind.APPROVAL


def _prober(health: Health | None, now: datetime) -> Prober:
    if health is None:
        return Prober.ABSENT
    if now - health.probed_at > SILENT:
        return Prober.SILENT
    return Prober.HEALTHY if health.healthy else Prober.FAILING
