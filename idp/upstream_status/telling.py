"""Tells what happens to an upstream: each thing once, however many workers look.

A notice is written down, and its mails and events are queued, in one unit of work: what was not
queued is not written, and is told at the next turn. Nothing waits for it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.kernel.clock import Clock
from idp.kernel.errors import Unavailable
from idp.kernel.ports import UnitOfWork
from idp.upstream_status.changes import FlagChange, Transition
from idp.upstream_status.notice_words import Covered, message
from idp.upstream_status.notices import (
    NEWS,
    Kind,
    Notice,
    due,
    of_change,
    of_request,
    of_transition,
    of_window,
    of_worry,
)
from idp.upstream_status.observations import Act
from idp.upstream_status.request import Request
from idp.upstream_status.service import UpstreamStatus
from idp.upstream_status.state import Facts, Policy, Why, Window

_log = logging.getLogger(__name__)
T = TypeVar("T")

_AT_ONCE = 50
# A word and the change that came of it are written together, by one clock.
_TOGETHER = timedelta(seconds=1)
_LOOKED_BACK = 20
# Keys of which this process knows that they were told; the database knows the others.
_REMEMBERED = 10_000


class NoticeStore(Protocol):
    """What was told. Every method raises Unavailable("sql")."""

    def add(self, notice: Notice, content: Mapping[str, object]) -> bool:
        """Keep it, in the unit of work under way; False where it is kept already. Of parallel
        calls exactly one is True.
        """
        ...

    def has(self, key: str) -> bool:
        """Whether it is kept."""
        ...


class Transitions(Protocol):
    """Part of `ports.TransitionStore`."""

    def find(
        self, realm: str | None, since: datetime | None, until: datetime | None, limit: int
    ) -> list[Transition]: ...

    def untold(self, limit: int) -> list[Transition]: ...

    def told(self, transition_id: str, at: datetime) -> bool: ...


@dataclass(frozen=True)
class PolicyChange:
    """Who decides while the flag is automatic was changed. id: of its record."""

    id: str
    realm: str
    policy: str
    at: datetime
    reason: str
    who: str | None


@dataclass(frozen=True)
class Sources:
    """Where it is seen what happened. Each raises Unavailable("sql").

    windows: cancelled ones included. asked: what waits for a word. policy: the newest change of a
    realm's. covered: of a realm's people. worries: what people's logins show while the prober sees
    nothing, of late.
    """

    transitions: Transitions
    windows: Callable[[], Sequence[Window]]
    asked: Callable[[], Sequence[Request]]
    policy: Callable[[str], PolicyChange | None]
    covered: Callable[[str], Covered | None]
    worries: Callable[[], Sequence[Act]]


@dataclass(frozen=True)
class Ways:
    """How it is told; each returns to how many, and raises Unavailable("redis").

    admins: a mail each, about the notice of this key. components: those that want to know, that
    what is in force is another (public) mode.
    """

    admins: Callable[[str], int]
    components: Callable[[Transition], int]


class Telling:
    """Done regularly by every worker. second: whether a second person's approval is usual here.

    shared: what every mail says beside (`console`, `status_page`).
    """

    def __init__(
        self,
        *,
        status: UpstreamStatus,
        sources: Sources,
        store: NoticeStore,
        ways: Ways,
        uow: UnitOfWork,
        audit: Audit,
        clock: Clock,
        second: bool,
        shared: Mapping[str, str],
    ) -> None:
        self._status = status
        self._sources = sources
        self._store = store
        self._ways = ways
        self._uow = uow
        self._audit = audit
        self._clock = clock
        self._second = second
        self._shared = dict(shared)
        self._done: set[str] = set()
        self._seen: dict[str, object] = {}

    def step(self) -> None:
        """Tell what was not told. Raises Unavailable("sql") and Unavailable("redis")."""
        for transition in self._sources.transitions.untold(_AT_ONCE):
            # What was written of an upstream that the settings name no more is nobody's news.
            if transition.realm in self._status.realms:
                _apart(self._tell_transition, transition)
        for realm in self._status.realms:
            _apart(self._tell_realm, realm)
        for request in self._sources.asked():
            _apart(self._tell, of_request(request))
        for worry in self._sources.worries():
            if self._clock.now() - worry.at < NEWS:
                _apart(self._tell, of_worry(worry))

    def _tell_realm(self, realm: str) -> None:
        facts = self._status.facts(realm)
        self._tell_words(realm, facts)
        policy, found = self._status.policy(realm), self._status.state(realm)
        for notice in due(realm, facts, policy, found, self._clock.now()):
            self._tell(notice)

    def _tell_words(self, realm: str, facts: Facts) -> None:
        """What operators said; looked for only after something changed that they can change."""
        said = (facts.flag, facts.windows, facts.policy)
        if self._seen.get(realm) == said:
            return
        for notice in self._words(realm, facts.policy):
            self._tell(notice)
        self._seen[realm] = said

    def _words(self, realm: str, policy: Policy | None) -> Iterator[Notice]:
        now = self._clock.now()
        for change in reversed(self._status.history(realm, _LOOKED_BACK)):
            if now - change.at < NEWS and not self._changed_something(change):
                yield of_change(change)
        for window in self._sources.windows():
            if window.realm == realm and (window.cancelled_at or window.ends_at) > now - NEWS:
                yield of_window(window, now)
        changed = self._sources.policy(realm) if policy is not None else None
        if changed is not None and now - changed.at < NEWS:
            yield _of_policy(changed)

    def _tell_transition(self, one: Transition) -> None:
        now = self._clock.now()
        before = self._before(one)
        notice = of_transition(one, self._change_of(one), before.up if before else True)
        with self._uow.transaction():
            if not self._sources.transitions.told(one.id, now):
                return
            if now - one.at >= NEWS:
                _log.warning("too late to tell of a change", extra={"transition": one.id})
                return
            components = self._ways.components(one) if _shows(before, one) else 0
            self._write(notice, components)

    def _tell(self, notice: Notice) -> None:
        if notice.key in self._done:
            return
        if not self._store.has(notice.key):
            with self._uow.transaction():
                self._write(notice, 0)
        if len(self._done) >= _REMEMBERED:
            self._done.clear()
        self._done.add(notice.key)

    def _write(self, notice: Notice, components: int) -> None:
        """In the unit of work under way, all or nothing."""
        # What it covers is no reason to keep quiet.
        covered = self._sources.covered(notice.realm) if notice.up is False else None
        content = {**self._shared, **message(notice, covered, second=self._second)}
        if not self._store.add(notice, content):
            return
        mails = self._ways.admins(notice.key)
        self._audit.record(
            AuditEvent.ADMINS_TOLD,
            realm=notice.realm,
            notice=notice.key,
            kind=notice.kind.value,
            mails=mails,
            components=components,
        )
        _log.info(
            "upstream notice",
            extra={"realm": notice.realm, "kind": notice.kind.value, "mails": mails,
                   "components": components},
        )  # fmt: skip

    def _before(self, one: Transition) -> Transition | None:
        found = self._sources.transitions.find(one.realm, None, None, _AT_ONCE)
        return next((each for each in found if each.seq == one.seq - 1), None)

    def _change_of(self, one: Transition) -> FlagChange | None:
        history = self._status.history(one.realm, _LOOKED_BACK)
        return next((each for each in history if _belong(each, one)), None)

    def _changed_something(self, change: FlagChange) -> bool:
        since = change.at - _TOGETHER
        found = self._sources.transitions.find(change.realm, since, None, _AT_ONCE)
        return any(_belong(change, each) for each in found)


def _apart(tell: Callable[[T], None], about: T) -> None:
    """What cannot be told must not keep the rest from being told."""
    try:
        tell(about)
    except Unavailable:
        raise
    except Exception:
        _log.exception("not told")


def _shows(before: Transition | None, one: Transition) -> bool:
    """Whether people notice it: another mode, or the same for another public reason."""
    was = (before.up, before.why is Why.WINDOW) if before else (True, False)
    return was != (one.up, one.why is Why.WINDOW)


def _belong(change: FlagChange, one: Transition) -> bool:
    """Whether the transition came of the word. What was said to a machine without its database is
    written down later than it was said.
    """
    late = change.via == "local" and change.at <= one.at
    return abs(change.at - one.at) < _TOGETHER or (
        late and (change.who, change.reason) == (one.who, one.reason)
    )


def _of_policy(one: PolicyChange) -> Notice:
    return Notice(
        key=f"policy:{one.id}",
        kind=Kind.POLICY,
        realm=one.realm,
        at=one.at,
        state=one.policy,
        reason=one.reason,
        who=one.who,
    )
