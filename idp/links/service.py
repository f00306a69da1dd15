"""The life of a link: asked for, meant for somebody, sent, used once."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, timedelta

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.audit.records import AuditRecord
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError, Unavailable
from idp.kernel.identity import Mode
from idp.kernel.ids import digest, keyed_digest, keyed_token, new_id, same
from idp.kernel.ports import UnitOfWork
from idp.kernel.random import Random
from idp.links.link import Link, LinkState
from idp.links.ports import Attempt, Crowd, LinkStore, Outcome, SpentLinks, Way

# What is wrong with a link: the code and the status of its page.
REFUSALS: dict[Outcome, tuple[str, int]] = {
    Outcome.UNKNOWN: ("link_unknown", 404),
    Outcome.OTHER_BROWSER: ("link_other_browser", 403),
    Outcome.SPENT: ("link_used", 410),
    Outcome.SUPERSEDED: ("link_superseded", 410),
    Outcome.WITHDRAWN: ("link_withdrawn", 410),
    Outcome.EXPIRED: ("link_expired", 410),
    Outcome.WRONG_CODE: ("code_wrong", 422),
    Outcome.CODE_CLOSED: ("code_closed", 403),
}


_DIGITS = {Way.HERE: 6, Way.THERE: 8}


class Links:
    """One-time links.

    key: 32 bytes; a token is its HMAC of the link's id. ttl: seconds after a relay took the mail,
    max_age: seconds after it was asked for; a link ends at the earlier of both.
    """

    def __init__(
        self,
        *,
        store: LinkStore,
        spent: SpentLinks,
        uow: UnitOfWork,
        audit: Audit,
        clock: Clock,
        random: Random,
        key: bytes,
        ttl: int,
        max_age: int,
        crowd: Crowd | None = None,
    ) -> None:
        self._crowd = crowd or Crowd()
        self._store = store
        self._spent = spent
        self._uow = uow
        self._audit = audit
        self._clock = clock
        self._random = random
        self._key = key
        self._ttl = timedelta(seconds=ttl)
        self._max_age = timedelta(seconds=max_age)

    def create(
        self,
        *,
        transaction_id: str,
        browser_hash: str,
        realm: str,
        identifier_digest: str,
        sealed: str,
        client_id: str | None,
        reference: str | None = None,
        pool: str = "",
        origin: str = "",
        attempt: int = 1,
        agent: str = "",
        language: str = "es",
        known_tokens: str = "",
    ) -> Link:
        """A new link, which counts from when its transaction names it (`Transactions.set_link`).

        pool: links of one identifier are counted apart for each known browser. origin: opaque,
        where the request came from (see Crowd). reference: kept when asked again.
        Raises IdpError("rate_limited", 429), Unavailable("redis").
        """
        now = self._clock.now()
        link = Link(
            id=new_id(self._random, "lnk"),
            transaction_id=transaction_id,
            browser_hash=browser_hash,
            realm=realm,
            identifier_digest=identifier_digest,
            sealed=sealed,
            client_id=client_id,
            reference=reference or self._random.digits(8),
            created_at=now,
            expires_at=now + self._max_age,
            attempt=attempt,
            agent=agent,
            language=language,
            known_tokens=known_tokens,
        )
        admission = self._store.add(
            digest(self.token_of(link.id)),
            link,
            pool=pool,
            origin=origin,
            crowd=self._crowd,
        )
        if not admission.stored:
            raise IdpError(
                "rate_limited", 429, detail="links", retry_after=max(1, math.ceil(admission.wait))
            )
        return link

    def supersede(self, link_id: str) -> None:
        """Its transaction names another link from now on. Raises Unavailable("redis")."""
        self._store.supersede(digest(self.token_of(link_id)))

    def withdraw(self, link_id: str) -> bool:
        """Its login was proved by SUNAT: it counts no longer. False when it was used, superseded
        or gone. Raises Unavailable("redis").
        """
        link = self.get(link_id)
        if link is None:
            return False
        record = self._audit.entry(
            AuditEvent.LINK_WITHDRAWN,
            person_id=link.person_id,
            client_id=link.client_id,
            realm=link.realm,
            mode=Mode.CONTINGENCIA,
            reference=link.reference,
            link=link.id,
        )
        return self._store.withdraw(digest(self.token_of(link_id)), record)

    def token_of(self, link_id: str) -> str:
        """The secret part of the URL: derived, so that a retry of the mail repeats it."""
        return keyed_token(self._key, link_id)

    def get(self, link_id: str) -> Link | None:
        """The link with this id, whatever its state."""
        return self._store.get(digest(self.token_of(link_id)))

    def by_token(self, token: str) -> Link | None:
        """The link with this token, whatever its state; one that nobody was sent is unknown."""
        link = self._store.get(digest(token))
        return link if link is not None and link.person_id is not None else None

    def problem(self, link: Link | None, browser_hash: str | None) -> Outcome | None:
        """Why this browser could not use the link now, or None. Changes nothing."""
        if link is None:
            return Outcome.UNKNOWN
        if link.state is LinkState.SPENT:
            return Outcome.SPENT
        if link.state is LinkState.SUPERSEDED:
            return Outcome.SUPERSEDED
        if link.state is LinkState.WITHDRAWN:
            return Outcome.WITHDRAWN
        if link.expires_at <= self._clock.now():
            return Outcome.EXPIRED
        return None if link.browser_hash == browser_hash else Outcome.OTHER_BROWSER

    def assign(self, link_id: str, person_id: str, *, known: bool = False) -> bool:
        """Mean the link for this person; False when it no longer counts.

        known: whether the asking browser is a known one of this very person.
        """
        return self._store.assign(digest(self.token_of(link_id)), person_id, known=known)

    def code(self, token: str, way: Way) -> str:
        """The code of a link for HERE (six digits) or THERE (eight); derived, like the token."""
        number = int(keyed_digest(self._key, f"{way}|{token}"), 16)
        return str(number % 10 ** _DIGITS[way]).zfill(_DIGITS[way])

    def code_open(self, token: str, browser_hash: str, *, hit: bool = False) -> bool:
        """Whether this browser may still try a code. hit: count a look from another browser."""
        return self._store.code_open(digest(token), browser_hash, hit=hit)

    def promised_until(self, link: Link) -> datetime:
        """The hour to print in a mail that is sent now; the link does not end before it."""
        return min(link.created_at + self._max_age, self._clock.now() + self._ttl)

    def bound(self, link: Link) -> datetime:
        """When the link ends at the latest, however often its mail is tried."""
        return link.created_at + self._max_age

    def accepted(self, link_id: str, at: datetime, records: Iterable[AuditRecord] = ()) -> None:
        """A relay took the mail: the life counts from now on. records: what is told of it."""
        token_digest = digest(self.token_of(link_id))
        link = self._store.get(token_digest)
        if link is not None:
            self._store.accepted(
                token_digest, at, min(link.created_at + self._max_age, at + self._ttl), records
            )

    def consume(self, token: str, browser_hash: str, way: Way = Way.BUTTON, code: str = "") -> Link:
        """Use the link, once: exactly one caller gets it, as `LinkStore.consume` says.

        Redis decides the race; then a unique row and its audit record commit together. When SQL
        does not answer the link is given back. Raises IdpError (`REFUSALS`), Unavailable.
        """
        token_digest = digest(token)
        now = self._clock.now()
        right = way is Way.BUTTON or same(code, self.code(token, way))
        attempt = Attempt(way, browser_hash, right)
        outcome, link = self._store.consume(token_digest, attempt, now)
        if outcome is not Outcome.CONSUMED or link is None or link.person_id is None:
            raise refusal(outcome)
        try:
            with self._uow.transaction():
                # A fail-over of Redis may have forgotten that it was used; the row has not.
                fresh = self._spent.add(token_digest, link.person_id, now)
                if fresh:
                    self._audit.record(
                        AuditEvent.LINK_CONSUMED,
                        person_id=link.person_id,
                        client_id=link.client_id,
                        realm=link.realm,
                        mode=Mode.CONTINGENCIA,
                        reference=link.reference,
                        link=link.id,
                        where=way.value,
                        hits=link.hits,
                    )
        except Unavailable:
            self._store.give_back(token_digest)
            raise
        if not fresh:
            raise refusal(Outcome.SPENT)
        return link

    def forget(self, identifier_digest: str) -> int:
        """Remove every link that was asked for by an identifier; how many. For erasing a person."""
        return self._store.forget(identifier_digest)


def refusal(outcome: Outcome) -> IdpError:
    """The error of an outcome that is not success."""
    code, status = REFUSALS.get(outcome, REFUSALS[Outcome.UNKNOWN])
    return IdpError(code, status)
