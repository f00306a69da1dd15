"""Where codes and access tokens are kept; Redis implements it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from idp.audit.records import AuditRecord
from idp.oidc.records import AccessRecord, CodeRecord


class Refusal(StrEnum):
    """Why a code was not redeemed. Only `REPLAYED` changes anything: it revokes the grant."""

    UNKNOWN = "unknown"
    REPLAYED = "replayed"
    OTHER_CLIENT = "other_client"
    EXPIRED = "expired"
    REDIRECT_URI = "redirect_uri"
    VERIFIER = "verifier"


@dataclass(frozen=True, kw_only=True)
class Redemption:
    """An attempt to redeem a code.

    challenge: S256 of the verifier that was presented (RFC 7636 §4.6), None without one.
    access_digest: SHA-256 of the access token that a success stores, with its life in seconds.
    now: epoch seconds by our own clock.
    """

    code_digest: str
    client_id: str
    redirect_uri: str
    challenge: str | None
    access_digest: str
    access_ttl: int
    now: float


class CodeStore(Protocol):
    """Single use is atomic here: each method is one step that compares, marks and writes."""

    def issue(
        self, code_digest: str, code: CodeRecord, transaction_id: str | None, audit: AuditRecord
    ) -> bool:
        """Store a code and end the transaction that led to it, if any.

        False, and nothing stored, when that transaction was consumed before.
        """
        ...

    def redeem(self, attempt: Redemption, audit: AuditRecord) -> CodeRecord | Refusal:
        """Compare client, redirect_uri and verifier, and only then spend the code.

        A wrong try burns nothing; a second right one revokes what the first was given. audit: the
        entry of a success, in which `@person@`, `@realm@`, `@mode@`, `@sid@` and `@grant@` are
        filled in from the code.
        """
        ...

    def access(self, access_digest: str, now: float) -> AccessRecord | None:
        """The live access token, or None."""
        ...
