"""The OpenID Connect surface: its stores, its codes, its tokens."""

from __future__ import annotations

from idp.adapters.redis.codes import RedisCodes
from idp.clients.registry import ClientRegistry
from idp.limits.noted import Noted
from idp.oidc.codes import Codes
from idp.oidc.id_token import IdTokens
from idp.oidc.server import ProviderServer
from idp.signing.keyring import Keyring
from idp.wiring.base import Base


def provider_server(
    base: Base, store: RedisCodes, keyring: Keyring, clients: ClientRegistry, noted: Noted
) -> ProviderServer:
    """Authlib's server on our codes and ID tokens."""
    settings = base.settings
    return ProviderServer(
        codes=_codes(base, store, noted),
        id_tokens=IdTokens(
            issuer=settings.issuer, keyring=keyring, clock=base.clock, ttl=settings.id_token_ttl
        ),
        clients=clients,
        noted=noted,
        clock=base.clock,
    )


def code_store(base: Base) -> RedisCodes:
    """Codes and access tokens in Redis."""
    settings = base.settings
    return RedisCodes(
        base.redis,
        marker_ttl=settings.code_ttl + settings.access_token_ttl + 60,
        session_ttl=settings.session_ttl + 60,
    )


def _codes(base: Base, store: RedisCodes, noted: Noted) -> Codes:
    return Codes(
        store=store,
        audit=base.audit,
        noted=noted,
        clock=base.clock,
        random=base.random,
        issuer=base.settings.issuer,
        code_ttl=base.settings.code_ttl,
        access_token_ttl=base.settings.access_token_ttl,
    )
