"""Checkpoints: signed statements of how far the chain was at a moment, each after the one before.

Whoever may write in the database can make a chain anew from any row on. That it is not the one that
was signed for they cannot hide: a checkpoint needs the audit key, and copies are elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from idp.audit.seals import Seal, moment
from idp.kernel.times import read_moment


class Kind(StrEnum):
    """Why a checkpoint was made."""

    PERIODIC = "periodic"
    FLIP = "flip"
    ASKED = "asked"
    PURGE = "purge"
    KEY = "key"


@dataclass(frozen=True)
class Purged:
    """What a purge takes from the front. to, hash: of the last seal that goes. rows: how many.
    before: they are all of before that moment. damaged: of how many the row was not what was
    sealed, or gone.
    """

    to: int
    hash: str
    rows: int
    before: str
    damaged: int = 0


@dataclass(frozen=True)
class Checkpoint:
    """A statement. n: counts up by one from 1. previous: SHA-256 of the JWS of the one before, in
    hex; empty for the first. number, hash: of the chain's last seal then; 0 and empty without one.

    purged: of PURGE. successor: of KEY, the public JWK that signs from the next checkpoint on;
    proof: its own signature, over the `previous` and the kid of who names it.
    """

    issuer: str
    n: int
    previous: str
    kind: Kind
    at: datetime
    number: int
    hash: str
    purged: Purged | None = None
    successor: Mapping[str, Any] | None = field(default=None)
    proof: str | None = None

    def payload(self) -> dict[str, Any]:
        """What is signed."""
        found: dict[str, Any] = {
            "iss": self.issuer,
            "n": self.n,
            "previous": self.previous,
            "kind": self.kind.value,
            "at": moment(self.at),
            "number": self.number,
            "hash": self.hash,
        }
        if self.purged is not None:
            found["purged"] = {
                "to": self.purged.to,
                "hash": self.purged.hash,
                "rows": self.purged.rows,
                "before": self.purged.before,
                "damaged": self.purged.damaged,
            }
        if self.successor is not None:
            found |= {"successor": dict(self.successor), "proof": self.proof}
        return found

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> Checkpoint:
        """The statement of a payload. Raises ValueError for any other."""
        try:
            at = read_moment(payload["at"])
            purged = payload.get("purged")
            if at is None or not all(isinstance(payload[name], int) for name in ("n", "number")):
                raise ValueError("not a checkpoint")
            return cls(
                issuer=str(payload["iss"]),
                n=payload["n"],
                previous=str(payload["previous"]),
                kind=Kind(payload["kind"]),
                at=at,
                number=payload["number"],
                hash=str(payload["hash"]),
                purged=None if purged is None else _purged(purged),
                successor=payload.get("successor"),
                proof=payload.get("proof"),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("not a checkpoint") from error


@dataclass(frozen=True)
class Signed:
    """A checkpoint with its JWS."""

    checkpoint: Checkpoint
    jws: str


def digest_of(jws: str) -> str:
    """What the next checkpoint says of this one."""
    return hashlib.sha256(jws.encode()).hexdigest()


def following(
    last: Signed | None, head: Seal | None, *, issuer: str, kind: Kind, at: datetime, **more: Any
) -> Checkpoint:
    """The statement after that one, of a chain that ends with that seal."""
    return Checkpoint(
        issuer=issuer,
        n=last.checkpoint.n + 1 if last else 1,
        previous=digest_of(last.jws) if last else "",
        kind=kind,
        at=at,
        number=head.number if head else 0,
        hash=head.hash if head else "",
        **more,
    )


def _purged(found: Mapping[str, Any]) -> Purged:
    if not all(isinstance(found[name], int) for name in ("to", "rows")):
        raise ValueError("not a checkpoint")
    return Purged(
        to=found["to"],
        hash=str(found["hash"]),
        rows=found["rows"],
        before=str(found["before"]),
        damaged=int(found.get("damaged", 0)),
    )
