"""Changes that wait for a word: a second person's, or the admins' on what the prober proposes."""

from __future__ import annotations

from datetime import datetime, timedelta

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.audit.records import CLIENT
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.kernel.ids import new_id
from idp.kernel.ports import UnitOfWork
from idp.kernel.random import Random
from idp.upstream_status.changes import Evidence
from idp.upstream_status.ports import RequestStore
from idp.upstream_status.request import Decision, Request, RequestKind
from idp.upstream_status.service import UpstreamStatus, can_end, said
from idp.upstream_status.state import Effective, FlagState, Policy, in_force
from idp.upstream_status.writing import PROBER, digest_of


class Requests:
    """Every method raises Unavailable("sql")."""

    def __init__(
        self,
        *,
        store: RequestStore,
        status: UpstreamStatus,
        uow: UnitOfWork,
        audit: Audit,
        clock: Clock,
        random: Random,
    ) -> None:
        self._store = store
        self._status = status
        self._uow = uow
        self._audit = audit
        self._clock = clock
        self._random = random

    def ask(
        self,
        realm: str,
        kind: RequestKind,
        wanted: str,
        *,
        reason: str,
        who: str,
        within: timedelta,
        do_then: bool,
        until: datetime | None = None,
        evidence: Evidence | None = None,
    ) -> Request:
        """Ask for a word; an open one that wants the same is given back instead.

        wanted: a FlagState, a Policy, or `up` or `down` of a proposal: ValueError otherwise, as
        without a reason and a name, and for an end that could not be set.
        """
        reason, who = said(reason, who)
        now = self._clock.now()
        _wanted(kind, wanted, until, now)
        found = dict(self._status.evidence(realm) if evidence is None else evidence)
        with self._uow.transaction():
            for one in self._store.open(realm):
                if (one.kind, one.wanted, one.until) == (kind, wanted, until):
                    return one
            asked = Request(
                id=new_id(self._random, "req"),
                realm=realm,
                kind=kind,
                wanted=wanted,
                reason=reason,
                who=who,
                asked_at=now,
                deadline=now + within,
                do_then=do_then,
                until=until,
                evidence=found,
            )
            self._store.add(asked)
            self._audit.record(
                AuditEvent.FLAG_CHANGE_ASKED,
                actor=who,
                realm=realm,
                request=asked.id,
                kind=kind.value,
                wanted=wanted,
                reason=reason,
                deadline=asked.deadline.isoformat(),
                evidence=digest_of(found),
            )
        return asked

    def open(self, realm: str | None = None) -> list[Request]:
        """Those that wait, the oldest first."""
        return self._store.open(realm)

    def get(self, request_id: str) -> Request | None:
        """By id."""
        return self._store.get(request_id)

    def recent(self, realm: str | None = None, limit: int = 50) -> list[Request]:
        """The newest first, decided or not."""
        return self._store.recent(realm, limit)

    def decide(self, request_id: str, *, approve: bool, who: str) -> Request:
        """Say yes, which does it, or no. Raises IdpError: request_unknown (404), request_over (409:
        somebody was faster, or it is too late), request_own (403: nobody approves their own).
        """
        asked = self._store.get(request_id)
        if asked is None or asked.realm not in self._status.realms:
            raise IdpError("request_unknown", 404)
        if approve and asked.own(who):
            raise IdpError("request_own", 403, detail="a second person says yes")
        if asked.decision is not None or asked.deadline <= self._clock.now():
            raise IdpError("request_over", 409)
        decision = Decision.APPROVED if approve else Decision.REFUSED
        if not self._decided(asked, decision, who):
            raise IdpError("request_over", 409)
        self._status.changed(asked.realm)
        return self._store.get(request_id) or asked

    def withdraw(self, request_id: str, *, who: str = PROBER) -> bool:
        """It was overtaken; False where it was decided before."""
        asked = self._store.get(request_id)
        return asked is not None and self._decided(asked, Decision.WITHDRAWN, who)

    def overtake(self, realm: str, *, who: str) -> None:
        """Somebody changed the flag outright: what waits for this upstream is void."""
        for one in self._store.open(realm):
            self._decided(one, Decision.WITHDRAWN, who)

    def step(self) -> int:
        """Settle those whose time is over; how many. Two workers at once do no harm."""
        now, settled = self._clock.now(), 0
        for one in self._store.open(None):
            if one.deadline <= now:
                settled += self._decided(one, self._at_last(one), PROBER)
                if one.realm in self._status.realms:
                    self._status.changed(one.realm)
        return settled

    def _at_last(self, asked: Request) -> Decision:
        """What becomes of one whose time is over. Nobody's silence outweighs what was said since,
        and an upstream that the settings name no more is nobody's business.
        """
        if asked.realm not in self._status.realms:
            return Decision.WITHDRAWN
        if not asked.do_then:
            return Decision.LAPSED
        self._status.refresh()
        facts = self._status.facts(asked.realm)
        forced = facts.flag is not None and in_force(facts.flag, self._clock.now())
        advises = self._status.policy(asked.realm) is Policy.MANUAL
        healthy = asked.wanted == "up"
        other = facts.health is not None and facts.health.healthy is not healthy
        return Decision.WITHDRAWN if forced or advises or other else Decision.DONE

    def _decided(self, asked: Request, decision: Decision, who: str) -> bool:
        """Write the decision and do what follows, both or neither."""
        with self._uow.transaction():
            if not self._store.decide(asked.id, decision, who, self._clock.now()):
                return False
            self._audit.record(
                AuditEvent.FLAG_CHANGE_DECIDED,
                actor=who,
                realm=asked.realm,
                request=asked.id,
                kind=asked.kind.value,
                wanted=asked.wanted,
                decision=decision.value,
            )
            if decision in (Decision.APPROVED, Decision.DONE):
                self._do(asked, who if decision is Decision.APPROVED else None)
        return True

    def _do(self, asked: Request, approver: str | None) -> None:
        if asked.kind is RequestKind.FLIP:
            # An end that passed while nobody answered leaves nothing to force.
            self._flip(asked, approver)
        elif asked.kind is RequestKind.POLICY:
            self._status.set_policy(
                asked.realm,
                Policy(asked.wanted),
                reason=asked.reason,
                who=asked.who,
                approved_by=approver,
            )
        else:
            self._status.judge(
                asked.realm,
                asked.wanted == "up",
                reason=asked.reason,
                evidence=asked.evidence,
            )

    def _flip(self, asked: Request, approver: str | None) -> Effective | None:
        if asked.until is not None and asked.until <= self._clock.now():
            return None
        self.overtake(asked.realm, who=approver or PROBER)
        return self._status.set(
            asked.realm,
            FlagState(asked.wanted),
            reason=asked.reason,
            who=asked.who,
            until=asked.until,
            via="api" if asked.who.startswith(CLIENT) else "console",
            approved_by=approver,
            evidence=asked.evidence,
        )


def _wanted(kind: RequestKind, wanted: str, until: datetime | None, now: datetime) -> None:
    if kind is RequestKind.FLIP:
        # Who says yes must not be the one to learn that it cannot be done.
        can_end(FlagState(wanted), until, now)
    elif kind is RequestKind.POLICY:
        Policy(wanted)
    elif wanted not in ("up", "down"):
        raise ValueError("a proposal wants up or down")
