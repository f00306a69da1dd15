"""What is kept of a person beside their own row and goes with them when they are joined: which
components they use, and what they were told before the day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

from idp.people.concerns import Answer, Kind, Told
from idp.people.coverage_ports import Use, UseStore
from idp.people.ports import NudgeStore


@dataclass(frozen=True)
class Trace:
    """All of that of one person."""

    uses: tuple[Use, ...] = ()
    told: tuple[Told, ...] = ()

    def written(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "uses": [{**asdict(one), "last_on": one.last_on.isoformat()} for one in self.uses],
            "told": [
                {
                    **asdict(one),
                    "told_at": one.told_at.isoformat(),
                    "answered_at": one.answered_at.isoformat() if one.answered_at else None,
                }
                for one in self.told
            ],
        }

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> Trace:
        """What was written."""
        return cls(
            uses=tuple(
                Use(one["person_id"], one["client_id"], date.fromisoformat(one["last_on"]))
                for one in record["uses"]
            ),
            told=tuple(_told(one) for one in record["told"]),
        )


def _told(record: Mapping[str, Any]) -> Told:
    answered, answer = record["answered_at"], record["answer"]
    return Told(
        person_id=record["person_id"],
        kind=Kind(record["kind"]),
        told_at=datetime.fromisoformat(record["told_at"]),
        answered_at=datetime.fromisoformat(answered) if answered else None,
        answer=Answer(answer) if answer else None,
    )


class Traces:
    """Reads and writes them, in the unit of work under way. Raises Unavailable("sql")."""

    def __init__(self, *, uses: UseStore, told: NudgeStore) -> None:
        self._uses = uses
        self._told = told

    def of(self, person_id: str) -> Trace:
        """What there is of a person."""
        return Trace(tuple(self._uses.of_person(person_id)), tuple(self._told.of_person(person_id)))

    def add(self, person_id: str, trace: Trace) -> None:
        """This as well is of that person from now on; of each kind and component the newest."""
        self._uses.used([replace(one, person_id=person_id) for one in trace.uses])
        there = {one.kind: one.told_at for one in self._told.of_person(person_id)}
        for one in trace.told:
            if one.kind not in there or there[one.kind] < one.told_at:
                self._told.put(replace(one, person_id=person_id))

    def take_back(self, person_id: str, added: Trace, before: Trace) -> None:
        """Undo `add`: what they had before is there again. What is newer than that stays, since
        nobody can tell whose it is.
        """
        uses = {one.client_id: one.last_on for one in added.uses}
        told = {one.kind: one.told_at for one in added.told}
        now = self.of(person_id)
        for use in now.uses:
            if use.client_id in uses and use.last_on <= uses[use.client_id]:
                self._uses.drop(person_id, use.client_id)
        for one in now.told:
            if one.kind in told and one.told_at <= told[one.kind]:
                self._told.drop(person_id, one.kind)
        self.add(person_id, before)
