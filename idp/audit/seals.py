"""The chain: each row's seal is a hash over all of the row and over the seal before it.

The order of seals is their own. A row's `seq` is given when it is written, and one given earlier
may be committed later; sealed is what is there, whenever it came.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

# What the first seal is chained to.
GENESIS = "0" * 64
# How what is hashed is written; another set of columns would be another number.
FORM = 1
COLUMNS = (
    "seq", "id", "at", "event", "person_id", "client_id", "actor", "realm", "mode", "reference",
    "details",
)  # fmt: skip
_DOMAIN = b"vuce-audit-seal/1\n"


@dataclass(frozen=True)
class Seal:
    """A link. number: counts up by one from 1. seq, record_id: of the row. previous: the hash of
    the seal before. hash: as `seal_hash` has it. Hashes are SHA-256 in 64 hex digits.
    """

    number: int
    seq: int
    record_id: str
    sealed_at: datetime
    form: int
    previous: str
    hash: str


@dataclass(frozen=True)
class SealedRow:
    """A seal with its row, every column by its name (`written`); None where the row is gone."""

    seal: Seal
    row: Mapping[str, Any] | None


@dataclass(frozen=True)
class UnsealedRow:
    """A row that no seal holds. id, at: None where the row is gone, although it waits for one.
    row: as `written` has it.
    """

    seq: int
    id: str | None
    at: datetime | None
    row: Mapping[str, Any] | None = None


def written(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the table as it is hashed and exported: moments as text, all else as it is."""
    return {name: moment(row[name]) if name == "at" else row[name] for name in COLUMNS}


def moment(at: datetime) -> str:
    """A moment in the one form that is hashed: UTC, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def seal_hash(
    number: int, previous: str, sealed_at: datetime, form: int, row: Mapping[str, Any]
) -> str:
    """SHA-256 over a seal's place and its row. row: as `written` has it.

    JSON with sorted names, without spaces, in ASCII (what is not is escaped): one text for one row.
    """
    sealed = {
        "form": form,
        "number": number,
        "previous": previous,
        "row": row,
        "sealed_at": moment(sealed_at),
    }
    text = json.dumps(sealed, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(_DOMAIN + text.encode("ascii")).hexdigest()


def fits(one: SealedRow) -> bool:
    """Whether a row is what was sealed."""
    seal, row = one.seal, one.row
    return (
        row is not None
        and seal_hash(seal.number, seal.previous, seal.sealed_at, seal.form, row) == seal.hash
        and row.get("seq") == seal.seq
        and row.get("id") == seal.record_id
    )


def seal_next(last: Seal | None, row: Mapping[str, Any], now: datetime) -> Seal:
    """The seal of a row after that one. row: as the table has it."""
    number, previous = (last.number + 1, last.hash) if last else (1, GENESIS)
    return Seal(
        number=number,
        seq=row["seq"],
        record_id=row["id"],
        sealed_at=now,
        form=FORM,
        previous=previous,
        hash=seal_hash(number, previous, now, FORM, written(row)),
    )
