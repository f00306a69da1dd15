"""A component as the provider sees it: immutable, complete, already checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

# The scopes of programs that read or write people by SCIM (`idp/scim`).
SCIM_READ, SCIM_WRITE = "scim:read", "scim:write"
# Those of programs that watch over the provider, or flip the flag (`idp/admin/api`).
ADMIN_READ, ADMIN_SWITCH = "admin:read", "admin:switch"


@dataclass(frozen=True)
class Secret:
    """One secret, as its hash.

    sha256: 64 lower-case hex digits. not_after: the last moment of its life (aware, UTC).
    """

    sha256: str = field(repr=False)
    not_after: datetime | None = None

    def in_force(self, now: datetime) -> bool:
        """Whether it may still be used."""
        return self.not_after is None or now <= self.not_after


@dataclass(frozen=True)
class ContingencyPolicy:
    """What a component accepts while an upstream is down.

    max_session: seconds, a shorter life for sessions that began by mail; None: the setting's.
    on_recovery: what becomes of its sessions by mail once the upstream is back: `limit` (they count
    for `recovery_limit` seconds more, 0: a new request asks for SUNAT at once), `keep`, or `logout`
    (they are ended, and it is told).
    require_known_browser: only from a browser that is known as the person's.
    """

    allowed: bool = True
    max_session: int | None = None
    on_recovery: str = "limit"
    require_known_browser: bool = False
    recovery_limit: int = 0


@dataclass(frozen=True)
class NudgePolicy:
    """What a login by SUNAT may stop for on its way to a component.

    missing: telling a person that they could not use the contingency, and why. yearly: asking once
    a year whether the address is still theirs.
    """

    missing: bool = True
    yearly: bool = True


@dataclass(frozen=True)
class ScimPolicy:
    """What a system that writes people by SCIM is to us.

    wins: whose word counts where the person said otherwise: `person` or `vuce` (the system's).
    trust_logins: whether whom it creates as active counts as somebody who logged in before, so that
    contingency is open to them. events_uri: where it is told of changes (RFC 8935), None: nowhere.
    """

    wins: str = "person"
    trust_logins: bool = False
    events_uri: str | None = None


@dataclass(frozen=True)
class StatusPolicy:
    """events_uri: where a component is told that an upstream's logins changed (RFC 8935), None:
    nowhere.
    """

    events_uri: str | None = None


@dataclass(frozen=True, kw_only=True)
class Client:
    """A component. Names are those of RFC 7591 §2 and OpenID Connect Registration §2, plus ours.

    application_type: `web` or `native` (a native one may use http on the loopback, RFC 8252 §7.3).
    realms: who may log in, in the order of the cards. state_lifetime: seconds for which the
    component remembers its `state`. allowed_origins: browser origins for CORS.
    jwks: its public keys as JSON text (RFC 7517 §5). access_token_audience: APIs that a JWT access
    token is for, beside this provider. refresh_grace: seconds for which a rotated refresh token
    still works. may_introspect: client_ids whose tokens it may look at, beside its own.
    """

    client_id: str
    client_name: str
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    grant_types: tuple[str, ...] = ("authorization_code",)
    response_types: tuple[str, ...] = ("code",)
    scopes: frozenset[str] = frozenset({"openid"})
    token_endpoint_auth_method: str = "client_secret_basic"
    secrets: tuple[Secret, ...] = ()
    id_token_signed_response_alg: str = "RS256"
    realms: tuple[str, ...] = ()
    contingency: ContingencyPolicy = field(default_factory=ContingencyPolicy)
    nudge: NudgePolicy = field(default_factory=NudgePolicy)
    initiate_login_uri: str | None = None
    state_lifetime: int = 300
    require_pkce: bool = True
    allowed_origins: tuple[str, ...] = ()
    client_uri: str | None = None
    application_type: str = "web"
    disabled: bool = False
    profile: str | None = None
    token_endpoint_auth_signing_alg: str | None = None
    jwks: str | None = None
    jwks_uri: str | None = None
    require_signed_request_object: bool = False
    require_pushed_authorization_requests: bool = False
    dpop_bound_access_tokens: bool = False
    access_token_format: str = "opaque"
    access_token_audience: tuple[str, ...] = ()
    refresh_grace: int = 0
    may_introspect: tuple[str, ...] = ()
    subject_type: str = "public"
    sector_identifier_uri: str | None = None
    backchannel_logout_uri: str | None = None
    backchannel_logout_session_required: bool = False
    logout_token_typ: str = "logout+jwt"
    scim: ScimPolicy = field(default_factory=ScimPolicy)
    status: StatusPolicy = field(default_factory=StatusPolicy)

    @property
    def fapi2(self) -> bool:
        """Whether the rules of the FAPI 2.0 Security Profile hold for it, as a whole."""
        return self.profile == "fapi2"

    @property
    def needs_par(self) -> bool:
        """Whether its requests must be pushed first (RFC 9126 §6; FAPI 2.0 §5.3.2.2)."""
        return self.require_pushed_authorization_requests or self.fapi2

    @property
    def needs_dpop(self) -> bool:
        """Whether its tokens must be bound to a key (RFC 9449 §5.2; FAPI 2.0 §5.3.2.1)."""
        return self.dpop_bound_access_tokens or self.fapi2

    @property
    def sector(self) -> str:
        """Whose users share a pairwise `sub`: a host (OpenID Connect Core §8.1)."""
        uri = self.sector_identifier_uri or self.redirect_uris[0]
        return urlsplit(uri).hostname or uri

    @property
    def public(self) -> bool:
        """Whether it cannot keep a secret (RFC 6749 §2.1)."""
        return self.token_endpoint_auth_method == "none"
