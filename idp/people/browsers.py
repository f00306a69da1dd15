"""Known browsers: a cookie from a SUNAT login that later says "this person was here before".

The cookie holds one token for each person of a shared PC, so that nobody's token ever stands for
another: a cookie planted in somebody's browser is worth nothing to who planted it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.kernel.clock import Clock
from idp.kernel.ids import digest, new_id
from idp.kernel.ports import UnitOfWork
from idp.kernel.random import Random
from idp.people.person import KnownBrowser
from idp.people.ports import BrowserStore, Raced

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_MAX_TOKENS = 5


def tokens_of(cookie: str | None) -> list[str]:
    """The tokens of a cookie, the newest last; anything malformed is left out."""
    if cookie is None or len(cookie) > _MAX_TOKENS * 44:
        return []
    return [token for token in cookie.split(".") if _TOKEN.fullmatch(token)][-_MAX_TOKENS:]


def digests_of(cookie: str | None) -> tuple[str, ...]:
    """The digests of a cookie's tokens, the newest first: the form in which they are kept."""
    return tuple(digest(token) for token in reversed(tokens_of(cookie)))


class KnownBrowsers:
    """Remembers browsers. counts_after and ttl are seconds."""

    def __init__(
        self,
        *,
        store: BrowserStore,
        uow: UnitOfWork,
        audit: Audit,
        clock: Clock,
        random: Random,
        counts_after: int,
        ttl: int,
    ) -> None:
        self._store = store
        self._uow = uow
        self._audit = audit
        self._clock = clock
        self._random = random
        self._counts_after = timedelta(seconds=counts_after)
        self._ttl = timedelta(seconds=ttl)

    def remember(self, person_id: str, cookie: str | None, agent: str) -> str:
        """The cookie to set after a SUNAT login; a browser that is known already only lasts on.

        For a person who was joined with another just now it is the one there was.
        """
        try:
            return self._remember(person_id, cookie, agent)
        except Raced:
            return ".".join(tokens_of(cookie))

    def _remember(self, person_id: str, cookie: str | None, agent: str) -> str:
        now = self._clock.now()
        tokens = tokens_of(cookie)
        with self._uow.transaction():
            found = self._find(person_id, digests_of(cookie))
            if found is not None and now < found.expires_at:
                self._store.put(replace(found, expires_at=now + self._ttl, agent=agent))
                return ".".join(tokens)
            token = self._random.token()
            browser = KnownBrowser(
                id=new_id(self._random, "brw"),
                person_id=person_id,
                token_digest=digest(token),
                created_at=now,
                counts_from=now + self._counts_after,
                expires_at=now + self._ttl,
                agent=agent,
            )
            self._store.put(browser)
            self._audit.record(
                AuditEvent.KNOWN_BROWSER_ADDED, person_id=person_id, browser=browser.id
            )
        return ".".join([*tokens, token][-_MAX_TOKENS:])

    def is_known(self, person_id: str, cookie: str | None) -> bool:
        """Whether this is a browser of that very person, old enough to count."""
        return self.is_known_by(person_id, digests_of(cookie))

    def is_known_by(self, person_id: str, digests: Iterable[str]) -> bool:
        """The same for a browser of which only its tokens' digests are at hand."""
        now = self._clock.now()
        found = self._find(person_id, digests)
        return found is not None and found.counts_from <= now < found.expires_at

    def recognise(self, cookie: str | None) -> str | None:
        """The id of a known browser that counts, whoever's it is; depends on the cookie alone."""
        now = self._clock.now()
        for token in reversed(tokens_of(cookie)):
            found = self._store.with_token(digest(token))
            if found is not None and found.counts_from <= now < found.expires_at:
                return found.id
        return None

    def at(self, cookie: str | None) -> list[tuple[str, bool]]:
        """The ids of all persons for whom the browser with this cookie is known, each with whether
        that is old enough to count.
        """
        now = self._clock.now()
        kept = (self._store.with_token(one) for one in digests_of(cookie))
        return [
            (one.person_id, one.counts_from <= now)
            for one in kept
            if one is not None and now < one.expires_at
        ]

    def of_person(self, person_id: str) -> list[KnownBrowser]:
        """The person's browsers that have not expired, the newest first."""
        now = self._clock.now()
        return [found for found in self._store.of_person(person_id) if now < found.expires_at]

    def forget(self, person_id: str, browser_id: str) -> bool:
        """Remove one; False when the person has no such browser."""
        with self._uow.transaction():
            dropped = self._store.drop(person_id, browser_id)
            if dropped:
                self._audit.record(
                    AuditEvent.KNOWN_BROWSER_REMOVED, person_id=person_id, browser=browser_id
                )
        return dropped

    def _find(self, person_id: str, digests: Iterable[str]) -> KnownBrowser | None:
        for token_digest in digests:
            found = self._store.find(person_id, token_digest)
            if found is not None:
                return found
        return None
