"""A contingency that is over, and what is told of it: values, and finding them in transitions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from idp.upstream_status.changes import Transition

# Links that were asked for at the end are used, or not, until then: none lives longer.
SETTLED = timedelta(minutes=45)


@dataclass(frozen=True)
class Incident:
    """From the transition that took an upstream down to the one that brought it back.

    id: of the first. ended: None while it lasts. steps: all transitions of it, the oldest first,
    with the one that ended it.
    """

    realm: str
    began: datetime
    ended: datetime | None
    steps: tuple[Transition, ...]

    @property
    def id(self) -> str:
        """Its name."""
        return self.steps[0].id

    @property
    def seconds(self) -> float | None:
        """How long it lasted."""
        return None if self.ended is None else (self.ended - self.began).total_seconds()


@dataclass(frozen=True)
class Report:
    """What is kept of one that is over. content: plain values, which `signature` (a compact JWS,
    RFC 7515) holds as well; signature: "" where no key was there.
    """

    id: str
    realm: str
    began: datetime
    ended: datetime
    made_at: datetime
    content: Mapping[str, Any]
    signature: str


def incidents_of(transitions: Iterable[Transition]) -> list[Incident]:
    """Those of one upstream, the oldest first. transitions: in their order; where they begin in
    the middle of one, that one is left out.
    """
    found: list[Incident] = []
    steps: list[Transition] = []
    was_up: bool | None = None
    for one in transitions:
        if was_up is None:
            # The very first of all leads away from up.
            was_up = one.seq == 1
            if not was_up:
                was_up = one.up
                continue
        if not one.up and (was_up or steps):
            steps.append(one)
        elif one.up and steps:
            found.append(Incident(one.realm, steps[0].at, one.at, (*steps, one)))
            steps = []
        was_up = one.up
    if steps:
        found.append(Incident(steps[0].realm, steps[0].at, None, tuple(steps)))
    return found
