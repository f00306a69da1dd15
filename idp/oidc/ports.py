"""Where codes, tokens and pushed requests are kept: Redis and SQL implement these."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from idp.audit.records import AuditRecord
from idp.oidc.records import AccessRecord, CodeRecord, Grant

Pairs = tuple[tuple[str, str], ...]


class Refusal(StrEnum):
    """Why a code was not redeemed. Only `REPLAYED` changes anything: it revokes the grant."""

    UNKNOWN = "unknown"
    REPLAYED = "replayed"
    OTHER_CLIENT = "other_client"
    EXPIRED = "expired"
    ENDED = "ended"
    REDIRECT_URI = "redirect_uri"
    VERIFIER = "verifier"
    DPOP_KEY = "dpop_key"


@dataclass(frozen=True)
class Refused:
    """A code that was not redeemed. grant_id: what a replay revoked, else empty."""

    why: Refusal
    grant_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Redemption:
    """An attempt to redeem a code.

    challenge: S256 of the verifier that was presented (RFC 7636 §4.6), None without one.
    access_digest: under which a success stores the access token, with its life in seconds.
    jkt: thumbprint of the key whose possession was proved (RFC 9449 §5), None without a proof.
    now: epoch seconds by our own clock.
    """

    code_digest: str
    client_id: str
    redirect_uri: str
    challenge: str | None
    access_digest: str
    access_ttl: int
    jkt: str | None
    now: float


class CodeStore(Protocol):
    """Single use is atomic here: each method is one step that compares, marks and writes."""

    def issue(
        self,
        code_digest: str,
        code: CodeRecord,
        transaction_id: str | None,
        pushed: str | None,
        audit: AuditRecord,
    ) -> bool:
        """Store a code; end the transaction and the pushed request that led to it, if any.

        False, and nothing stored, when one of them was consumed before.
        """
        ...

    def redeem(self, attempt: Redemption, audit: AuditRecord) -> CodeRecord | Refused:
        """Compare client, redirect_uri, verifier and key, and only then spend the code.

        A wrong try burns nothing; a second right one revokes what the first was given. audit: the
        entry of a success, in which `@person@`, `@realm@`, `@mode@`, `@sid@` and `@grant@` are
        filled in from the code.
        """
        ...


class AccessStore(Protocol):
    """Access tokens by the digest of what was handed out, and what ended before its time."""

    def add(self, access_digest: str, record: AccessRecord, audit: AuditRecord) -> bool:
        """Store a token; False, and nothing stored, when its grant or its session has ended."""
        ...

    def get(self, access_digest: str, now: float) -> AccessRecord | None:
        """The live one, or None; one whose grant or session has ended is not live."""
        ...

    def remove(self, access_digest: str) -> None:
        """End one token."""
        ...

    def end(self, mark: str) -> None:
        """End every token of a grant (its id), or of a chain of sessions."""
        ...

    def session_clients(self, session: str) -> dict[str, str]:
        """The components that a chain of sessions was used for: client_id to the `sid` it knows."""
        ...

    def end_where(self, *, client_id: str | None = None, person_id: str | None = None) -> int:
        """End every code and token of a component, a person, or everybody; how many there were.

        It looks at all of them: for emergencies.
        """
        ...


class SpentIds(Protocol):
    """Identifiers that count once: `jti` of client assertions and of DPoP proofs."""

    def spend(self, kind: str, value: str, ttl: int) -> bool:
        """Note it for so many seconds; False when it was noted already. Exactly one caller wins."""
        ...


@dataclass(frozen=True)
class PushedRequest:
    """A request that was pushed (RFC 9126). expires_at: epoch seconds, until when it may begin."""

    client_id: str
    params: Pairs
    expires_at: float


class PushedStore(Protocol):
    """Pushed requests by the digest of their request_uri; `CodeStore.issue` consumes them."""

    def add(self, request_digest: str, request: PushedRequest, ttl: int) -> None:
        """Store one; after `ttl` seconds it is collected."""
        ...

    def get(self, request_digest: str) -> PushedRequest | None:
        """The stored one, expired or not; None once consumed."""
        ...

    def remove(self, request_digest: str) -> None:
        """Consume it."""
        ...


@dataclass(frozen=True, kw_only=True)
class Family:
    """The refresh tokens that came of one code, each the successor of another.

    jkt: the key that a public component's tokens are bound to (RFC 9449 §5).
    """

    grant: Grant
    created_at: datetime
    expires_at: datetime
    jkt: str | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True)
class PresentedRefresh:
    """A refresh token as it is stored. spent_at: when it was rotated, None while it is current."""

    family: Family
    spent_at: datetime | None


class RefreshStore(Protocol):
    """Refresh tokens, durable; by the digest of the token."""

    def add(self, family: Family, token_digest: str) -> None:
        """Begin a family with its first token. Raises Unavailable("sql"), as all of these."""
        ...

    def find(self, token_digest: str) -> PresentedRefresh | None:
        """The token, whatever its state, or None."""
        ...

    def rotate(self, old_digest: str, new_digest: str, now: datetime, grace: int) -> bool:
        """Spend one and store its successor, in one step; False when it was spent before.

        grace: seconds after its first use for which it may be used again. False as well when the
        family was revoked meanwhile. Of parallel calls (without grace) exactly one says True.
        """
        ...

    def revoke(self, grant_id: str, at: datetime) -> bool:
        """Revoke a family; False when there is none, or it was revoked before."""
        ...

    def revoke_where(
        self,
        at: datetime,
        *,
        session: str | None = None,
        client_id: str | None = None,
        person_id: str | None = None,
    ) -> list[str]:
        """Revoke the families of a chain of sessions (but those that are offline access), of a
        component, of a person, or all of them; the grant ids that were live.
        """
        ...

    def purge(self, before: datetime) -> int:
        """Remove families that ended before that moment; how many."""
        ...
