"""Beginning, reading and ending console sessions."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from idp.admin.account import Account
from idp.admin.ports import AccountStore, SessionStore
from idp.admin.roles import Permission, may
from idp.admin.session import OpenSession, Session
from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.audit.ports import AuditStream
from idp.kernel.clock import Clock
from idp.kernel.errors import Unavailable
from idp.kernel.ids import digest, new_id
from idp.kernel.random import Random

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Visit:
    """A request of somebody who is logged in. fresh: their account was proved minutes ago."""

    account: Account
    session: Session
    digest: str
    fresh: bool

    def may(self, permission: Permission) -> bool:
        """Whether their role has it."""
        return may(self.account.role, permission)


class Sessions:
    """ttl: longest life in seconds; idle: seconds without use that end one.

    Redis holds them, SQL has the last word: each request looks whether the account is still usable
    and of the generation that the session began with. So none outlives what ended it, even where
    Redis could not be told.
    """

    def __init__(
        self,
        *,
        store: SessionStore,
        accounts: AccountStore,
        audit: Audit,
        stream: AuditStream,
        clock: Clock,
        random: Random,
        ttl: int,
        idle: int,
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._audit = audit
        self._stream = stream
        self._clock = clock
        self._random = random
        self._ttl = ttl
        self._idle = idle

    def make(self, account: Account, *, agent: str) -> Session:
        """A new session of an account that is just being proved; it counts once it is opened."""
        now = self._clock.now()
        return Session(
            sid=new_id(self._random, "con"),
            account_id=account.id,
            generation=account.generation,
            began_at=now,
            expires_at=now + timedelta(seconds=self._ttl),
            agent=agent,
            proved_at=now,
        )

    def open(self, session: Session, *, replaces: str | None) -> str:
        """Let it begin; its cookie. replaces: the cookie of the one that ends by it."""
        cookie = self._random.token()
        if replaces:
            self._replace(digest(replaces), session)
        self._store.add(digest(cookie), session, now=self._clock.timestamp())
        return cookie

    def current(self, cookie: str | None, *, used: bool = True) -> Visit | None:
        """Who is logged in by this cookie. used: somebody did something, rather than a page of
        theirs that asks by itself. Raises Unavailable.
        """
        if not cookie:
            return None
        name, now = digest(cookie), self._clock.now()
        ask = self._store.touch if used else self._store.look
        session = ask(name, now=now.timestamp(), idle=self._idle)
        if session is None:
            self._lapsed(name)
            return None
        account = self._accounts.get(session.account_id)
        if account is None or not account.usable or account.generation != session.generation:
            self._store.remove(name)
            return None
        return Visit(account, session, name, session.fresh(now))

    def proved(self, visit: Visit) -> None:
        """Its account was proved again."""
        self._store.proved(visit.digest, now=self._clock.timestamp())

    def of(self, visit: Visit) -> list[OpenSession]:
        """The live ones of a visitor's account, the newest first."""
        found = self._store.of_account(
            visit.account.id, now=self._clock.timestamp(), idle=self._idle
        )
        live = [one for one in found if one.session.generation == visit.account.generation]
        return sorted(live, key=lambda one: one.session.began_at, reverse=True)

    def log_out(self, visit: Visit) -> None:
        """End the visitor's own."""
        self._end(visit.account, visit.digest, "logout", visit.account.actor)

    def end(self, visit: Visit, chosen: Callable[[OpenSession], bool]) -> int:
        """End those of the visitor's account that are chosen; how many."""
        ending = [one for one in self.of(visit) if chosen(one)]
        for one in ending:
            self._end(visit.account, one.digest, "ended", visit.account.actor)
        return len(ending)

    def end_all(self, account: Account, *, reason: str, actor: str) -> None:
        """End every one of an account whose generation has gone on: they count no more already."""
        try:
            now = self._clock.timestamp()
            for one in self._store.of_account(account.id, now=now, idle=self._idle):
                self._end(account, one.digest, reason, actor)
        except Unavailable:
            _log.warning("sessions of a console account stay in Redis until they are used")

    def _lapsed(self, name: str) -> None:
        """Put on record that one has ended by itself, when its cookie comes back."""
        ended = self._store.remove(name)
        whose = self._accounts.get(ended.account_id) if ended else None
        if ended is not None and whose is not None:
            self._tell(whose, ended, "lapsed", whose.actor)

    def _replace(self, name: str, session: Session) -> None:
        """End the one that this browser had, maybe somebody else's, before another begins."""
        ended = self._store.remove(name)
        whose = self._accounts.get(ended.account_id) if ended else None
        comes = self._accounts.get(session.account_id)
        if ended is not None and whose is not None and comes is not None:
            self._tell(whose, ended, "replaced", comes.actor)

    def _end(self, account: Account, name: str, reason: str, actor: str) -> None:
        ended = self._store.remove(name)
        if ended is not None:
            self._tell(account, ended, reason, actor)

    def _tell(self, account: Account, ended: Session, reason: str, actor: str) -> None:
        self._stream.push(
            self._audit.entry(
                AuditEvent.ADMIN_SESSION_ENDED,
                actor=actor,
                account=account.name,
                sid=ended.sid,
                reason=reason,
            )
        )
