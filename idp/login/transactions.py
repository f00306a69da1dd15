"""Parking a request, and every change of a parked one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError, Unavailable
from idp.kernel.identity import Mode, Proof
from idp.kernel.ids import same
from idp.kernel.random import Random
from idp.login.ports import TransactionStore
from idp.login.transaction import MAX_BYTES, Destination, Transaction

PER_BROWSER = 20
_TO_FINISH = timedelta(minutes=5)


class Transactions:
    """Parked requests, each bound to the browser that made it.

    ttl, touched_ttl: seconds that an untouched one lives, and one that somebody goes on with; one
    that waits for a link lives as long as that.
    """

    def __init__(
        self, *, store: TransactionStore, clock: Clock, random: Random, ttl: int, touched_ttl: int
    ) -> None:
        self._store = store
        self._clock = clock
        self._random = random
        self._ttl = ttl
        self._touched_ttl = touched_ttl

    def prepare(
        self,
        *,
        browser_hash: str | None,
        destination: Destination,
        client_id: str | None,
        params: tuple[tuple[str, str], ...],
        realms: tuple[str, ...],
        prompt: frozenset[str] = frozenset(),
        max_age: int | None = None,
        acr_required: str | None = None,
        subject: str | None = None,
        pushed: str | None = None,
    ) -> Transaction:
        """A transaction that is stored nowhere yet: enough to ask what the login needs."""
        now = self._clock.now()
        return Transaction(
            id=self._random.token(18),
            browser_hash=browser_hash,
            destination=destination,
            client_id=client_id,
            params=params,
            realms=realms,
            created_at=now,
            expires_at=now + timedelta(seconds=self._ttl),
            prompt=prompt,
            max_age=max_age,
            acr_required=acr_required,
            subject=subject,
            pushed=pushed,
        )

    def add(self, transaction: Transaction) -> Transaction:
        """Park it until its person is logged in.

        Raises IdpError("request_too_large", 413) beyond 8 KB.
        """
        if len(transaction.to_json()) > MAX_BYTES:
            raise IdpError("request_too_large", 413)
        self._store.add(transaction, per_browser=PER_BROWSER)
        return transaction

    def load(self, transaction_id: str, browser_hash: str | None) -> Transaction:
        """The live transaction of this very browser.

        Raises IdpError: transaction_unknown (404), transaction_expired (410), wrong_browser (403).
        """
        transaction = self._live(transaction_id)
        if (
            transaction.browser_hash is None
            or browser_hash is None
            or not same(transaction.browser_hash, browser_hash)
        ):
            raise IdpError("wrong_browser", 403)
        return transaction

    def bind(self, transaction_id: str, browser_hash: str) -> Transaction:
        """Like `load`, and the first browser that comes binds a transaction that has none yet.

        A cross-site POST to `/authorize` carries no Lax cookie, so it is parked without a browser
        and answered by a redirect, whose GET carries the cookie and lands here.
        """
        transaction = self._live(transaction_id)
        if transaction.browser_hash is None:
            self._store.bind(
                replace(transaction, browser_hash=browser_hash), per_browser=PER_BROWSER
            )
        return self.load(transaction_id, browser_hash)

    def choose(self, transaction_id: str, browser_hash: str | None, realm: str) -> Transaction:
        """Note which kind of user the person is. Raises IdpError("invalid_realm", 400)."""

        def change(transaction: Transaction) -> Transaction:
            if realm not in transaction.realms:
                raise IdpError("invalid_realm", 400)
            # Whoever chooses wishes to go there, wherever they were sent before.
            return replace(transaction, realm=realm, sent_at=None, came_back=False)

        return self._change(transaction_id, browser_hash, change)

    def depart(self, transaction_id: str, browser_hash: str | None, realm: str) -> Transaction:
        """Note that the person is sent to the upstream. Raises IdpError("invalid_realm", 400)."""

        def change(transaction: Transaction) -> Transaction:
            if realm not in transaction.realms:
                raise IdpError("invalid_realm", 400)
            return replace(transaction, realm=realm, sent_at=self._clock.now(), came_back=False)

        return self._change(transaction_id, browser_hash, change)

    def answered(self, transaction_id: str, browser_hash: str | None) -> None:
        """Note that the upstream answered, though nobody is proved by it; nothing for a login that
        is no more. Raises Unavailable.
        """
        try:
            self._change(transaction_id, browser_hash, lambda found: replace(found, came_back=True))
        except Unavailable:
            raise
        except IdpError:
            return

    def of_browser(self, browser_hash: str | None) -> list[Transaction]:
        """The live ones of this very browser."""
        now = self._clock.now()
        found = self._store.of_browser(browser_hash) if browser_hash else []
        return [one for one in found if one.browser_hash == browser_hash and one.expires_at > now]

    def record_proof(
        self, transaction_id: str, browser_hash: str | None, proof: Proof
    ) -> Transaction:
        """Note who was proved. A realm that the request does not allow is refused (400)."""

        def change(transaction: Transaction) -> Transaction:
            if proof.realm not in transaction.realms:
                raise IdpError("invalid_realm", 400)
            return _proved(transaction, proof)

        return self._change(transaction_id, browser_hash, change)

    def takes_link(self, transaction: Transaction, at: datetime | None = None) -> bool:
        """Whether a link may be asked for then (default: now): while the login is young enough.

        A link that is asked for in a login's last minutes still lives its full life: the login
        lives on with it. That is all that goes beyond the login's bound.
        """
        bound = transaction.created_at + timedelta(seconds=self._touched_ttl)
        return (at or self._clock.now()) < bound

    def set_link(
        self,
        transaction_id: str,
        browser_hash: str | None,
        link_id: str,
        *,
        instead_of: str | None,
        until: datetime,
    ) -> Transaction:
        """Note the one live e-mail link, and let the login outlive it.

        instead_of: the link that it had when this one was asked for: of requests at the same time
        exactly one gets its link. until: when the link ends at the latest. Raises IdpError:
        link_changed (409), login_too_old (410), those of `load`.
        """

        def change(found: Transaction) -> Transaction:
            if found.link_id != instead_of:
                raise IdpError("link_changed", 409)
            if not self.takes_link(found):
                raise IdpError("login_too_old", 410)
            # Who uses a link in its last second still has to come back to the component.
            expires_at = max(found.expires_at, until + _TO_FINISH)
            return replace(found, link_id=link_id, expires_at=expires_at)

        return self._change(transaction_id, browser_hash, change)

    def forget_choice(self, transaction_id: str, browser_hash: str | None) -> Transaction:
        """Back to *who are you?*: no realm, no proof."""
        return self._change(
            transaction_id,
            browser_hash,
            lambda found: replace(
                _unproved(found), realm=None, confirmed=False, sent_at=None, came_back=False
            ),
        )

    def confirm_session(self, transaction_id: str, browser_hash: str | None) -> Transaction:
        """The person said that the session's person is them (`prompt=select_account`)."""
        return self._change(
            transaction_id, browser_hash, lambda found: replace(found, confirmed=True)
        )

    def confirm_switch(self, transaction_id: str, browser_hash: str | None) -> Transaction:
        """The person agreed to leave the session of another person."""
        return self._change(
            transaction_id, browser_hash, lambda found: replace(found, switch_confirmed=True)
        )

    def deny(self, transaction_id: str, browser_hash: str | None) -> Transaction:
        """The person goes back to the component without logging in."""
        return self._change(
            transaction_id, browser_hash, lambda found: replace(_unproved(found), denied=True)
        )

    def end(self, transaction: Transaction) -> bool:
        """It is answered; False when somebody answered it before."""
        return self._store.remove(transaction.id)

    def take_proof(self, transaction_id: str, browser_hash: str | None) -> Proof:
        """The proof, for exactly one caller: what begins a session begins no second one.

        Whoever finds the login's page in a history after logging out finds no proof in it. Raises
        IdpError("transaction_unknown", 404) for the others.
        """
        taken: list[Proof] = []

        def change(transaction: Transaction) -> Transaction:
            if transaction.proof is None:
                raise IdpError("transaction_unknown", 404, detail="no proof")
            taken[:] = [transaction.proof]
            return replace(_unproved(transaction), confirmed=True)

        self._change(transaction_id, browser_hash, change)
        return taken[0]

    def prove_by_link(
        self, transaction_id: str, browser_hash: str | None, link_id: str, proof: Proof
    ) -> None:
        """Note the proof that this link gave; it must still be the login's one link, and SUNAT must
        not have proved somebody meanwhile (else 404).
        """

        def change(transaction: Transaction) -> Transaction:
            by_sunat = transaction.proof is not None and transaction.proof.mode is Mode.SUNAT
            wrong = transaction.link_id != link_id or proof.realm not in transaction.realms
            if by_sunat or wrong:
                raise IdpError("transaction_unknown", 404, detail="not its link")
            return _proved(transaction, proof)

        self._change(transaction_id, browser_hash, change)

    def drop_proof(self, transaction_id: str, browser_hash: str | None) -> Transaction:
        """The person prefers the session that they have."""
        return self._change(
            transaction_id,
            browser_hash,
            lambda found: replace(_unproved(found), realm=None, confirmed=True),
        )

    def set_nudge(self, transaction_id: str, browser_hash: str | None, nudge: str) -> Transaction:
        """Note what the person is to be told before they go on."""
        return self._change(
            transaction_id,
            browser_hash,
            lambda found: replace(found, nudge=nudge, nudge_answered=False),
        )

    def answer_nudge(self, transaction_id: str, browser_hash: str | None) -> Transaction:
        """They were told, or it is so no longer: nothing more of it in this login."""
        return self._change(
            transaction_id, browser_hash, lambda found: replace(found, nudge_answered=True)
        )

    def set_drill(self, transaction_id: str, browser_hash: str | None, drill: str) -> Transaction:
        """Note which drill took this login, or (empty) that none did: once and for all."""
        return self._change(
            transaction_id,
            browser_hash,
            lambda found: found if found.drill is not None else replace(found, drill=drill),
        )

    def leave_drill(self, transaction_id: str, browser_hash: str | None) -> Transaction:
        """The person prefers SUNAT; a link that is on its way still counts."""
        return self._change(
            transaction_id, browser_hash, lambda found: replace(found, drill_left=True)
        )

    def _live(self, transaction_id: str) -> Transaction:
        transaction = self._store.get(transaction_id)
        if transaction is None:
            raise IdpError("transaction_unknown", 404)
        if transaction.expires_at <= self._clock.now():
            raise IdpError("transaction_expired", 410)
        return transaction

    def _change(
        self,
        transaction_id: str,
        browser_hash: str | None,
        change: Callable[[Transaction], Transaction],
    ) -> Transaction:
        for _ in range(5):
            found = self.load(transaction_id, browser_hash)
            changed = change(found)
            # Going on with it prolongs its life once, to a bound that counts from its creation.
            expires_at = max(
                changed.expires_at, found.created_at + timedelta(seconds=self._touched_ttl)
            )
            changed = replace(changed, expires_at=expires_at)
            if self._store.replace(changed):
                return replace(changed, version=found.version + 1)
        raise IdpError(
            "temporarily_unavailable", 503, detail="transaction contended", retry_after=1
        )


def _proved(transaction: Transaction, proof: Proof) -> Transaction:
    """With this proof; what was to be told to whoever was proved before is told no more."""
    return replace(
        transaction,
        realm=proof.realm,
        proof=proof,
        switch_confirmed=False,
        nudge=None,
        nudge_answered=False,
        sent_at=None,
        came_back=False,
    )


def _unproved(transaction: Transaction) -> Transaction:
    """Without its proof, and without the link that may have given it: that is over."""
    link_id = None if transaction.proof else transaction.link_id
    return replace(transaction, proof=None, link_id=link_id, nudge=None, nudge_answered=False)
