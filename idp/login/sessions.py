"""Beginning, reading and ending sessions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.audit.personal import Personal
from idp.audit.ports import AuditStream
from idp.kernel.clock import Clock
from idp.kernel.events import EventBus, LoginCompleted, SessionEnded
from idp.kernel.identity import Mode, Proof
from idp.kernel.ids import digest, new_id
from idp.kernel.random import Random
from idp.login.ports import SessionStore
from idp.login.session import OpenSession, Session
from idp.login.transaction import Transaction
from idp.people.attributes import SCOPES, claims
from idp.people.person import Person


class Sessions:
    """Sessions of this provider, each named by a cookie that only its browser holds.

    ttl, contingency_ttl: longest life in seconds by mode; idle: seconds without use that end one.
    """

    def __init__(
        self,
        *,
        store: SessionStore,
        audit: Audit,
        stream: AuditStream,
        events: EventBus,
        clock: Clock,
        random: Random,
        ttl: int,
        contingency_ttl: int,
        idle: int,
    ) -> None:
        self._store = store
        self._audit = audit
        self._stream = stream
        self._events = events
        self._clock = clock
        self._random = random
        self._ttl = {Mode.SUNAT: ttl, Mode.CONTINGENCIA: contingency_ttl}
        self._idle = idle

    def current(self, cookie: str | None) -> Session | None:
        """The live session behind a cookie; one round trip."""
        if not cookie:
            return None
        return self._store.touch(digest(cookie), now=self._clock.timestamp(), idle=self._idle)

    def lasts_until(self, session: Session) -> datetime:
        """When it ends if nothing more is done; its use just now is noted within 30 s."""
        unused = self._clock.now() + timedelta(seconds=self._idle - 30)
        return min(session.expires_at, unused)

    def start(
        self,
        person: Person,
        proof: Proof,
        client_id: str | None,
        *,
        replaces: str | None,
        agent: str = "",
        language: str = "es",
        parked: Transaction | None = None,
        personal: Personal | None = None,
    ) -> tuple[str, Session]:
        """Begin a session from a proof: a new cookie and a new sid, every time.

        replaces: the cookie of the session that ends by this one, so that none lives on unnamed.
        agent: its browser in two words. language: of its pages. parked: the login that led here, if
        it is a drill's, which is kept. personal: for beside the audit record.
        """
        drill = _drill_of(parked, proof)
        sid = new_id(self._random, "ses")
        chain = self._replace(replaces, person) or sid
        now = self._clock.now()
        cookie = self._random.token()
        session = Session(
            sid=sid,
            person_id=person.id,
            sub=person.sub,
            realm=proof.realm,
            mode=proof.mode,
            auth_time=proof.auth_time,
            expires_at=now + timedelta(seconds=self._ttl[proof.mode]),
            name=person.name,
            claims=claims(person, SCOPES, now),
            known_browser=proof.known_browser,
            chain=chain,
            agent=agent,
            drill=drill or "",
        )
        # The audit row first: a session that left no trace must not exist.
        self._audit.record(
            AuditEvent.LOGIN_COMPLETED,
            person_id=person.id,
            client_id=client_id,
            realm=proof.realm,
            mode=proof.mode.value,
            personal=personal,
            sid=session.sid,
            transaction=parked.trace if parked is not None and drill else None,
            drill=drill,
        )
        self._store.add(digest(cookie), session, now=now.timestamp())
        self._events.publish(
            LoginCompleted(
                person.id,
                proof.realm,
                proof.mode,
                client_id,
                sid,
                now.timestamp(),
                language,
                session.drill,
            )
        )
        return cookie, session

    def end(self, cookie: str, reason: str) -> Session | None:
        """End a session; None when there was none. reason: as in SessionEnded."""
        session = self._store.remove(digest(cookie))
        if session is not None:
            self._ended(session, reason)
        return session

    def of_person(self, person_id: str) -> list[OpenSession]:
        """The live sessions of a person, the one used last first."""
        found = self._store.of_person(person_id, now=self._clock.timestamp(), idle=self._idle)
        return sorted(found, key=lambda one: one.used_at, reverse=True)

    def end_of_person(
        self,
        person_id: str,
        concerns: Callable[[Session], bool],
        *,
        reason: str = "ended_by_person",
    ) -> int:
        """End those of a person's sessions that it says yes to; how many. reason: as in
        SessionEnded.
        """
        ended = 0
        for one in self.of_person(person_id):
            if concerns(one.session) and self._store.remove(one.cookie_digest) is not None:
                self._ended(one.session, reason)
                ended += 1
        return ended

    def by_mail_before(
        self, realm: str, moment: datetime, most: int
    ) -> list[tuple[str, Session | None]]:
        """Sessions of a realm that began by mail before a moment and were not `looked_at` since,
        each with what names it; None for one that ended meanwhile.
        """
        return self._store.by_mail(realm, before=moment.timestamp(), most=most)

    def looked_at(self, realm: str, cookie_digest: str, *, lives: bool) -> None:
        """It is not to be looked at again until a later moment is asked for."""
        self._store.note_by_mail(realm, cookie_digest, self._clock.timestamp() if lives else None)

    def end_found(self, cookie_digest: str, reason: str) -> Session | None:
        """End one by what names it; None when it had ended. reason: as in SessionEnded."""
        session = self._store.remove(cookie_digest)
        if session is not None:
            self._ended(session, reason)
        return session

    def all(self) -> Iterator[Session]:
        """Every session. It looks at all of them: for emergencies."""
        for _, session in self._store.all():
            yield session

    def revoke(self, concerns: Callable[[Session], bool]) -> int:
        """End every session that it says yes to; how many. It looks at all: for emergencies."""
        ended = 0
        for cookie_digest, session in self._store.all():
            if concerns(session) and self._store.remove(cookie_digest) is not None:
                self._ended(session, "revoked")
                ended += 1
        return ended

    def _replace(self, cookie: str | None, person: Person) -> str | None:
        """End the session that a new one replaces; its chain, where the person is the same."""
        session = self._store.remove(digest(cookie)) if cookie else None
        if session is None:
            return None
        same_person = session.person_id == person.id
        self._ended(session, "renewed" if same_person else "replaced")
        return session.chain if same_person else None

    def _ended(self, session: Session, reason: str) -> None:
        # By the stream: leaving must work while SQL does not answer.
        self._stream.push(
            self._audit.entry(
                AuditEvent.SESSION_ENDED,
                person_id=session.person_id,
                realm=session.realm,
                mode=session.mode.value,
                sid=session.sid,
                reason=reason,
            )
        )
        self._events.publish(
            SessionEnded(session.sid, session.person_id, session.sub, reason, session.chain)
        )


def _drill_of(parked: Transaction | None, proof: Proof) -> str | None:
    """The drill that a login by mail came of."""
    if parked is None or proof.mode is not Mode.CONTINGENCIA:
        return None
    return parked.drill or None
