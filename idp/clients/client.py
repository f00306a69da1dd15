"""A component as the provider sees it: immutable, complete, already checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


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
    on_recovery: `end` (a new request asks for SUNAT again) or `keep`.
    require_known_browser: only from a browser that is known as the person's.
    """

    allowed: bool = True
    max_session: int | None = None
    on_recovery: str = "end"
    require_known_browser: bool = False


@dataclass(frozen=True, kw_only=True)
class Client:
    """A component. Names are those of RFC 7591 §2 and OpenID Connect Registration §2, plus ours.

    application_type: `web` or `native` (a native one may use http on the loopback, RFC 8252 §7.3).
    realms: who may log in, in the order of the cards. state_lifetime: seconds for which the
    component remembers its `state`. allowed_origins: browser origins for CORS.
    """

    client_id: str
    client_name: str
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...] = ()
    grant_types: tuple[str, ...] = ("authorization_code",)
    response_types: tuple[str, ...] = ("code",)
    scopes: frozenset[str] = frozenset({"openid"})
    token_endpoint_auth_method: str = "client_secret_basic"
    secrets: tuple[Secret, ...] = ()
    id_token_signed_response_alg: str = "RS256"
    realms: tuple[str, ...] = ()
    contingency: ContingencyPolicy = field(default_factory=ContingencyPolicy)
    initiate_login_uri: str | None = None
    state_lifetime: int = 300
    require_pkce: bool = True
    allowed_origins: tuple[str, ...] = ()
    client_uri: str | None = None
    application_type: str = "web"

    @property
    def public(self) -> bool:
        """Whether it cannot keep a secret (RFC 6749 §2.1)."""
        return self.token_endpoint_auth_method == "none"
