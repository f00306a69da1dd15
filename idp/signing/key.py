"""One signing key: what it is, how far it is in its life, and its parsed halves."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from joserfc.jwk import ECKey, RSAKey

JoseKey = RSAKey | ECKey

# In the order of preference in which they are published and offered.
ALGORITHMS = ("RS256", "ES256")


class KeyState(StrEnum):
    """How far a key is: published ahead, signing, only good for checking what it signed, or (after
    a leak) good for nothing.
    """

    NEXT = "next"
    ACTIVE = "active"
    RETIRED = "retired"
    REVOKED = "revoked"


@dataclass(frozen=True)
class KeyRecord:
    """A row of keyring.json.

    kid: RFC 7638 thumbprint. file: the PEM's name within the folder; a revoked key has none any
    more. created_at: also since when it is published. retired_at: since when it signs nothing,
    revoked ones included. reason: why it was revoked. Times are aware, UTC.
    """

    kid: str
    alg: str
    file: str
    state: KeyState
    created_at: datetime
    activated_at: datetime | None = None
    retired_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True)
class SigningKey:
    """A key ready for use: parsed once, since importing an RSA PEM costs a hundred signatures."""

    record: KeyRecord
    jose: JoseKey = field(repr=False)
    public: dict[str, Any]
    """The public JWK as published (RFC 7517 §4): kty, kid, use, alg and the public numbers."""
