"""Making checkpoints: when one is due, and that the chain is still the one of the last."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from idp.audit.checkpoints import Kind, Purged, Signed, following
from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.audit.ports import CheckpointSigner, CheckpointStore, NoAuditKey
from idp.audit.seals import Seal
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.kernel.ports import UnitOfWork

_log = logging.getLogger(__name__)
# After its start, or once SQL is back, a worker lets pass so long: what waited in Redis by then is
# written now, with the moments of then, and a checkpoint in between would make it look backdated.
SETTLE = timedelta(seconds=60)
# An outage shorter than this leaves nothing that would.
_OUTAGE = timedelta(seconds=60)


class Chain(Protocol):
    """What is needed of the seals."""

    def head(self) -> Seal | None:
        """The last seal. Raises Unavailable("sql")."""
        ...

    def at(self, number: int) -> Seal | None:
        """The seal of that number."""
        ...


@dataclass(frozen=True)
class Due:
    """How often: after so long, and after so many seals."""

    every: timedelta
    rows: int


class Checkpointer:
    """Signs how far the chain is. Of several at once one is first; the others look again."""

    def __init__(
        self,
        *,
        chain: Chain,
        store: CheckpointStore,
        signer: CheckpointSigner,
        uow: UnitOfWork,
        audit: Audit,
        clock: Clock,
        issuer: str,
        due: Due,
    ) -> None:
        self._chain = chain
        self._store = store
        self._signer = signer
        self._uow = uow
        self._audit = audit
        self._clock = clock
        self._issuer = issuer
        self._due = due
        self._settled = clock.now() + min(SETTLE, due.every)
        self._back = clock.now()
        self._hindered: datetime | None = None
        self._told = False

    def step(self, *, flipped: bool = False) -> bool:
        """Make one if it is due; whether there is nothing left that one must say.

        flipped: the flag was changed; that is said at once, but for just after an outage of SQL.
        Raises Unavailable("sql").
        """
        head, last = self._chain.head(), self._store.last()
        self._mind_outage()
        if head is None or not self._is_due(head, last, flipped):
            return head is None or (last is not None and last.checkpoint.number >= head.number)
        try:
            self.make(Kind.FLIP if flipped else Kind.PERIODIC)
        except NoAuditKey as error:
            if not self._told:
                _log.error("no audit checkpoints: %s", error.detail)
            self._told = True
            return False
        except IdpError as error:
            if error.code != "checkpoint_taken":
                raise
            return False
        self._told = False
        return True

    def hindered(self) -> None:
        """SQL did not answer when a step was due."""
        self._hindered = self._hindered or self._clock.now()

    def make(self, kind: Kind, *, purged: Purged | None = None) -> Signed:
        """Make one now. Raises NoAuditKey, Unavailable("sql"), IdpError("checkpoint_taken")."""
        return self.signed(kind, self._signer, purged=purged)

    def signed(
        self,
        kind: Kind,
        signer: CheckpointSigner,
        *,
        purged: Purged | None = None,
        successor: Mapping[str, Any] | None = None,
        prove: CheckpointSigner | None = None,
    ) -> Signed:
        """Make one by that key. prove: the successor's own, which signs that it is."""
        with self._uow.transaction():
            last, head = self._store.last(), self._chain.head()
            self._compare(last)
            plain = following(
                last, head, issuer=self._issuer, kind=kind, at=self._clock.now(), purged=purged
            )
            if successor is not None and prove is not None:
                proof = prove.sign({"n": plain.n, "previous": plain.previous})
                plain = following(
                    last, head, issuer=self._issuer, kind=kind, at=plain.at,
                    successor=successor, proof=proof,
                )  # fmt: skip
            made = Signed(plain, signer.sign(plain.payload()))
            self._store.add(made)
        _log.info(
            "audit checkpoint",
            extra={"n": plain.n, "number": plain.number, "checkpoint": made.jws},
        )
        return made

    def succession(self, kid: str) -> bool:
        """Whether a checkpoint names this key as a successor."""
        return any(
            one.checkpoint.kind is Kind.KEY and (one.checkpoint.successor or {}).get("kid") == kid
            for one in self._store.all()
        )

    def _mind_outage(self) -> None:
        since, now = self._hindered, self._clock.now()
        if since is not None and now - since >= _OUTAGE:
            self._back = now + min(SETTLE, self._due.every)
        self._hindered = None

    def _is_due(self, head: Seal, last: Signed | None, flipped: bool) -> bool:
        if last is None:
            return True
        new = head.number != last.checkpoint.number or head.hash != last.checkpoint.hash
        if not new:
            return False
        now = self._clock.now()
        if now < self._back:
            return False
        if flipped or head.number - last.checkpoint.number >= self._due.rows:
            return True
        return now >= self._settled and now >= last.checkpoint.at + self._due.every

    def _compare(self, last: Signed | None) -> None:
        """Put on record that the chain is not the one of the last checkpoint: it was cut or written
        anew. Signing goes on, of what there is: silence would hide more than it tells.
        """
        if last is None or last.checkpoint.number == 0:
            return
        found = self._chain.at(last.checkpoint.number)
        if found is None or found.hash != last.checkpoint.hash:
            _log.error("the audit log is not the one that was signed for", extra={
                "n": last.checkpoint.n, "number": last.checkpoint.number,
            })  # fmt: skip
            self._audit.record(
                AuditEvent.AUDIT_CHAIN_BROKEN,
                checkpoint=last.checkpoint.n,
                number=last.checkpoint.number,
            )
