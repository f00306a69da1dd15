"""A session: who is logged in at this browser, since when and how."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from idp.kernel.identity import ACR, AMR, Mode
from idp.login.transaction import moment


@dataclass(frozen=True, kw_only=True)
class Session:
    """A value; the cookie that names it is never in it.

    sid: the id that relying parties see. claims: every claim of the person by name, so that a
    token costs no database read. known_browser: whether the browser was known when it began.
    chain: the sid of the first of the sessions, each of the same person at the same browser, that
    replaced one another up to this one; components of the earlier ones are logged out with it.
    agent: its browser in two words, as `web.agent` says, for its own person to recognise.
    drill: the drill that it began in, empty for none.
    """

    sid: str
    person_id: str
    sub: str
    realm: str
    mode: Mode
    auth_time: datetime
    expires_at: datetime
    name: str
    claims: dict[str, Any] = field(default_factory=dict, repr=False)
    known_browser: bool = False
    chain: str = ""
    agent: str = ""
    drill: str = ""

    @property
    def acr(self) -> str:
        """Authentication context class (OpenID Connect Core §2)."""
        return ACR[self.mode]

    @property
    def amr(self) -> tuple[str, ...]:
        """Authentication methods (RFC 8176)."""
        return AMR[self.mode]

    def to_json(self) -> str:
        """The stored form."""
        record = asdict(self)
        if not self.drill:
            # A process of before there were drills reads what it always read.
            del record["drill"]
        record["mode"] = self.mode.value
        record["auth_time"] = self.auth_time.timestamp()
        record["expires_at"] = self.expires_at.timestamp()
        return json.dumps(record, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Session:
        """Read the stored form."""
        record = json.loads(text)
        record["mode"] = Mode(record["mode"])
        record.setdefault("chain", record["sid"])
        record["auth_time"] = moment(record["auth_time"])
        record["expires_at"] = moment(record["expires_at"])
        return cls(**record)


@dataclass(frozen=True)
class OpenSession:
    """One of a person's live sessions. cookie_digest: names it in the store. used_at: last use."""

    cookie_digest: str
    session: Session
    used_at: datetime
