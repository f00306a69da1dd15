"""Writing changes down: each with its audit record, and with what it changes in force."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.kernel.ports import UnitOfWork
from idp.upstream_status.changes import Evidence, FlagChange, Transition, follows
from idp.upstream_status.override import Override
from idp.upstream_status.ports import FlagStore, TransitionStore
from idp.upstream_status.state import (
    WINDOWS_KEPT,
    Facts,
    Flag,
    FlagState,
    Health,
    Judgement,
    Policy,
    effective,
    in_force,
)

# Who acts where the evidence does.
PROBER = "sonda"
_TRIES = 5


class Writing:
    """Every method is one unit of work, or joins the one under way; raises Unavailable("sql")."""

    def __init__(
        self,
        *,
        store: FlagStore,
        transitions: TransitionStore,
        uow: UnitOfWork,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._store = store
        self._transitions = transitions
        self._uow = uow
        self._audit = audit
        self._clock = clock

    def flag(
        self,
        flag: Flag,
        change: FlagChange,
        *,
        policy: Policy,
        unapproved: bool,
        still: Callable[[Facts], bool] | None = None,
    ) -> None:
        """An operator's word. Where they leave it to the evidence, what that had decided before is
        over, but for an automatic prober's present verdict. still: whether it is meant for this.
        """
        with self._uow.transaction():
            if still is not None:
                self._store.hold(flag.realm)
            facts = self._facts(flag.realm)
            if still is not None and not still(facts):
                raise IdpError("state_changed", 412)
            self._store.save(_continued(flag, facts.flag), change)
            self._record(change, facts.flag, unapproved=unapproved)
            if flag.state is FlagState.AUTO:
                self._begin_anew(flag, facts, policy)
            self.note(flag.realm, change.evidence)

    def override(self, override: Override, evidence: Evidence, *, policy: Policy) -> None:
        """What was said locally, if it was not taken over before. A later word stays in force."""
        flag = override.flag
        change = FlagChange(
            override.realm,
            override.state,
            override.reason,
            override.who,
            override.at,
            override.until,
            via="local",
            override_id=override.id,
            evidence=evidence,
        )
        with self._uow.transaction():
            facts = self._facts(override.realm)
            later = facts.flag is not None and facts.flag.changed_at >= override.at
            stays = facts.flag if later and facts.flag else _continued(flag, facts.flag)
            if not self._store.save(stays, change):
                return
            self._record(change, facts.flag, superseded=later)
            if not later and flag.state is FlagState.AUTO:
                self._begin_anew(flag, facts, policy)
            self.note(override.realm, evidence)

    def judgement(self, realm: str, up: bool, reason: str, evidence: Evidence) -> bool:
        """A decision by evidence; False where it was decided so before."""
        with self._uow.transaction():
            decided = Judgement(realm, up, self._clock.now(), reason)
            if not self._store.put_judgement(decided):
                return False
            self._audit.record(
                AuditEvent.UPSTREAM_JUDGED,
                actor=PROBER,
                realm=realm,
                up=up,
                reason=reason,
                evidence=digest_of(evidence),
            )
            self.note(realm, evidence)
        return True

    def health(self, health: Health) -> bool:
        """What the prober makes of it; False where a later probe is kept."""
        return self._store.put_health(health)

    def policy(
        self,
        realm: str,
        policy: Policy,
        *,
        previous: Policy,
        reason: str,
        who: str,
        approved_by: str | None,
    ) -> None:
        """Who decides while the flag is automatic."""
        with self._uow.transaction():
            self._store.put_policy(realm, policy)
            self._audit.record(
                AuditEvent.FLAG_POLICY_CHANGED,
                actor=who,
                realm=realm,
                policy=policy.value,
                previous=previous.value,
                reason=reason,
                approved_by=approved_by,
            )

    def settle(self, realm: str, evidence: Callable[[str], Evidence]) -> bool:
        """What changed as time went by; whether anything did. It costs two reads otherwise."""
        if self._next(realm, {}) is None:
            return False
        return self.note(realm, evidence(realm))

    def note(self, realm: str, evidence: Evidence) -> bool:
        """Keep the transition to what is in force now, once, whoever notices it."""
        for _ in range(_TRIES):
            with self._uow.transaction():
                found = self._next(realm, evidence)
                if found is None:
                    return False
                if self._transitions.add(found):
                    self._audit.record(
                        AuditEvent.UPSTREAM_STATE_CHANGED,
                        actor=found.who or PROBER,
                        realm=realm,
                        transition=found.id,
                        up=found.up,
                        why=found.why.value,
                        until=_text(found.until),
                        evidence=digest_of(evidence),
                    )
                    return True
        return False

    def _next(self, realm: str, evidence: Evidence) -> Transition | None:
        # Read in this order: facts that are newer than the last transition lead to a number that
        # is taken, never to a step back.
        last = self._transitions.last(realm)
        facts = self._facts(realm)
        now = self._clock.now()
        if last is not None:
            # Another machine's clock may go before ours: what has ended there has ended.
            now = max(now, last.at)
        return follows(realm, last, effective(facts, now), now, evidence)

    def _facts(self, realm: str) -> Facts:
        return self._store.load(self._clock.now() - WINDOWS_KEPT).get(realm, Facts())

    def _begin_anew(self, flag: Flag, facts: Facts, policy: Policy) -> None:
        healthy = facts.health is None or facts.health.healthy
        up = healthy or policy is not Policy.AUTOMATIC
        reason = facts.health.reason if facts.health is not None and not up else flag.reason
        self._store.put_judgement(Judgement(flag.realm, up, flag.changed_at, reason))

    def _record(
        self,
        change: FlagChange,
        before: Flag | None,
        *,
        unapproved: bool = False,
        superseded: bool = False,
    ) -> None:
        self._audit.record(
            AuditEvent.FLAG_CHANGED,
            actor=change.who,
            realm=change.realm,
            state=change.state.value,
            previous=(before.state if before else FlagState.AUTO).value,
            reason=change.reason,
            until=_text(change.until),
            via=change.via,
            said_at=_text(change.at) if change.override_id else None,
            approved_by=change.approved_by,
            unapproved=unapproved or None,
            superseded=superseded or None,
            evidence=digest_of(change.evidence),
        )


def _continued(flag: Flag, before: Flag | None) -> Flag:
    """With the moment when this state began, if it is on already: what was forced until an hour
    that has passed is forced anew.
    """
    if before is None or before.state is not flag.state:
        return flag
    if before.state is not FlagState.AUTO and not in_force(before, flag.changed_at):
        return flag
    return replace(flag, since=before.since)


def digest_of(evidence: Evidence) -> str | None:
    """SHA-256 of the evidence as it is kept, in hex: the audit log vouches for it by that."""
    if not evidence:
        return None
    text = json.dumps(dict(evidence), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
