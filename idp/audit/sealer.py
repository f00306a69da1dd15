"""The one sealer: chains what was written, beside everything else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from idp.audit.events import AuditEvent
from idp.kernel.clock import Clock

_BATCH = 1_000
# Of one turn: a million imports must let checkpoints have theirs.
_BATCHES = 20


@dataclass(frozen=True)
class Batch:
    """What was sealed at once. flipped: the flag's change was among it. reached: the highest
    `seq`, beyond which the next batch looks.
    """

    rows: int
    flipped: bool = False
    reached: int | None = None


class SealsRows(Protocol):
    """What is needed of the store."""

    def seal_batch(self, limit: int, clock: Clock, after: int | None = None) -> Batch:
        """Seal at most so many unsealed rows, in the order of their `seq`, of those beyond `after`;
        none while another sealer is at it. All of them or none. Raises Unavailable("sql").
        """
        ...


class Sealer:
    """Several may run: they take turns, and what one was killed over the next one seals.

    flipped: a change of the flag was sealed, and no checkpoint says so yet.
    """

    def __init__(self, *, store: SealsRows, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self.flipped = False

    def step(self) -> bool:
        """Seal what there is, or a part; whether there is more. Raises Unavailable("sql")."""
        after: int | None = None
        for _ in range(_BATCHES):
            # Beyond the last batch: PostgreSQL would look at all that left the queue once more.
            # What was committed behind it has its turn at the next step.
            batch = self._store.seal_batch(_BATCH, self._clock, after)
            after = batch.reached
            self.flipped = self.flipped or batch.flipped
            if batch.rows < _BATCH:
                return False
        return True


FLIP = AuditEvent.FLAG_CHANGED.value
