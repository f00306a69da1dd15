"""Verifying the log, as it comes: whoever has the rows, the seals and what was signed can do it.

It holds one row at a time, and of each checkpoint a number and a hash.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.audit.findings import Finding, Findings, What
from idp.audit.seals import GENESIS, Seal, SealedRow, UnsealedRow, fits
from idp.audit.statements import Vouched
from idp.kernel.times import read_moment

# The sealer is due each second; what waits for longer than this tells that none is at work.
LATE = timedelta(seconds=60)
# How far a row's own moment may be from when it was sealed, or signed for: clocks of several
# machines differ a little, and a stream may lag.
ASTRAY = timedelta(minutes=10)


@dataclass(frozen=True)
class Tail:
    """What has no seal. oldest: its age in seconds, None without any."""

    rows: int
    oldest: float | None


@dataclass(frozen=True)
class Report:
    """What was looked at. first, last: numbers of seals; signed: the last that a checkpoint vouches
    for, as far as it was found to be so. rows: with a seal. purged: what a signed purge has taken;
    damaged: how many of those rows were not what was sealed by then. personal: of how many what is
    kept beside them was compared.
    """

    rows: int
    first: int | None
    last: int | None
    signed: int
    purged: int
    damaged: int
    checkpoints: int
    tail: Tail
    personal: int = 0


class Verifier:
    """Follows the chain. refresh: the statements anew, where rows may be purged meanwhile.

    whole: the chain must begin where it began, or where a purge ended; else (a part of it) where a
    checkpoint vouches for what was before.
    """

    def __init__(
        self,
        vouched: Vouched,
        findings: Findings,
        *,
        whole: bool = True,
        refresh: Callable[[], Vouched] | None = None,
    ) -> None:
        self._vouched = vouched
        self._times = sorted(vouched.times)
        self._findings = findings
        self._whole = whole
        self._refresh = refresh
        self._last: Seal | None = None
        self._first: int | None = None
        self._rows = 0
        self._signed = 0
        self._astray = False
        self._unsigned: Seal | None = None

    def follow(self, rows: Iterable[SealedRow]) -> None:
        """Every seal with its row, by number."""
        for one in rows:
            self._one(one)

    def tail(self, rows: Iterable[UnsealedRow], now: datetime) -> Tail:
        """What has no seal yet."""
        count, oldest = 0, None
        for one in rows:
            if one.at is None:
                detail = f"seq {one.seq}"
                self._findings.add(Finding(What.UNSEALED_GONE, id=one.id, detail=detail))
                continue
            count += 1
            oldest = one.at if oldest is None else min(oldest, one.at)
            if now - one.at > LATE:
                detail = f"seq {one.seq}"
                self._findings.add(Finding(What.UNSEALED_LATE, id=one.id, detail=detail))
        return Tail(count, None if oldest is None else (now - oldest).total_seconds())

    def done(
        self, tail: Tail, *, until: int | None = None, signed_since: datetime | None = None
    ) -> Report:
        """The end: that it is not before what was signed for. until: of a part, its last number.
        signed_since: what was sealed before that moment must have been signed for.
        """
        last = self._last.number if self._last else None
        signed = self._vouched.last if until is None else min(until, self._vouched.last)
        left = self._unsigned
        if signed > max(last or 0, self._vouched.purged):
            left = None
            self._findings.add(Finding(What.END_CUT, (last or 0) + 1, until=signed))
        if left is not None and signed_since is not None and left.sealed_at < signed_since:
            self._find(What.UNSIGNED_LATE, left)
        return Report(
            rows=self._rows,
            first=self._first,
            last=last,
            signed=self._signed,
            purged=self._vouched.purged,
            damaged=self._vouched.damaged,
            checkpoints=self._vouched.statements,
            tail=tail,
        )

    def _one(self, one: SealedRow) -> None:
        seal, last = one.seal, self._last
        if last is not None and seal.number <= last.number:
            self._find(What.REORDERED, seal)
            return
        if last is None:
            if seal.number - 1 > self._vouched.purged:
                self._look_again()
            self._front(seal)
        elif seal.number > last.number + 1:
            self._gap(last, seal)
        elif seal.previous != last.hash:
            self._find(What.UNLINKED, last)
        self._row(one)
        self._vouch(seal)
        self._last = seal
        self._first = self._first or seal.number
        self._rows += one.row is not None

    def _front(self, seal: Seal) -> None:
        number, vouched = seal.number, self._vouched
        if number == 1:
            good = seal.previous == GENESIS
        elif number - 1 in vouched.hashes and (not self._whole or number - 1 <= vouched.purged):
            good = seal.previous == vouched.hashes[number - 1]
        else:
            # In the middle of a purge; where it ends, the hash that was signed must come.
            good = number <= vouched.purged
        if not good:
            first = min(vouched.purged + 1, number) if self._whole else number
            until = max(number - 1, first)
            self._findings.add(Finding(What.FRONT_CUT, first, seal.record_id, until=until))

    def _gap(self, last: Seal, seal: Seal) -> None:
        """Numbers that are missing: purged while we read, or removed."""
        if seal.number - 1 > self._vouched.purged:
            self._look_again()
        if seal.number - 1 <= self._vouched.purged:
            self._front(seal)
            return
        first = max(last.number, self._vouched.purged) + 1
        self._findings.add(Finding(What.REMOVED, first, until=seal.number - 1))

    def _look_again(self) -> None:
        """A purge signs first and removes after: what it signed by now is there to be read."""
        if self._refresh is not None:
            self._vouched = self._refresh()
            self._times = sorted(self._vouched.times)

    def _row(self, one: SealedRow) -> None:
        seal, row = one.seal, one.row
        if row is None:
            self._find(What.REMOVED, seal)
            return
        if not fits(one):
            self._find(What.ALTERED, seal)
            return
        at = read_moment(str(row.get("at")))
        if at is None or at > seal.sealed_at + ASTRAY or self._backdated(seal.number, at):
            self._find(What.MISDATED, seal)

    def _backdated(self, number: int, at: datetime) -> bool:
        """Whether it came after what had been signed for long after it says that it was."""
        index = bisect_left(self._times, number, key=lambda one: one[0]) - 1
        return index >= 0 and at + ASTRAY < self._times[index][1]

    def _vouch(self, seal: Seal) -> None:
        signed = self._vouched.hashes.get(seal.number)
        if signed is None:
            self._unsigned = self._unsigned or (None if self._astray else seal)
        elif signed == seal.hash:
            self._signed, self._astray, self._unsigned = seal.number, False, None
        elif not self._astray:
            # All that is chained to it differs as well: said once, for the first that was signed.
            self._astray, self._unsigned = True, None
            detail = f"the last that is as signed: {self._signed or 'none'}"
            self._findings.add(Finding(What.REWRITTEN, seal.number, seal.record_id, detail=detail))

    def _find(self, what: What, seal: Seal) -> None:
        self._findings.add(Finding(what, seal.number, seal.record_id))
