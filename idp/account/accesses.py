"""What a person sees of their own logins, sessions and known browsers, and may end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.audit.records import AuditFilter
from idp.kernel.identity import Mode
from idp.login.session import Session
from idp.login.sessions import Sessions
from idp.people.former import begun_anew
from idp.people.service import People

_LOGINS = 10


@dataclass(frozen=True)
class Login:
    """A login of the past. component: its name; empty for one that went to `/cuenta`."""

    at: datetime
    component: str
    mode: Mode


@dataclass(frozen=True)
class OpenedAt:
    """A live session. agent: its browser in two words. here: it is the one that asks."""

    sid: str
    agent: str
    mode: Mode
    began_at: datetime
    used_at: datetime
    here: bool


@dataclass(frozen=True)
class Known:
    """A known browser. since: when it became one. counts: whether it is old enough already."""

    id: str
    agent: str
    since: datetime
    until: datetime
    counts: bool


@dataclass(frozen=True)
class Accesses:
    """Everything of one person, the newest first."""

    logins: tuple[Login, ...]
    sessions: tuple[OpenedAt, ...]
    browsers: tuple[Known, ...]


class AccessDesk:
    """Reads and ends. component_name: of a client_id, the id itself for one that is gone.

    Ending is open to whoever came in by mail as well: it takes rights away and gives none.
    """

    def __init__(
        self,
        *,
        people: People,
        sessions: Sessions,
        audit: Audit,
        component_name: Callable[[str], str],
        now: Callable[[], datetime],
    ) -> None:
        self._people = people
        self._sessions = sessions
        self._audit = audit
        self._component_name = component_name
        self._now = now

    def of(self, session: Session) -> Accesses:
        """What there is of a session's person, but for logins of whoever may have had the user
        before (`people.former`). Raises Unavailable.
        """
        now, person_id = self._now(), session.person_id
        person = self._people.get(person_id)
        records = self._audit.search(
            AuditFilter(
                event=AuditEvent.LOGIN_COMPLETED,
                person_id=person_id,
                since=begun_anew(person) if person else None,
            ),
            limit=_LOGINS,
        )
        return Accesses(
            logins=tuple(
                Login(
                    one.at,
                    self._component_name(one.client_id) if one.client_id else "",
                    Mode(one.mode),
                )
                for one in records
                if one.mode is not None
            ),
            sessions=tuple(
                OpenedAt(
                    sid=one.session.sid,
                    agent=one.session.agent,
                    mode=one.session.mode,
                    began_at=one.session.auth_time,
                    used_at=one.used_at,
                    here=one.session.sid == session.sid,
                )
                for one in self._sessions.of_person(person_id)
            ),
            browsers=tuple(
                Known(one.id, one.agent, one.created_at, one.expires_at, one.counts_from <= now)
                for one in self._people.browsers(person_id)
            ),
        )

    def end_session(self, session: Session, sid: str) -> bool:
        """End one of the person's sessions; False when there is no such one."""
        ended = self._sessions.end_of_person(session.person_id, lambda one: one.sid == sid)
        return ended > 0

    def end_others(self, session: Session) -> int:
        """End every session of the person but this one; how many."""
        return self._sessions.end_of_person(session.person_id, lambda one: one.sid != session.sid)

    def forget_browser(self, session: Session, browser_id: str) -> bool:
        """Forget one of the person's known browsers; False when there is no such one."""
        return self._people.forget_browser(session.person_id, browser_id)
