"""After an upstream's recovery: sessions that began by mail end where their components say so.

What a component says (`on_recovery: logout`) is its own affair: it is told, and may prolong
nothing; the session itself, which others use as well, ends when every component that it was used
for says so. What a session counts for in new requests is `login.steps`' to judge, whatever was done
here.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from idp.clients.client import Client
from idp.jobs.periodic import Left
from idp.login.session import Session
from idp.login.sessions import Sessions
from idp.oidc.endings import Endings

BATCH = 200


class Recoveries(Protocol):
    """What is needed of the flag."""

    @property
    def realms(self) -> tuple[str, ...]:
        """The upstreams that there are."""
        ...

    def back_since(self, realm: str) -> datetime | None:
        """Since when it is up without a break, from memory; None while it is down, or if it was
        never otherwise.
        """
        ...


class Components(Protocol):
    """What is needed of the registry of components."""

    def get(self, client_id: str) -> Client | None:
        """The component, or None."""
        ...


class Leases(Protocol):
    """Who works on what, among all workers."""

    def hold(self, name: str) -> AbstractContextManager[bool]:
        """Within it, whether this name is ours alone. Raises Unavailable("redis")."""
        ...


def leaving(used_by: Mapping[str, str], components: Components) -> tuple[list[str], bool]:
    """Of the components that a session was used for: which leave it, and whether it ends for all.

    One that is gone from clients.yaml has no say. A session that served none keeps nobody waiting:
    it lasts, and counts for nothing new where that is so.
    """
    found = {client_id: components.get(client_id) for client_id in used_by}
    there = {client_id: one for client_id, one in found.items() if one is not None}
    leave = [name for name, one in there.items() if one.contingency.on_recovery == "logout"]
    return leave, bool(leave) and len(leave) == len(there)


class Failback:
    """Periodic work of the worker: a batch at a time, wherever the last one was cut off.

    A session is noted as done once all is: whoever dies before does it again, and a component may
    be told twice.
    """

    def __init__(
        self,
        *,
        upstreams: Recoveries,
        sessions: Sessions,
        endings: Endings,
        components: Components,
        leases: Leases,
    ) -> None:
        self._upstreams = upstreams
        self._sessions = sessions
        self._endings = endings
        self._components = components
        self._leases = leases

    def step(self) -> Left | None:
        """A batch for each upstream that is up again; whether there is more. Raises Unavailable."""
        more = [self._of_realm(realm) for realm in self._upstreams.realms]
        return Left.MORE if any(more) else None

    def _of_realm(self, realm: str) -> bool:
        since = self._upstreams.back_since(realm)
        if since is None or not self._sessions.by_mail_before(realm, since, 1):
            return False
        done = 0
        with self._leases.hold(f"failback|{realm}") as mine:
            while mine and done < BATCH and self._oldest(realm, since):
                done += 1
        return done == BATCH

    def _oldest(self, realm: str, since: datetime) -> bool:
        """The next session; False without any. Read one by one: whoever logged in anew by SUNAT
        meanwhile goes on with the same chain, which what was read before must not end.
        """
        found = self._sessions.by_mail_before(realm, since, 1)
        for cookie_digest, session in found:
            self._one(realm, cookie_digest, session)
        return bool(found)

    def _one(self, realm: str, cookie_digest: str, session: Session | None) -> None:
        ends = session is None
        if session is not None:
            leave, ends = leaving(self._endings.used_by(session), self._components)
            if ends:
                self._endings.ahead(session)
                self._sessions.end_found(cookie_digest, "recovered")
            else:
                for client_id in leave:
                    self._endings.leave(client_id, session)
        self._sessions.looked_at(realm, cookie_digest, lives=not ends)
