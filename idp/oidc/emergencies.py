"""Ending sessions and all that they gave, by an operator's word: after a leak, or for one person.

It looks at every session and every token: minutes on a full store, and safe to repeat. What
logins and systems bring about (`doubted`, `by_mail`) goes by a person's own sessions: milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.kernel.identity import Mode
from idp.login.session import Session
from idp.login.sessions import Sessions
from idp.oidc.endings import Endings


@dataclass(frozen=True)
class Revoked:
    """How much ended: sessions, refresh-token families, codes and access tokens."""

    sessions: int
    grants: int
    tokens: int


class Emergencies:
    """Sessions first: from then on nothing new comes of them."""

    def __init__(self, *, sessions: Sessions, endings: Endings, audit: Audit) -> None:
        self._sessions = sessions
        self._endings = endings
        self._audit = audit

    def everybody(self, *, reason: str, actor: str) -> Revoked:
        """Every session, offline access included; components are told by back channel."""
        ended = self._sessions.revoke(lambda session: True)
        return self._told("all", Revoked(ended, *self._endings.everything()), reason, actor)

    def person(self, person_id: str, *, reason: str, actor: str) -> Revoked:
        """One person's, at every browser and every component."""
        ended = self._sessions.revoke(lambda session: session.person_id == person_id)
        found = Revoked(ended, *self._endings.everything(person_id=person_id))
        return self._told("person", found, reason, actor, person_id=person_id)

    def forget(self, person_id: str) -> int:
        """End everything of a person who is being erased, which is on record as that; how many
        sessions, families, codes and tokens. Components are told.
        """
        ended = self._sessions.end_of_person(person_id, lambda session: True, reason="revoked")
        return ended + sum(self._endings.everything(person_id=person_id))

    def doubted(self, person_id: str) -> None:
        """End all that another human may have begun in a person's name: sessions, what came of
        them, and offline access. Components are told. Raises Unavailable; safe to repeat.
        """
        self._endings.families(person_id)
        self._end_of(person_id, lambda session: True)

    def by_mail(self, person_id: str) -> None:
        """End what a person began by a mailed link, and tell components. Raises as `doubted`."""
        self._end_of(person_id, lambda session: session.mode is Mode.CONTINGENCIA)

    def client(self, client_id: str, *, reason: str, actor: str) -> Revoked:
        """What one component was given. Sessions here go on, since others use them as well; the
        component is told to end its own.
        """
        told = sum(self._endings.tell(client_id, session) for session in self._sessions.all())
        found = Revoked(told, *self._endings.everything(client_id=client_id))
        return self._told("client", found, reason, actor, client_id=client_id)

    def _end_of(self, person_id: str, concerns: Callable[[Session], bool]) -> None:
        # The tokens first: a session that is gone would not be found by the next try.
        for one in self._sessions.of_person(person_id):
            if concerns(one.session):
                self._endings.chain(one.session.chain or one.session.sid)
        self._sessions.end_of_person(person_id, concerns, reason="revoked")

    def _told(
        self,
        scope: str,
        found: Revoked,
        reason: str,
        actor: str,
        *,
        person_id: str | None = None,
        client_id: str | None = None,
    ) -> Revoked:
        self._audit.record(
            AuditEvent.SESSIONS_REVOKED,
            person_id=person_id,
            client_id=client_id,
            actor=actor,
            scope=scope,
            reason=reason,
            sessions=found.sessions,
            grants=found.grants,
        )
        return found
