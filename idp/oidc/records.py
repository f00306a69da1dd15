"""What is kept of a grant, of a code and of an access token.

A *grant* is what one login gave to one component. A code carries it to the token endpoint, an
access token stands for it, a family of refresh tokens prolongs it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What a component was given, and about whom. Times are epoch seconds.

    grant_id: ours, for revoking all that came of it. person_id: empty where a component acts for
    itself. sub, sid: as this component sees them (pairwise ones are its sector's). session: our own
    id of the chain of sessions that it belongs to; what is no offline access ends with it.
    lives_until: the end of what can be refreshed. offline: `offline_access` was given.
    drill: the drill that its login came of, empty for none.
    userinfo_claims: asked for one by one (OpenID Connect Core §5.5), beside those of the scopes.
    """

    client_id: str
    scope: str
    grant_id: str
    sub: str
    person_id: str = ""
    sid: str = ""
    session: str = ""
    realm: str = ""
    mode: str = ""
    acr: str = ""
    amr: tuple[str, ...] = ()
    auth_time: int = 0
    lives_until: float = 0
    offline: bool = False
    drill: str = ""
    userinfo_claims: tuple[str, ...] = ()

    def to_json(self) -> str:
        """The stored form."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read the stored form, of this class or of one that adds to it."""
        known = {one.name for one in fields(cls)}
        found = {name: value for name, value in json.loads(text).items() if name in known}
        for name in ("amr", "userinfo_claims"):
            found[name] = tuple(found[name])
        return cls(**found)

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes, one by one."""
        return frozenset(self.scope.split())

    @property
    def ends_with(self) -> str:
        """The chain of sessions with which it ends; empty for what outlives a logout."""
        return "" if self.offline else self.session


@dataclass(frozen=True, kw_only=True)
class CodeRecord(Grant):
    """All that a token answer needs, so that redeeming reads nothing else.

    claims: those of the ID token beyond the protocol's own. dpop_jkt: thumbprint of the key that
    the request bound the code to (RFC 9449 §10).
    """

    redirect_uri: str
    nonce: str | None
    code_challenge: str | None
    expires_at: float
    dpop_jkt: str | None = None
    claims: dict[str, Any] = field(default_factory=dict, repr=False)

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


@dataclass(frozen=True)
class AccessRecord:
    """What a live access token stands for.

    issued_at, expires_at: epoch seconds. jkt: thumbprint of the key that it is bound to (RFC 9449
    §6), None for a bearer token.
    """

    grant: Grant
    issued_at: float
    expires_at: float
    jkt: str | None = None
