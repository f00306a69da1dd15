"""The good rows of a file, in parts; what is wrong with the others is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

from idp.kernel.clock import Clock
from idp.people.manner import Told
from idp.people.ports import ImportRun
from idp.people.rows import Parsed, RowProblem, RowReader, SeedRow
from idp.people.seen import Seen

Rows = Iterable[SeedRow | RowProblem]


class Parts:
    """Reads rows, whoever they name."""

    def __init__(self, reader: RowReader, clock: Clock) -> None:
        self._reader = reader
        self._clock = clock

    def of(
        self,
        rows: Rows,
        size: int,
        told: Told,
        found: Counter[str],
        run: ImportRun | None = None,
    ) -> Iterator[list[Parsed]]:
        """At most `size` rows at a time. found: counts the bad ones, as `bad`. run: one that goes
        on; without what it wrote already.
        """
        with Seen() as seen:
            good = self._good(rows, told, found, seen)
            if run is not None and run.done:
                good = (row for row in good if _is_left(row, run))
            while part := list(islice(good, size)):
                yield part

    def _good(self, rows: Rows, told: Told, found: Counter[str], seen: Seen) -> Iterator[Parsed]:
        now = self._clock.now()
        for row in rows:
            parsed, problems = (
                (None, [row]) if isinstance(row, RowProblem) else self._reader.read(row, now)
            )
            if parsed is not None:
                before = seen.before(parsed.identifier, parsed.line)
                if before is not None:
                    why = f"the same person as in line {before}"
                    problems, parsed = [RowProblem(parsed.line, "usuario", why)], None
            for problem in problems:
                told.problem(problem)
            if parsed is None:
                found["bad"] += 1
            else:
                yield parsed


def _is_left(row: Parsed, run: ImportRun) -> bool:
    """Whether a run that was cut off did not write it: it stands behind, or was still to come."""
    return row.line > run.done or row.lay_ahead(run.began_at)
