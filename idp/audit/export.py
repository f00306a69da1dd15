"""The log as JSON Lines, with what it takes to verify it elsewhere: seals and signed checkpoints.

The first line says what it is; checkpoints follow, then rows by the number of their seals, then
rows without one; the last line counts them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from idp.audit.checkpoints import Signed
from idp.audit.findings import Finding, Findings, What
from idp.audit.seals import Seal, SealedRow, UnsealedRow, moment
from idp.kernel.times import read_moment

TYPE = "vuce-audit-export"
_SEAL = {"number": int, "seq": int, "record_id": str, "form": int, "previous": str, "hash": str}
_LONGEST = 1_000_000


@dataclass(frozen=True)
class Header:
    """What an export is. after: the number before its first row, None where it has all from the
    front; until: its last number, None where it has all to the end.
    """

    issuer: str
    at: datetime
    after: int | None = None
    until: int | None = None


def lines(
    header: Header,
    checkpoints: Iterable[Signed],
    sealed: Iterable[SealedRow],
    unsealed: Iterable[UnsealedRow],
) -> Iterator[str]:
    """The lines, without their ends."""
    counts = {"checkpoints": 0, "rows": 0, "unsealed": 0}
    yield _json({"type": TYPE, "version": 1, **asdict(header), "at": moment(header.at)})
    for statement in checkpoints:
        counts["checkpoints"] += 1
        yield _json({"type": "checkpoint", "jws": statement.jws})
    for one in sealed:
        counts["rows"] += 1
        seal = {**asdict(one.seal), "sealed_at": moment(one.seal.sealed_at)}
        yield _json({"type": "row", "seal": seal, "row": one.row})
    for left in unsealed:
        counts["unsealed"] += 1
        at = None if left.at is None else moment(left.at)
        found = {"seq": left.seq, "id": left.id, "at": at, "row": left.row}
        yield _json({"type": "unsealed", **found})
    yield _json({"type": "end", **counts})


class Reader:
    """Reads an export once, in its order: `header`, `checkpoints()`, `rows()`, `unsealed()`.

    What cannot be read, or is out of place, is a finding. Raises ValueError where the first line is
    not an export's.
    """

    def __init__(self, source: Iterable[str], findings: Findings) -> None:
        self._lines = enumerate(source, start=1)
        self._findings = findings
        self._next: dict[str, Any] | None = None
        self._line = 0
        self._counts = {"checkpoint": 0, "row": 0, "unsealed": 0}
        self._ended = False
        first = self._read()
        if first is None or first.get("type") != TYPE or first.get("version") != 1:
            raise ValueError("not an export of the audit log")
        self.header = _header(first)
        self._advance()

    def checkpoints(self) -> Iterator[str]:
        """Their JWS."""
        for one in self._of("checkpoint"):
            yield str(one.get("jws"))

    def rows(self) -> Iterator[SealedRow]:
        """Seals with their rows."""
        for one in self._of("row"):
            try:
                yield SealedRow(_seal(one["seal"]), _row(one["row"]))
            except (KeyError, TypeError, ValueError):
                self._unreadable()

    def unsealed(self) -> Iterator[UnsealedRow]:
        """Rows without a seal."""
        for one in self._of("unsealed"):
            at = read_moment(str(one.get("at")))
            if isinstance(one.get("seq"), int):
                yield UnsealedRow(one["seq"], None if at is None else str(one.get("id")), at)
            else:
                self._unreadable()

    def close(self) -> None:
        """The last line must be there, tell how many there were, and be the last."""
        last = self._next
        told = None if last is None else {
            "checkpoint": last.get("checkpoints"), "row": last.get("rows"),
            "unsealed": last.get("unsealed"),
        }  # fmt: skip
        if last is None or last.get("type") != "end" or told != self._counts:
            self._findings.add(Finding(What.EXPORT_CUT, self._line))
        elif self._read() is not None:
            self._findings.add(Finding(What.EXPORT_CUT, self._line, detail="something follows"))

    def _of(self, kind: str) -> Iterator[dict[str, Any]]:
        order = ("checkpoint", "row", "unsealed", "end")
        while self._next is not None and self._next.get("type") != "end":
            found = str(self._next.get("type"))
            if found != kind:
                if found in order and order.index(found) > order.index(kind):
                    return
                self._unreadable()
            else:
                self._counts[kind] += 1
                yield self._next
            self._advance()

    def _advance(self) -> None:
        self._next = self._read()

    def _read(self) -> dict[str, Any] | None:
        for number, text in self._lines:
            self._line = number
            if not text.strip():
                continue
            try:
                if len(text) > _LONGEST:
                    raise ValueError("too long")
                found = json.loads(text, object_pairs_hook=_object)
                if isinstance(found, dict):
                    return found
                self._unreadable()
            except (ValueError, RecursionError):
                self._unreadable()
        return None

    def _unreadable(self) -> None:
        self._findings.add(Finding(What.UNREADABLE, self._line))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """One value for each name: of two, people would read the one and programs check the other."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found


def _header(found: Mapping[str, Any]) -> Header:
    at = read_moment(str(found.get("at")))
    edges = [found.get("after"), found.get("until")]
    if at is None or not all(one is None or isinstance(one, int) for one in edges):
        raise ValueError("not an export of the audit log")
    return Header(str(found.get("issuer")), at, *edges)


def _seal(found: Mapping[str, Any]) -> Seal:
    at = read_moment(found["sealed_at"])
    kinds_fit = all(type(found[name]) is kind for name, kind in _SEAL.items())
    if at is None or moment(at) != found["sealed_at"] or not kinds_fit:
        raise ValueError("not a seal")
    if found.keys() != _SEAL.keys() | {"sealed_at"}:
        raise ValueError("not a seal")
    return Seal(**{name: found[name] for name in _SEAL}, sealed_at=at)


def _row(found: object) -> dict[str, Any] | None:
    if found is not None and not isinstance(found, dict):
        raise ValueError("not a row")
    return found


def _json(found: Mapping[str, Any]) -> str:
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))
