"""How a file of people is taken, who is told of what, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from idp.people.rows import RowProblem

DEFAULT_SOURCE = "vuce"


@dataclass(frozen=True)
class SeedReport:
    """What an import did, or would do. conflicts: what of the file does not count, and why.

    erased: rows of people who were erased, left out. restored: such rows that made them known anew.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    erased: int = 0
    restored: int = 0
    problems: tuple[RowProblem, ...] = ()
    conflicts: tuple[RowProblem, ...] = ()


@dataclass(frozen=True)
class Manner:
    """How a file is taken. trusted: its source verified the addresses itself. source: who wrote it:
    what one source said only that source changes. actor: who imports, for the audit log. restore:
    bring back who was erased.
    """

    trusted: bool = False
    source: str = DEFAULT_SOURCE
    actor: str | None = None
    restore: bool = False


def _nobody(told: RowProblem) -> None:
    """Nobody is told."""


@dataclass(frozen=True)
class Told:
    """Whom `check` and `write` tell of each problem, each conflict, and each row that is left out
    since its person was erased.
    """

    problem: Callable[[RowProblem], None] = _nobody
    conflict: Callable[[RowProblem], None] = _nobody
    erased: Callable[[RowProblem], None] = _nobody


def report_of(counts: Mapping[str, int]) -> SeedReport:
    """The report of these outcomes."""
    return SeedReport(
        created=counts.get("created", 0),
        updated=counts.get("updated", 0),
        unchanged=counts.get("unchanged", 0),
        erased=counts.get("erased", 0),
        restored=counts.get("restored", 0),
    )
