"""The way to an upstream and back.

    /login/<txn> ──▶ start: a new state, bound to browser, transaction and realm ──▶ the upstream
    the upstream ──▶ finish: spend the state, note the code, exchange, record ──▶ /login/<txn>

The state is spent before the exchange: a callback that comes twice exchanges once, and whoever
loses has only to begin again. The flag is not asked here: a person who is at SUNAT when it is
flagged down has proved what they prove.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.federation.driver import (
    Failure,
    ProofRefused,
    Refusal,
    Upstream,
    UpstreamFailed,
)
from idp.federation.ports import (
    Departure,
    Evidence,
    NullEvidence,
    NullLinks,
    RecordsLogins,
    StateStore,
    WithdrawsLinks,
)
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError, Unavailable
from idp.kernel.identity import Mode, Proof
from idp.kernel.ids import digest
from idp.kernel.random import Random
from idp.login.transactions import Transactions
from idp.people.person import UpstreamFacts

MAX_CODE = 2_048
_STATE = re.compile(r"[0-9a-f]{32}")

# An answer to a journey that is over says nothing of one that the person may be on by now.
_STALE = frozenset({Refusal.STATE_SPENT, Refusal.STATE_EXPIRED})
# RFC 6749 §4.1.2.1 and OpenID Connect Core §3.1.2.6: what is about the person, not the upstream.
_DENIED = frozenset({"access_denied", "login_required", "interaction_required", "consent_required"})


@dataclass(frozen=True)
class Callback:
    """What a browser brought to the callback; everything in it may be anybody's invention.

    error: the upstream's, in place of a code. agent: what the browser says it is, in two words.
    """

    state: str | None
    code: str | None
    browser_hash: str | None
    known_cookie: str | None
    agent: str = ""
    error: str | None = None


@dataclass(frozen=True)
class Landed:
    """A proof is on the transaction. known_cookie: what to set as the cookie of known browsers."""

    transaction_id: str
    known_cookie: str


class Stranded(Exception):
    """No proof. error: for the page. reason: a `Failure` or a `Refusal`. reference: the *número de
    atención* of page and audit log.

    transaction_id: the request that waits, None when the callback is not this browser's.
    client_id: the component that it was for, as far as it is this browser's.
    """

    def __init__(
        self, error: IdpError, reason: Failure | Refusal, reference: str, whose: Departure | None
    ) -> None:
        super().__init__(str(error))
        self.error = error
        self.reason = reason
        self.reference = reference
        self.transaction_id = whose.transaction_id if whose else None
        self.client_id = whose.client_id if whose else None


class Federation:
    """Sends people to the upstream of their realm and takes them back.

    issuer: the provider's, from which callbacks are built. upstreams: by realm.
    """

    def __init__(
        self,
        *,
        upstreams: Mapping[str, Upstream],
        states: StateStore,
        transactions: Transactions,
        people: RecordsLogins,
        audit: Audit,
        clock: Clock,
        random: Random,
        issuer: str,
        evidence: Evidence | None = None,
        links: WithdrawsLinks | None = None,
    ) -> None:
        self._upstreams = upstreams
        self._states = states
        self._transactions = transactions
        self._people = people
        self._audit = audit
        self._clock = clock
        self._random = random
        self._issuer = issuer
        self._evidence = evidence or NullEvidence()
        self._links = links or NullLinks()

    def label(self, realm: str) -> str:
        """What users call the upstream of a realm. Raises IdpError("invalid_realm", 404)."""
        return self._upstream(realm).label

    def start(self, realm: str, transaction_id: str, browser_hash: str | None) -> str:
        """Where to send the browser.

        Raises IdpError: invalid_realm (404 no such upstream, 400 not for this login), and what
        `Transactions.load` raises.
        """
        upstream = self._upstream(realm)
        # It checks browser and realm, and prolongs: SUNAT may take its minutes. The state lives as
        # long as its login: whoever comes back late finds it.
        transaction = self._transactions.depart(transaction_id, browser_hash, realm)
        now = self._clock.now()
        state = self._random.bytes(16).hex()
        departure = Departure(
            realm=realm,
            transaction_id=transaction.id,
            browser_hash=browser_hash or "",
            expires_at=transaction.expires_at,
            client_id=transaction.client_id,
        )
        self._states.put(state, departure, now=now)
        self._audit.record(
            AuditEvent.UPSTREAM_STARTED,
            client_id=transaction.client_id,
            realm=realm,
            mode=Mode.SUNAT,
            transaction=_public(transaction.id),
        )
        self._evidence.report(realm, "started")
        return upstream.login_url(state, self._callback(realm))

    def expects(self, callback: Callback) -> bool:
        """Whether this browser is on its way back with this state; changes nothing."""
        state, browser_hash = callback.state or "", callback.browser_hash
        if not browser_hash or not _STATE.fullmatch(state):
            return False
        return self._states.waits(state, browser_hash, now=self._clock.now())

    def finish(self, realm: str, callback: Callback) -> Landed:
        """Take a callback. Raises Stranded; IdpError("invalid_realm", 404)."""
        upstream = self._upstream(realm)
        departure, code = self._arrived(realm, callback)
        self._waiting(departure)
        facts = self._exchange(upstream, departure, code, callback.state or "")
        person = self._people.record_upstream_login(facts)
        known = self._people.known_browser(callback.known_cookie, person.id)
        proof = Proof(realm, person.id, Mode.SUNAT, self._clock.now(), known_browser=known)
        self._prove(departure, proof)
        cookie = self._people.remember_browser(person.id, callback.known_cookie, callback.agent)
        self._evidence.report(realm, "ok")
        return Landed(departure.transaction_id, cookie)

    def _arrived(self, realm: str, callback: Callback) -> tuple[Departure, str]:
        """The state, spent by this very callback, and the code, not seen before."""
        code = callback.code or ""
        # A malformed state is looked up all the same: the code that came with it is seen.
        value = callback.state if _STATE.fullmatch(callback.state or "") else ""
        arrival = self._states.arrive(
            value or "",
            code or None,
            realm=realm,
            browser_hash=callback.browser_hash,
            now=self._clock.now(),
        )
        departure = arrival.departure
        if arrival.refusal is not None or departure is None:
            raise self._refused(realm, arrival.refusal or Refusal.STATE_UNKNOWN, departure)
        if not code:
            raise self._without_code(realm, callback.error, departure)
        if len(code) > MAX_CODE:
            raise self._refused(realm, Refusal.CODE, departure)
        return departure, code

    def _without_code(self, realm: str, error: str | None, departure: Departure) -> Stranded:
        if error in _DENIED:
            return self._refused(realm, Refusal.DENIED, departure)
        return self._failed(realm, Failure.ERROR if error else Failure.NO_CODE, departure)

    def _waiting(self, departure: Departure) -> None:
        """Before anything is exchanged: whether the request lives that the person left for this."""
        try:
            self._transactions.load(departure.transaction_id, departure.browser_hash)
        except IdpError as error:
            raise self._over(departure, error) from error

    def _prove(self, departure: Departure, proof: Proof) -> None:
        try:
            proved = self._transactions.record_proof(
                departure.transaction_id, departure.browser_hash, proof
            )
        except IdpError as error:
            raise self._over(departure, error) from error
        if proved.link_id is not None:
            # Asked for while SUNAT kept them waiting. The proof alone closes it; this says so.
            with suppress(Unavailable):
                self._links.withdraw(proved.link_id)

    def _over(self, departure: Departure, error: IdpError) -> Exception:
        """A login that is no more has a page as well: it was finished elsewhere, or was too old."""
        if error.status == 503:
            return error
        over = replace(departure, transaction_id="")
        return self._refused(departure.realm, Refusal.LOGIN_OVER, over)

    def _exchange(
        self, upstream: Upstream, departure: Departure, code: str, state: str
    ) -> UpstreamFacts:
        realm = departure.realm
        try:
            return upstream.exchange(code, state=state, callback=self._callback(realm))
        except UpstreamFailed as error:
            raise self._failed(realm, error.reason, departure) from error
        except ProofRefused as error:
            raise self._refused(realm, error.reason, departure) from error

    def _failed(self, realm: str, reason: Failure, whose: Departure | None) -> Stranded:
        error = IdpError("upstream_failed", 502, detail=reason.value)
        return self._stranded(AuditEvent.UPSTREAM_FAILED, error, realm, reason, whose)

    def _refused(self, realm: str, reason: Refusal, whose: Departure | None) -> Stranded:
        error = IdpError("proof_refused", 400, detail=reason.value)
        return self._stranded(AuditEvent.UPSTREAM_PROOF_REFUSED, error, realm, reason, whose)

    def _stranded(
        self,
        event: AuditEvent,
        error: IdpError,
        realm: str,
        reason: Failure | Refusal,
        whose: Departure | None,
    ) -> Stranded:
        transaction_id = whose.transaction_id if whose else None
        reference = self._random.digits(8)
        self._audit.record(
            event,
            realm=realm,
            mode=Mode.SUNAT,
            reference=reference,
            reason=reason.value,
            transaction=_public(transaction_id) if transaction_id else None,
        )
        # Also what a visitor made up: how much it weighs is for whoever counts it.
        self._evidence.report(realm, reason.value)
        if whose is not None and transaction_id and reason not in _STALE:
            self._transactions.answered(transaction_id, whose.browser_hash)
        return Stranded(error, reason, reference, whose)

    def _upstream(self, realm: str) -> Upstream:
        upstream = self._upstreams.get(realm)
        if upstream is None:
            raise IdpError("invalid_realm", 404)
        return upstream

    def _callback(self, realm: str) -> str:
        # From the configured issuer, never from the Host header.
        return f"{self._issuer}/upstream/{realm}/callback"


def _public(transaction_id: str) -> str:
    """A transaction in the audit log: its id is a secret, and this names it just as well."""
    return digest(transaction_id)[:16]
