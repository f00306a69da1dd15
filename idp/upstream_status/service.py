"""The flags in this process: a copy that answers without I/O, and the way to flip one."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime
from threading import Lock

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.kernel.clock import Clock
from idp.kernel.errors import Unavailable
from idp.kernel.events import EventBus, FlagChanged
from idp.kernel.ports import UnitOfWork
from idp.upstream_status.ports import FlagMessenger, FlagStore
from idp.upstream_status.state import (
    Flag,
    FlagChange,
    FlagState,
    UpstreamState,
    describe,
    effective,
    in_force,
)

_log = logging.getLogger(__name__)


class UpstreamStatus:
    """Answers whether an upstream is up; keeps the last known state while SQL does not answer."""

    def __init__(
        self,
        *,
        store: FlagStore,
        uow: UnitOfWork,
        audit: Audit,
        clock: Clock,
        realms: Iterable[str],
        messenger: FlagMessenger | None = None,
        events: EventBus | None = None,
    ) -> None:
        self._store = store
        self._uow = uow
        self._audit = audit
        self._clock = clock
        self._messenger = messenger
        self._events = events or EventBus()
        self.realms = tuple(realms)
        self._flags: dict[str, Flag] = {}
        self._told = dict.fromkeys(self.realms, True)
        self._loading = Lock()
        self._loaded = False

    @property
    def loaded(self) -> bool:
        """Whether the flags were read at least once: before that, nobody knows what is in force."""
        return self._loaded

    def up(self, realm: str) -> bool:
        """Whether this upstream is to be used now; no I/O. Raises ValueError for another realm."""
        return effective(self._flag(realm), self._clock.now())

    def state(self, realm: str) -> UpstreamState:
        """What is in force for this upstream; no I/O. Raises ValueError for another realm."""
        return describe(realm, self._flag(realm), self._clock.now())

    def flag(self, realm: str) -> Flag | None:
        """The flag as it was last set, None when it never was; no I/O. Raises ValueError."""
        return self._flag(realm)

    def set(
        self,
        realm: str,
        state: FlagState,
        *,
        reason: str,
        who: str,
        until: datetime | None = None,
    ) -> UpstreamState:
        """Flip the flag: durable, audited, and told to the other processes.

        `reason` and `who` must say something; `until` must lie ahead, and only forced states have
        one: ValueError otherwise. Raises Unavailable("sql") when it cannot be kept; that Redis
        cannot carry the news is logged only, since every process also looks by itself.
        """
        now = self._clock.now()
        self._flag(realm)
        reason, who = reason.strip(), who.strip()
        if not reason or not who:
            raise ValueError("a change of the flag needs a reason and a name")
        if until is not None and (state is FlagState.AUTO or until <= now):
            raise ValueError("an end needs a forced state, and must lie ahead")
        with self._uow.transaction():
            before = {flag.realm: flag for flag in self._store.load()}.get(realm)
            # What was forced until an hour that has passed is forced anew.
            same = before is not None and before.state is state and not _lapsed(before, now)
            since = before.since if before is not None and same else now
            self._store.save(
                Flag(realm, state, reason, who, since, until),
                FlagChange(realm, state, reason, who, now, until),
            )
            self._audit.record(
                AuditEvent.FLAG_CHANGED,
                actor=who,
                realm=realm,
                state=state,
                previous=before.state if before else FlagState.AUTO,
                reason=reason,
                until=until.isoformat() if until else None,
            )
        self.refresh()
        self._announce()
        return self.state(realm)

    def history(self, realm: str, limit: int = 50) -> list[FlagChange]:
        """The newest changes first. Raises Unavailable("sql"), ValueError for another realm."""
        self._flag(realm)
        return self._store.history(realm, limit)

    def refresh(self) -> bool:
        """Read the flags again; False when SQL did not answer, and what was known stays.

        Publishes FlagChanged for each upstream whose effective state is another than last told,
        one whose `until` has passed included.
        """
        with self._loading:
            try:
                flags = {flag.realm: flag for flag in self._store.load()}
            except Unavailable:
                answered = False
            else:
                self._flags, self._loaded, answered = flags, True, True
            changed = self._changed()
        for realm, up in changed:
            _log.info("upstream state changed", extra={"realm": realm, "up": up})
            self._events.publish(FlagChanged(realm, up))
        return answered

    def _changed(self) -> list[tuple[str, bool]]:
        now = self._clock.now()
        current = {realm: effective(self._flags.get(realm), now) for realm in self.realms}
        changed = [(realm, up) for realm, up in current.items() if up != self._told[realm]]
        self._told = current
        return changed

    def _flag(self, realm: str) -> Flag | None:
        if realm not in self.realms:
            raise ValueError("no such upstream")
        return self._flags.get(realm)

    def _announce(self) -> None:
        if self._messenger is None:
            return
        try:
            self._messenger.announce()
        except Unavailable:
            _log.warning("the change of a flag was not announced; processes will see it by polling")


def _lapsed(flag: Flag, now: datetime) -> bool:
    return flag.state is not FlagState.AUTO and not in_force(flag, now)
