"""The state of each upstream in this process, answered without I/O, and the ways to change it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from threading import Lock

from idp.audit.log import Audit
from idp.kernel.clock import Clock
from idp.kernel.errors import Unavailable
from idp.kernel.events import EventBus, FlagChanged
from idp.kernel.ports import UnitOfWork
from idp.upstream_status.changes import Evidence, FlagChange
from idp.upstream_status.override import Override
from idp.upstream_status.ports import (
    FlagMessenger,
    FlagStore,
    NullOverrides,
    Overrides,
    TransitionStore,
)
from idp.upstream_status.state import (
    WINDOWS_KEPT,
    Effective,
    Facts,
    Flag,
    FlagState,
    Health,
    Policy,
    effective,
)
from idp.upstream_status.writing import Writing

_log = logging.getLogger(__name__)


class UpstreamStatus:
    """Answers whether an upstream is up; keeps the last known state while SQL does not answer.

    policy: of upstreams for which none was chosen. evidence: what is known of an upstream now, to
    be kept with a change of its flag.
    """

    def __init__(
        self,
        *,
        store: FlagStore,
        transitions: TransitionStore,
        uow: UnitOfWork,
        audit: Audit,
        clock: Clock,
        realms: Iterable[str],
        messenger: FlagMessenger | None = None,
        events: EventBus | None = None,
        overrides: Overrides | None = None,
        policy: Policy = Policy.MANUAL,
    ) -> None:
        self._store = store
        self._uow = uow
        self._clock = clock
        self._messenger = messenger
        self._events = events or EventBus()
        self._overrides = overrides or NullOverrides()
        self._policy = policy
        self.realms = tuple(realms)
        self.evidence: Callable[[str], Evidence] = self._probed
        self._writing = Writing(
            store=store, transitions=transitions, uow=uow, audit=audit, clock=clock
        )
        self._stored: Mapping[str, Facts] = {}
        self._facts: Mapping[str, Facts] = {}
        self._told = dict.fromkeys(self.realms, True)
        self._loading = Lock()
        self._loaded = False

    @property
    def loaded(self) -> bool:
        """Whether the flags were read at least once: before that, nobody knows what is in force."""
        return self._loaded

    def up(self, realm: str) -> bool:
        """Whether this upstream is to be used now; no I/O. Raises ValueError for another realm."""
        return self.state(realm).up

    def state(self, realm: str) -> Effective:
        """What is in force for this upstream; no I/O. Raises ValueError for another realm."""
        return effective(self.facts(realm), self._clock.now())

    def back_since(self, realm: str) -> datetime | None:
        """Since when it has been up without a break, whatever the causes; None while it is down,
        and where it was never otherwise. No I/O. Raises ValueError for another realm.
        """
        found = self.state(realm)
        if not found.up:
            return None
        return self.facts(realm).back_at or found.since

    def facts(self, realm: str) -> Facts:
        """Everything that decides, as last read; no I/O. Raises ValueError for another realm."""
        self._known(realm)
        return self._facts.get(realm, Facts())

    def flag(self, realm: str) -> Flag | None:
        """The flag as it was last set, None when it never was; no I/O. Raises ValueError."""
        return self.facts(realm).flag

    def policy(self, realm: str) -> Policy:
        """Who decides while the flag is automatic; no I/O. Raises ValueError."""
        return self.facts(realm).policy or self._policy

    def set(
        self,
        realm: str,
        state: FlagState,
        *,
        reason: str,
        who: str,
        until: datetime | None = None,
        via: str = "cli",
        approved_by: str | None = None,
        unapproved: bool = False,
        evidence: Evidence | None = None,
        still: Callable[[Facts], bool] | None = None,
    ) -> Effective:
        """Flip the flag: durable, audited, and told to the other processes.

        `reason` and `who` must say something; `until` must lie ahead, and only forced states have
        one: ValueError otherwise. approved_by: the second person, where one had to say yes;
        unapproved: where one should have. still: whether what decides is what the caller thinks,
        asked when nobody else can change it: IdpError("state_changed", 412) otherwise. Raises
        Unavailable("sql") when it cannot be kept; that Redis cannot carry the news is logged only,
        since every process also looks by itself.
        """
        now = self._clock.now()
        self._known(realm)
        reason, who = said(reason, who)
        can_end(state, until, now)
        self._writing.flag(
            Flag(realm, state, reason, who, now, until, changed_at=now),
            FlagChange(
                realm,
                state,
                reason,
                who,
                now,
                until,
                via=via,
                approved_by=approved_by,
                evidence=self.evidence(realm) if evidence is None else evidence,
            ),
            policy=self.policy(realm),
            unapproved=unapproved,
            still=still,
        )
        return self.changed(realm)

    def judge(self, realm: str, up: bool, *, reason: str, evidence: Evidence) -> bool:
        """Decide by evidence; False where it was decided so before. Raises Unavailable("sql")."""
        self._known(realm)
        judged = self._writing.judgement(realm, up, reason, evidence)
        if judged:
            self.changed(realm)
        return judged

    def diagnosed(self, health: Health) -> bool:
        """Keep what the prober makes of an upstream; False where a later probe was kept before.

        Raises Unavailable("sql").
        """
        self._known(health.realm)
        before = self.facts(health.realm).health
        if not self._writing.health(health):
            return False
        if before is None or replace(before, probed_at=health.probed_at) != health:
            self.changed(health.realm)
        return True

    def set_policy(
        self, realm: str, policy: Policy, *, reason: str, who: str, approved_by: str | None = None
    ) -> None:
        """Choose who decides while the flag is automatic; what is in force stays so.

        Raises ValueError without a reason and a name, and Unavailable("sql").
        """
        self._known(realm)
        reason, who = said(reason, who)
        self._writing.policy(
            realm,
            policy,
            previous=self.policy(realm),
            reason=reason,
            who=who,
            approved_by=approved_by,
        )
        self.changed(realm)

    def history(self, realm: str, limit: int = 50) -> list[FlagChange]:
        """The newest changes first. Raises Unavailable("sql"), ValueError for another realm."""
        self._known(realm)
        return self._store.history(realm, limit)

    def settle(self, realm: str) -> bool:
        """Put on record what changed by itself, as time went by; whether anything did.

        Raises Unavailable("sql").
        """
        return self._writing.settle(realm, self.evidence)

    def changed(self, realm: str) -> Effective:
        """Something was written: read it, and let the other processes read it. Within a unit of
        work this waits for whoever began it to say so when it is committed: nothing is told, and
        nothing else done, of what may still be undone.
        """
        if self._uow.in_transaction:
            return self.state(realm)
        self.refresh()
        if self._messenger is not None:
            try:
                self._messenger.announce()
            except Unavailable:
                _log.warning(
                    "the change of a flag was not announced; processes will see it by polling"
                )
        return self.state(realm)

    def refresh(self) -> bool:
        """Read all of it again; False when SQL did not answer, and what was known stays.

        What was said on this machine alone counts, and is put into the database once that answers.
        Publishes FlagChanged for each upstream whose effective state is another than last told,
        one whose `until` has passed included.
        """
        with self._loading:
            overrides = self._overrides.read()
            # A database that hangs must not keep from counting what was said because it does.
            self._facts = _overridden(self._stored, overrides)
            try:
                found = self._store.load(self._clock.now() - WINDOWS_KEPT)
            except Unavailable:
                answered = False
            else:
                self._stored, self._loaded, answered = found, True, True
            self._facts = _overridden(self._stored, overrides)
            changed = self._changes()
        for realm, up in changed:
            _log.info("upstream state changed", extra={"realm": realm, "up": up})
            self._events.publish(FlagChanged(realm, up))
        if answered:
            self._take_over(overrides)
        return answered

    def _take_over(self, overrides: Iterable[Override]) -> None:
        """Put what was said locally into the database, once whoever else does the same."""
        for one in overrides:
            if one.realm not in self.realms:
                continue
            try:
                self._writing.override(one, self.evidence(one.realm), policy=self.policy(one.realm))
                self._overrides.remove(one)
            except Unavailable:
                _log.warning("a local override waits for the database")
            except Exception:  # the flags must be read whatever one file says
                _log.exception("a local override could not be put into the database")

    def _changes(self) -> list[tuple[str, bool]]:
        now = self._clock.now()
        current = {
            realm: effective(self._facts.get(realm, Facts()), now).up for realm in self.realms
        }
        changed = [(realm, up) for realm, up in current.items() if up != self._told[realm]]
        self._told = current
        return changed

    def _known(self, realm: str) -> None:
        if realm not in self.realms:
            raise ValueError("no such upstream")

    def _probed(self, realm: str) -> Evidence:
        health = self.facts(realm).health
        if health is None:
            return {}
        return {
            "healthy": health.healthy,
            "since": health.since.isoformat(),
            "reason": health.reason,
            "probed_at": health.probed_at.isoformat(),
            "probe_ok": health.probe_ok,
        }


def can_end(state: FlagState, until: datetime | None, now: datetime) -> None:
    """Raises ValueError for an end of what has none, and for one that does not lie ahead."""
    if until is not None and (state is FlagState.AUTO or until <= now):
        raise ValueError("an end needs a forced state, and must lie ahead")


def said(reason: str, who: str) -> tuple[str, str]:
    """Both without what surrounds them. Raises ValueError where one says nothing."""
    reason, who = reason.strip(), who.strip()
    if not reason or not who:
        raise ValueError("a change of the flag needs a reason and a name")
    return reason, who


def _overridden(stored: Mapping[str, Facts], overrides: Iterable[Override]) -> dict[str, Facts]:
    found = dict(stored)
    for one in overrides:
        facts = found.get(one.realm, Facts())
        if facts.flag is None or facts.flag.changed_at < one.at:
            found[one.realm] = replace(facts, flag=one.flag)
    return found
