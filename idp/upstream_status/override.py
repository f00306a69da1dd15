"""What an operator said on a machine whose database is away: its form in a file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from idp.upstream_status.state import Flag, FlagState


@dataclass(frozen=True)
class Override:
    """A flag, said locally. id: tells it from every other."""

    id: str
    realm: str
    state: FlagState
    reason: str
    who: str
    at: datetime
    until: datetime | None = None

    @property
    def flag(self) -> Flag:
        """As a flag that was set when it was said."""
        return Flag(
            self.realm, self.state, self.reason, self.who, self.at, self.until, changed_at=self.at
        )


def parse(text: str) -> tuple[Override, ...]:
    """What `written` wrote. Raises ValueError for anything else."""
    try:
        found = tuple(
            Override(
                id=one["id"],
                realm=one["realm"],
                state=FlagState(one["state"]),
                reason=one["reason"],
                who=one["who"],
                at=_moment(one["at"]),
                until=_moment(one["until"]) if one.get("until") else None,
            )
            for one in json.loads(text)
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not a file of local overrides") from error
    for one in found:
        texts = (one.id, one.realm, one.reason, one.who)
        if not all(isinstance(text, str) and text.strip() for text in texts):
            raise ValueError("a local override lacks its id, realm, reason or name")
    return found


def written(overrides: tuple[Override, ...]) -> str:
    """One JSON list, for `parse`."""
    rows = [
        {
            "id": one.id,
            "realm": one.realm,
            "state": one.state.value,
            "reason": one.reason,
            "who": one.who,
            "at": one.at.isoformat(),
            "until": one.until.isoformat() if one.until else None,
        }
        for one in overrides
    ]
    return json.dumps(rows, ensure_ascii=False, indent=1) + "\n"


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment without its zone")
    return moment
