"""Who was erased at their request, as imports see it: left out, and told, unless restored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from idp.kernel.identity import Identifier
from idp.people.person import Person
from idp.people.ports import ErasedPeople
from idp.people.rows import Parsed, RowProblem

WHY = "this person's data was erased; --restore brings them back"


class NobodyErased:
    """`people.ports.ErasedPeople` of a directory from which nobody was ever erased."""

    def among(self, identifiers: Sequence[Identifier]) -> frozenset[Identifier]:
        """None of these."""
        return frozenset()

    def lift(self, identifiers: Sequence[Identifier]) -> int:
        """Nothing was on the list."""
        return 0


def strangers_erased(
    erased: ErasedPeople, part: Sequence[Parsed], known: Mapping[Identifier, Person]
) -> frozenset[Identifier]:
    """Of the rows that would make somebody known, those whose person was erased."""
    strangers = [row.identifier for row in part if row.identifier not in known]
    return erased.among(strangers) if strangers else frozenset()


def left_out(row: Parsed) -> RowProblem:
    """What is told of such a row."""
    return RowProblem(row.line, "usuario", WHY)
