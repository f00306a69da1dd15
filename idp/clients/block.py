"""The block of a new component, as it is appended to clients.yaml."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import yaml

# What YAML reads as the text that it is, without quotes.
_PLAIN = re.compile(r"[^\W\d_][\w ./:@?&=%+~,()-]*")


@dataclass(frozen=True, kw_only=True)
class NewClient:
    """What an operator says of a new component; empty or None: as clients.yaml's default.

    secret_hash: `sha256:<64 hex>`, for a component that has a secret. nudge: whether people may be
    told on their way to it that they could not use the contingency.
    """

    client_id: str
    client_name: str
    scope: str
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    client_uri: str | None = None
    initiate_login_uri: str | None = None
    backchannel_logout_uri: str | None = None
    logout_token_typ: str | None = None
    grant_types: tuple[str, ...] = ()
    profile: str | None = None
    token_endpoint_auth_method: str = "client_secret_basic"
    secret_hash: str | None = None
    jwks_uri: str | None = None
    id_token_signed_response_alg: str | None = None
    realms: tuple[str, ...] = ()
    nudge: bool = True

    def lines(self) -> list[str]:
        """The block's lines, without indentation; nested ones bring their own."""
        found = [_pair("client_id", self.client_id), _pair("client_name", self.client_name)]
        found += _optional("client_uri", self.client_uri)
        found += _optional("profile", self.profile)
        found += _listed("redirect_uris", self.redirect_uris)
        found += _listed("post_logout_redirect_uris", self.post_logout_redirect_uris)
        found += _optional("initiate_login_uri", self.initiate_login_uri)
        found += _optional("backchannel_logout_uri", self.backchannel_logout_uri)
        found += _optional("logout_token_typ", self.logout_token_typ)
        found += _listed("grant_types", self.grant_types)
        found.append(_pair("scope", self.scope))
        found.append(_pair("token_endpoint_auth_method", self.token_endpoint_auth_method))
        found += ["secrets:", f"  - hash: {self.secret_hash}"] if self.secret_hash else []
        found += _optional("jwks_uri", self.jwks_uri)
        found += _optional("id_token_signed_response_alg", self.id_token_signed_response_alg)
        found += _listed("realms", self.realms)
        found += [] if self.nudge else ["nudge:", "  missing: false", "  yearly: false"]
        return found


def _optional(key: str, value: str | None) -> list[str]:
    return [] if value is None else [_pair(key, value)]


def _listed(key: str, values: tuple[str, ...]) -> list[str]:
    return [f"{key}:", *(f"  - {scalar(one)}" for one in values)] if values else []


def _pair(key: str, value: str) -> str:
    return f"{key}: {scalar(value)}"


def scalar(text: str) -> str:
    """A text as a YAML scalar on one line: plain where that is safe, else in double quotes."""
    plain = _PLAIN.fullmatch(text) and ": " not in text and not text.endswith((" ", ":"))
    # `true`, `null` and the like are words that YAML takes for something else.
    if plain and yaml.SafeLoader("").resolve(yaml.ScalarNode, text, (True, False)).endswith(":str"):
        return text
    return json.dumps(text, ensure_ascii=not text.isprintable())
