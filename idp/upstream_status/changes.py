"""What is kept of each change: of an operator's word, and of what is in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from idp.upstream_status.state import Effective, FlagState, Why

# Plain values alone (text, numbers, lists and mappings of them): it is stored as JSON.
Evidence = Mapping[str, object]


@dataclass(frozen=True)
class FlagChange:
    """One row of a flag's history. via: `cli`, `console`, `api` or `local`. approved_by: the second
    person, where one was asked. override_id: of the local override that it was taken from.
    evidence: what the prober knew then.
    """

    realm: str
    state: FlagState
    reason: str
    who: str
    at: datetime
    until: datetime | None = None
    via: str = "cli"
    approved_by: str | None = None
    override_id: str | None = None
    evidence: Evidence = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Transition:
    """One change of what is in force. seq: counts from 1 for each upstream, without gaps. told_at:
    when the admins and the subscribers were told.
    """

    realm: str
    seq: int
    at: datetime
    up: bool
    why: Why
    until: datetime | None = None
    reason: str = ""
    who: str | None = None
    evidence: Evidence = field(default_factory=lambda: MappingProxyType({}))
    told_at: datetime | None = None

    @property
    def id(self) -> str:
        """Its name to the outside."""
        return f"{self.realm}-{self.seq}"


def follows(
    realm: str, last: Transition | None, found: Effective, now: datetime, evidence: Evidence
) -> Transition | None:
    """The transition that leads from the last one to what is in force now; None where nothing
    changed. An upstream begins up, for no reason.
    """
    was = (last.up, last.why) if last is not None else (True, Why.DEFAULT)
    quiet = {Why.DEFAULT, Why.JUDGED}
    same = was == (found.up, found.why) or (
        # Up by evidence or by nobody's word is one and the same.
        was[0] and found.up and was[1] in quiet and found.why in quiet
    )
    if same:
        return None
    return Transition(
        realm=realm,
        seq=last.seq + 1 if last is not None else 1,
        at=now,
        up=found.up,
        why=found.why,
        until=found.until,
        reason=found.reason,
        who=found.who,
        evidence=evidence,
    )
