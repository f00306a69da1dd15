"""The log as a whole: verifying and exporting what is in the store, or in an export."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from idp.audit import export
from idp.audit.checkpoints import Kind, Signed
from idp.audit.findings import Findings
from idp.audit.ports import CheckpointKeys, CheckpointStore
from idp.audit.seals import SealedRow, UnsealedRow
from idp.audit.statements import Statements, Vouched
from idp.audit.verify import Report, Verifier
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError

# Beyond twice the time between checkpoints, and so much more, they are missing.
_GRACE = timedelta(seconds=120)


class Sealed(Protocol):
    """What is needed of the store."""

    def sealed(self, after: int, until: int | None = None) -> Iterator[SealedRow]:
        """Seals with their rows, by number, those after that one. Raises Unavailable("sql")."""
        ...

    def unsealed(self) -> Iterator[UnsealedRow]:
        """What has no seal."""
        ...

    def number_from(self, at: datetime) -> int | None:
        """The lowest number of a row of that moment or later."""
        ...

    def number_until(self, at: datetime) -> int | None:
        """The highest number of a row of before that moment."""
        ...


class Trail:
    """every: between checkpoints. beside: compares what is kept beside the rows; how many."""

    def __init__(
        self,
        *,
        store: Sealed,
        checkpoints: CheckpointStore,
        clock: Clock,
        issuer: str,
        every: timedelta,
        beside: Callable[[Findings], int] = lambda findings: 0,
    ) -> None:
        self._store = store
        self._checkpoints = checkpoints
        self._clock = clock
        self._issuer = issuer
        self._every = every
        self._beside = beside

    def verify(
        self, keys: CheckpointKeys, findings: Findings, copies: Iterable[str] = ()
    ) -> Report:
        """Everything there is; what is purged meanwhile is no finding. copies: checkpoints as they
        left the machine. Raises Unavailable("sql").
        """
        # The copies first: one that is made from now on is here, and not among them.
        started, copies = self._clock.now(), list(copies)
        statements = Statements(keys, findings)
        for one in self._checkpoints.all():
            statements.one(one.jws)
        statements.starts()
        outside = _copies(copies, keys, findings)
        statements.compare(outside.seen)
        statements.vouched.also(outside.vouched)

        def refresh() -> Vouched:
            # The findings of these are told already, or will be by the next verification.
            again = Statements(keys, Findings())
            for one in self._checkpoints.all():
                again.one(one.jws)
            again.vouched.also(outside.vouched)
            return again.vouched

        verifier = Verifier(statements.vouched, findings, refresh=refresh)
        verifier.follow(self._store.sealed(0))
        tail = verifier.tail(self._store.unsealed(), started)
        report = verifier.done(tail, signed_since=started - 2 * self._every - _GRACE)
        return replace(report, personal=self._beside(findings))

    def export(self, since: datetime | None = None, until: datetime | None = None) -> Iterator[str]:
        """The lines of an export. since, until: at least the rows of that time, and all that lies
        between two checkpoints around them, so that what is left can be verified by itself.

        Raises Unavailable("sql"), and IdpError("export_overtaken") at its end.
        """
        now, numbers, seen = self._clock.now(), set(), 0
        # Read twice rather than kept: there may be years of them.
        for one in self._checkpoints.all():
            numbers.add(one.checkpoint.number)
            seen = one.checkpoint.n
        after, last = self._edges(numbers, since, until)
        yield from export.lines(
            export.Header(self._issuer, now, after, last),
            self._between(after, last),
            self._store.sealed(after or 0, last),
            () if last is not None else self._store.unsealed(),
        )
        if any(one.checkpoint.kind is Kind.PURGE for one in self._checkpoints.all(seen)):
            # What it lacks would look cut off: the record of that came after its first lines.
            raise IdpError("export_overtaken", 409, detail="rows were removed by age; try again")

    def _between(self, after: int | None, last: int | None) -> Iterator[Signed]:
        for one in self._checkpoints.all():
            number = one.checkpoint.number
            # Who signed before named who signs here: a part brings that along.
            names = one.checkpoint.kind is Kind.KEY
            if (after is None or number >= after or names) and (last is None or number <= last):
                yield one

    def _edges(
        self, numbers: set[int], since: datetime | None, until: datetime | None
    ) -> tuple[int | None, int | None]:
        first = None if since is None else self._store.number_from(since)
        last = None if until is None else self._store.number_until(until)
        if until is not None and last is None:
            last = 0
        before = None if first is None else max((n for n in numbers if n < first), default=None)
        beyond = None if last is None else min((n for n in numbers if n >= last), default=None)
        return before or None, beyond


def _copies(
    texts: Iterable[str], keys: CheckpointKeys, findings: Findings, until: datetime | None = None
) -> Statements:
    """What checkpoints say that left the machine."""
    found = Statements(keys, findings, until=until)
    found.read_copies(texts)
    return found


def verify_export(
    source: Iterable[str], keys: CheckpointKeys, findings: Findings, copies: Iterable[str] = ()
) -> tuple[export.Header, Report]:
    """An export, anywhere: nothing but its lines, the public keys and, best of all, copies of the
    checkpoints. Copies of after the export was made vouch for what it cannot hold, and are left
    out. Raises ValueError where it is not an export at all.
    """
    reader = export.Reader(source, findings)
    header, whole = reader.header, reader.header.after is None
    statements = Statements(keys, findings, after=header.after)
    for one in reader.checkpoints():
        statements.one(one)
    outside = _copies(copies, keys, findings, header.at)
    if whole:
        statements.starts()
    ours = statements.seen
    within = {
        n: told
        for n, told in outside.seen.items()
        if (whole or n >= min(ours, default=n))
        and (header.until is None or n <= max(ours, default=0))
    }
    statements.compare(within)
    statements.vouched.also(outside.vouched)
    verifier = Verifier(statements.vouched, findings, whole=whole)
    verifier.follow(reader.rows())
    tail = verifier.tail(reader.unsealed(), header.at)
    reader.close()
    return header, verifier.done(tail, until=header.until)
