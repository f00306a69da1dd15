"""What is kept of a code and of an access token."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class CodeRecord:
    """All that a token answer needs, so that redeeming reads nothing else.

    Times are epoch seconds. claims: those of the ID token beyond the protocol's own.
    """

    client_id: str
    redirect_uri: str
    scope: str
    nonce: str | None
    code_challenge: str | None
    grant_id: str
    person_id: str
    sub: str
    sid: str
    realm: str
    mode: str
    acr: str
    amr: tuple[str, ...]
    auth_time: int
    expires_at: float
    claims: dict[str, Any] = field(default_factory=dict, repr=False)

    def to_json(self) -> str:
        """The stored form."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> CodeRecord:
        """Read the stored form."""
        record = json.loads(text)
        record["amr"] = tuple(record["amr"])
        return cls(**record)

    # Authlib's AuthorizationCodeMixin (RFC 6749 §4.1.3, OpenID Connect Core §3.1.3.3).
    def get_redirect_uri(self) -> str:
        """As sent to `/authorize`."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """As granted."""
        return self.scope

    def get_nonce(self) -> str | None:
        """As sent, if it was."""
        return self.nonce

    def get_auth_time(self) -> int:
        """Epoch seconds of the authentication."""
        return self.auth_time

    def get_acr(self) -> str:
        """How the person was proved."""
        return self.acr

    def get_amr(self) -> list[str]:
        """By which methods (RFC 8176)."""
        return list(self.amr)


@dataclass(frozen=True, kw_only=True)
class AccessRecord:
    """What an opaque access token stands for. expires_at: epoch seconds."""

    client_id: str
    scope: str
    person_id: str
    sub: str
    sid: str
    grant_id: str
    expires_at: float

    def to_json(self) -> str:
        """The stored form."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> AccessRecord:
        """Read the stored form."""
        return cls(**json.loads(text))
