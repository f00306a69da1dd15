"""A change that waits for somebody's word: a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

# How a person's name came by: what stands before it is no other person.
_CAME_BY = ("console:", "os:")


class RequestKind(StrEnum):
    """What is asked. flip: a change of the flag, for a second person. policy: who decides while it
    is automatic, for a second person. proposal: what the prober would do.
    """

    FLIP = "flip"
    POLICY = "policy"
    PROPOSAL = "proposal"


class Decision(StrEnum):
    """How it ended. done: nobody answered, and it was to be done then. lapsed: nobody answered.
    withdrawn: it was overtaken by something else.
    """

    APPROVED = "approved"
    REFUSED = "refused"
    DONE = "done"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Request:
    """wanted: a FlagState, a Policy, or for a proposal `up` or `down`. until: of a forced state.
    deadline: when nobody is waited for any longer; `do_then` says whether it is done then.
    """

    id: str
    realm: str
    kind: RequestKind
    wanted: str
    reason: str
    who: str
    asked_at: datetime
    deadline: datetime
    do_then: bool
    until: datetime | None = None
    evidence: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    decision: Decision | None = None
    decided_at: datetime | None = None
    decided_by: str | None = None

    def own(self, who: str) -> bool:
        """Whether this is of the person `who`, at the console as at the command line: nobody says
        yes to what they want themselves. The prober's proposals are nobody's own.
        """
        return self.kind is not RequestKind.PROPOSAL and _name(self.who) == _name(who)


def _name(who: str) -> str:
    for words in _CAME_BY:
        who = who.removeprefix(words)
    return who.strip().casefold()
