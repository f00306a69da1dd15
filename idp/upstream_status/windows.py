"""Maintenance that is announced ahead: nobody is sent to an upstream while it is on."""

from __future__ import annotations

from datetime import datetime, timedelta

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.kernel.ids import new_id
from idp.kernel.ports import UnitOfWork
from idp.kernel.random import Random
from idp.upstream_status.ports import WindowStore
from idp.upstream_status.service import UpstreamStatus, said
from idp.upstream_status.state import WINDOWS_KEPT, Window

_LONGEST = timedelta(days=7)
_FARTHEST = timedelta(days=366)


class Windows:
    """Plans them and takes them back. Every method raises Unavailable("sql").

    second: whether a second person must say yes to what sends people back to an upstream.
    """

    def __init__(
        self,
        *,
        store: WindowStore,
        status: UpstreamStatus,
        uow: UnitOfWork,
        audit: Audit,
        clock: Clock,
        random: Random,
        second: bool = False,
    ) -> None:
        self._store = store
        self._status = status
        self._uow = uow
        self._audit = audit
        self._clock = clock
        self._random = random
        self._second = second

    def plan(
        self, realm: str, starts_at: datetime, ends_at: datetime, *, reason: str, who: str
    ) -> Window:
        """Announce one. Raises IdpError("window_refused") for one that lies behind, is longer than
        a week or more than a year ahead, and ValueError for an unknown upstream or without a reason
        and a name.
        """
        self._status.facts(realm)
        reason, who = said(reason, who)
        now = self._clock.now()
        if not (now < ends_at and starts_at < ends_at):
            raise IdpError("window_refused", 422, detail="it must end after it began, and from now")
        if ends_at - starts_at > _LONGEST or starts_at - now > _FARTHEST:
            raise IdpError("window_refused", 422, detail="a week at most, within a year")
        window = Window(new_id(self._random, "win"), realm, starts_at, ends_at, reason, who)
        with self._uow.transaction():
            self._store.add(window)
            self._record(AuditEvent.WINDOW_PLANNED, window, who, reason)
        self._status.changed(realm)
        return window

    def cancel(self, window_id: str, *, reason: str, who: str) -> Window:
        """It does not take place; one that is on ends now, and evidence decides.

        Raises IdpError: window_unknown (404) for one that is over or never was; approval_needed
        (409) for one that keeps people from the upstream now, where a second person is asked: the
        flag, forced up by two, ends it.
        """
        reason, who = said(reason, who)
        self._alone(window_id)
        with self._uow.transaction():
            window = self._store.cancel(window_id, self._clock.now())
            if window is None:
                raise IdpError("window_unknown", 404, detail="no such window is ahead or on")
            self._record(AuditEvent.WINDOW_CANCELLED, window, who, reason)
        self._status.changed(window.realm)
        return window

    def all(self) -> list[Window]:
        """Those ahead and on, and those of the last 30 days, by their beginning."""
        return self._store.all(self._clock.now() - WINDOWS_KEPT)

    def _alone(self, window_id: str) -> None:
        now = self._clock.now()
        for one in self._store.all(now) if self._second else ():
            if one.id == window_id and one.open(now) and not self._status.up(one.realm):
                raise IdpError("approval_needed", 409, detail="it is on: force it up, by two")

    def _record(self, event: AuditEvent, window: Window, who: str, reason: str) -> None:
        self._audit.record(
            event,
            actor=who,
            realm=window.realm,
            window=window.id,
            starts=window.starts_at.isoformat(),
            ends=window.ends_at.isoformat(),
            reason=reason,
        )
