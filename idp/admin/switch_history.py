"""What was in force, as stretches of time, and pages of a long list. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.upstream_status.changes import Transition


@dataclass(frozen=True)
class Stretch:
    """A contingency: from its first transition to that which ended it; end: None while it lasts.
    first: what began it.
    """

    realm: str
    begin: datetime
    end: datetime | None
    first: Transition

    def lasted(self, now: datetime) -> timedelta:
        """How long, up to now where it lasts."""
        return (self.end or now) - self.begin


def contingencies(transitions: Iterable[Transition]) -> list[Stretch]:
    """The stretches in which an upstream was down without a break, the newest first; what changed
    within one is part of it. transitions: in any order. One whose beginning is not among them
    begins with the first that is.
    """
    found: list[Stretch] = []
    began: dict[str, Transition] = {}
    for one in sorted(transitions, key=lambda one: (one.at, one.seq)):
        if not one.up:
            began.setdefault(one.realm, one)
        elif one.realm in began:
            first = began.pop(one.realm)
            found.append(Stretch(one.realm, first.at, one.at, first))
    found += [Stretch(realm, first.at, None, first) for realm, first in began.items()]
    return sorted(found, key=lambda one: one.begin, reverse=True)


def page_of(found: Sequence[Transition], size: int) -> tuple[list[Transition], datetime | None]:
    """The first of so many, and where the next page begins; None after the last.

    found: one more than `size` at least where there are more. Those of one moment stay together,
    since a page ends at a moment.
    """
    if len(found) <= size:
        return list(found), None
    end = size
    while end and found[end - 1].at == found[size].at:
        end -= 1
    if not end:  # more of one moment than a page holds
        end = size
    return list(found[:end]), found[end - 1].at
