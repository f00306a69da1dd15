"""A verdict made known, and what the policy does about it: the prober's hands.

What is in force is read anew before anything is judged, and each thing is told once, by whichever
prober comes first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.kernel.clock import Clock
from idp.kernel.errors import Unavailable
from idp.kernel.ports import UnitOfWork
from idp.upstream_status.evidence import MINUTE, RETURNING, Evidence
from idp.upstream_status.hysteresis import Thresholds, Verdict
from idp.upstream_status.judging import Decision, Do, Situation, decide
from idp.upstream_status.observations import Act, Live
from idp.upstream_status.probe_ports import Acts, LiveCounts
from idp.upstream_status.request import Request, RequestKind
from idp.upstream_status.requests import Requests
from idp.upstream_status.service import UpstreamStatus
from idp.upstream_status.state import Health, Why
from idp.upstream_status.writing import PROBER

_FORCED = (Why.FORCED_UP, Why.FORCED_DOWN)


@dataclass(frozen=True)
class Rules:
    """dwell: seconds between two judgements at least. deadline: seconds that an answer to a
    proposal is waited for before it is done.
    """

    thresholds: Thresholds
    dwell: float
    deadline: float


class Verdicts:
    """Of all upstreams. Holds no state of its own."""

    def __init__(
        self,
        *,
        status: UpstreamStatus,
        requests: Requests,
        acts: Acts,
        evidence: Evidence,
        live: LiveCounts,
        uow: UnitOfWork,
        audit: Audit,
        clock: Clock,
        rules: Rules,
    ) -> None:
        self._status = status
        self._requests = requests
        self._acts = acts
        self._evidence = evidence
        self._live = live
        self._uow = uow
        self._audit = audit
        self._clock = clock
        self._rules = rules

    def last_minute(self, realm: str) -> Live:
        """How people's logins fared; nothing when that cannot be asked."""
        return self._last(realm, MINUTE)

    def kept(self, realm: str) -> Verdict:
        """The verdict as it was last made known. Raises Unavailable("sql")."""
        health = self._health(realm)
        if health is None:
            return Verdict()
        return Verdict(
            healthy=health.healthy,
            since=health.since,
            reason=health.reason,
            ok=health.probe_ok,
            run_since=health.failing_since,
        )

    def overtaken(self, realm: str, verdict: Verdict) -> bool:
        """Whether another prober has made known what it saw after that. Raises Unavailable."""
        health = self._health(realm)
        return health is not None and (verdict.at is None or health.probed_at > verdict.at)

    def tell(self, realm: str, verdict: Verdict) -> Verdict:
        """Make it known to every process. Raises Unavailable("sql").

        The answer has the `since` of whoever came to the same verdict first: it names the episode.
        """
        at, since = verdict.at, verdict.since
        if at is None or since is None:
            return verdict
        before = self._health(realm)
        if before is not None and before.healthy is verdict.healthy:
            since = before.since
        self._status.diagnosed(
            Health(
                realm=realm,
                healthy=verdict.healthy,
                since=since,
                reason=verdict.reason,
                probed_at=at,
                probe_ok=verdict.ok,
                failing_since=verdict.failing_since,
            )
        )
        return replace(verdict, since=since)

    def judge(self, realm: str, verdict: Verdict) -> Decision:
        """Do what the policy says about it. Raises Unavailable; then the next call does it."""
        self._fresh()
        now = self._clock.now()
        at = self._situation(realm, verdict)
        found = decide(now, at, self._rules.thresholds, self._rules.dwell)
        hands: dict[Do, Callable[[str, Decision, datetime], None]] = {
            Do.FLIP: self._flip,
            Do.ASK: self._ask,
            Do.ADVISE: self._advise,
            Do.WITHDRAW: self._withdraw,
        }
        if found.do in hands:
            hands[found.do](realm, found, now)
        return found

    def _situation(self, realm: str, verdict: Verdict) -> Situation:
        facts, effective = self._status.facts(realm), self._status.state(realm)
        judgement, proposal = facts.judgement, self._proposal(realm)
        return Situation(
            policy=self._status.policy(realm),
            up=effective.up,
            forced=effective.why in _FORCED,
            verdict=verdict,
            judged_up=judgement is None or judgement.up,
            judged_at=judgement.since if judgement is not None else None,
            proposed=None if proposal is None else proposal.wanted == "up",
            last_minute=self._last(realm, MINUTE),
            people=self._last(realm, RETURNING),
        )

    def _flip(self, realm: str, found: Decision, now: datetime) -> None:
        evidence = self._evidence.evidence_of(realm)
        self._status.judge(realm, found.up, reason=found.reason, evidence=evidence)

    def _ask(self, realm: str, found: Decision, now: datetime) -> None:
        act = self._act(realm, found, now)
        with self._uow.transaction():
            if self._acts.first_time(act):
                self._requests.ask(
                    realm,
                    RequestKind.PROPOSAL,
                    "up" if found.up else "down",
                    reason=found.reason,
                    who=PROBER,
                    within=timedelta(seconds=self._rules.deadline),
                    do_then=True,
                    evidence=act.evidence,
                )

    def _advise(self, realm: str, found: Decision, now: datetime) -> None:
        act = self._act(realm, found, now)
        with self._uow.transaction():
            if self._acts.first_time(act):
                self._audit.record(
                    AuditEvent.PROBER_ADVISED,
                    actor=PROBER,
                    realm=realm,
                    up=found.up,
                    reason=found.reason,
                )

    def _withdraw(self, realm: str, found: Decision, now: datetime) -> None:
        proposal = self._proposal(realm)
        if proposal is not None:
            self._requests.withdraw(proposal.id)

    def _proposal(self, realm: str) -> Request | None:
        """The prober's own that waits; one whose time is over is the steward's."""
        now = self._clock.now()
        found = (one for one in self._requests.open(realm) if one.kind is RequestKind.PROPOSAL)
        return next((one for one in found if one.deadline > now), None)

    def _act(self, realm: str, found: Decision, now: datetime) -> Act:
        evidence = self._evidence.evidence_of(realm)
        episode = found.episode or now
        return Act(realm, found.do.value, episode, found.up, found.reason, now, evidence)

    def _health(self, realm: str) -> Health | None:
        self._fresh()
        return self._status.facts(realm).health

    def _last(self, realm: str, seconds: int) -> Live:
        try:
            return self._live.last(realm, seconds, self._clock.timestamp())
        except Unavailable:
            return Live()

    def _fresh(self) -> None:
        if not self._status.refresh():
            raise Unavailable("sql")
