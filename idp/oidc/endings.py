"""What ends before its time, with all that came of it: a grant, a session, a component's tokens.

A mark in Redis counts at once for every process; the refresh families in SQL follow, by the queue
where SQL does not answer just then.
"""

from __future__ import annotations

from collections.abc import Mapping

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.audit.ports import AuditStream
from idp.deliveries.logout_notices import LogoutNotices
from idp.jobs.ports import JobQueue
from idp.kernel.clock import Clock
from idp.kernel.errors import Unavailable
from idp.kernel.events import SessionEnded
from idp.login.session import Session
from idp.oidc.ports import AccessStore, RefreshStore

REVOKE = "tokens.revoke"
# Longer than any family of a session lives: until then SQL must have come back.
_MAX_AGE = 86_400


class Endings:
    """Ends grants and sessions."""

    def __init__(
        self,
        *,
        access: AccessStore,
        refresh: RefreshStore,
        notices: LogoutNotices,
        queue: JobQueue,
        audit: Audit,
        stream: AuditStream,
        clock: Clock,
    ) -> None:
        self._access = access
        self._refresh = refresh
        self._notices = notices
        self._queue = queue
        self._audit = audit
        self._stream = stream
        self._clock = clock

    def grant(self, grant_id: str, event: AuditEvent, client_id: str, **details: str) -> None:
        """End a grant: every access token and the refresh family. event: why, for the audit log."""
        self._access.end(grant_id)
        self._stream.push(self._audit.entry(event, client_id=client_id, grant=grant_id, **details))
        self._in_sql({"grant": grant_id})

    def session_ended(self, event: SessionEnded) -> None:
        """End what a chain of sessions gave, but for offline access, and tell its components.

        A session that the same person's newer one continues ends nothing. For one that ends by a
        recovery this was done `ahead`.
        """
        if event.reason not in ("renewed", "recovered"):
            self._end(event.chain, event.sub)

    def ahead(self, session: Session) -> None:
        """End what a session gave, and tell its components, before it ends itself: whoever dies in
        between finds it again, and components are told twice rather than never. Raises Unavailable.
        """
        self._end(session.chain, session.sub)

    def used_by(self, session: Session) -> dict[str, str]:
        """The components that a session was used for, each with the `sid` that it knows."""
        return self._access.session_clients(session.chain)

    def leave(self, client_id: str, session: Session) -> None:
        """End a session for one of its components alone, as far as the component can prolong it,
        and tell it. Raises Unavailable.
        """
        for grant_id in self._refresh.revoke_where(
            self._clock.now(), session=session.chain, client_id=client_id
        ):
            self._access.end(grant_id)
        self.tell(client_id, session)

    def _end(self, chain: str, sub: str) -> None:
        self._access.end(chain)
        self._notices.send(sub, self._access.session_clients(chain))
        self._queue.enqueue(REVOKE, {"session": chain}, max_age=_MAX_AGE)

    def chain(self, chain: str) -> None:
        """End the tokens of a chain of sessions, ahead of the sessions themselves: who listens to
        a session's end may fail, and nobody hears of it. Raises Unavailable("redis").
        """
        self._access.end(chain)

    def families(self, person_id: str) -> int:
        """End every refresh family of a person, offline access included, and the access tokens of
        each; how many families. Quick, unlike `everything`. Raises Unavailable.
        """
        grants = self._refresh.revoke_where(self._clock.now(), person_id=person_id)
        for grant_id in grants:
            self._access.end(grant_id)
        return len(grants)

    def tell(self, client_id: str, session: Session) -> bool:
        """Tell one component that a session ended, if it was used there."""
        sid = self._access.session_clients(session.chain).get(client_id)
        if sid is not None:
            self._notices.send(session.sub, {client_id: sid})
        return sid is not None

    def everything(
        self, *, client_id: str | None = None, person_id: str | None = None
    ) -> tuple[int, int]:
        """End every code, access token and family of a component, a person, or everybody.

        How many refresh families, and how many codes and access tokens. For emergencies: it looks
        at all of them. Families first: from then on nothing prolongs what is ended next.
        """
        now = self._clock.now()
        grants = self._refresh.revoke_where(now, client_id=client_id, person_id=person_id)
        for grant_id in grants:
            self._access.end(grant_id)
        return len(grants), self._access.end_where(client_id=client_id, person_id=person_id)

    def revoke(self, payload: Mapping[str, str]) -> None:
        """The queue's handler; harmless when called twice."""
        now = self._clock.now()
        if "grant" in payload:
            self._refresh.revoke(payload["grant"], now)
        else:
            self._refresh.revoke_where(now, session=payload["session"])

    def _in_sql(self, payload: Mapping[str, str]) -> None:
        try:
            self.revoke(payload)
        except Unavailable:
            self._queue.enqueue(REVOKE, payload, max_age=_MAX_AGE)
