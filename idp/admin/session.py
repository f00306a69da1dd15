"""A console session: a value; the cookie that names it is never in it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

# A proof counts for so many seconds where a page wants a fresh one.
FRESH = 300


@dataclass(frozen=True, kw_only=True)
class Session:
    """Whose session it is. generation: of its account when it began. agent: its browser in two
    words. proved_at: when its account was last proved by password.
    """

    sid: str
    account_id: str
    generation: int
    began_at: datetime
    expires_at: datetime
    agent: str
    proved_at: datetime

    def fresh(self, now: datetime) -> bool:
        """Whether the proof is recent enough for what matters most."""
        return (now - self.proved_at).total_seconds() < FRESH

    def to_json(self) -> str:
        """The stored form, but for proved_at, which changes."""
        record = asdict(self)
        del record["proved_at"]
        for name in ("began_at", "expires_at"):
            record[name] = record[name].timestamp()
        return json.dumps(record, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str, proved: float) -> Session:
        """Read the stored form. proved: epoch seconds."""
        record = json.loads(text)
        for name in ("began_at", "expires_at"):
            record[name] = moment(record[name])
        return cls(**record, proved_at=moment(proved))


@dataclass(frozen=True)
class OpenSession:
    """One of an account's live sessions. digest: names it in the store."""

    digest: str
    session: Session
    used_at: datetime


def moment(timestamp: float) -> datetime:
    """Epoch seconds as an aware moment."""
    return datetime.fromtimestamp(timestamp, UTC)
