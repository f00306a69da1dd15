"""The login path of an OpenID Connect issuer, as its own metadata tells it."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from idp.federation.probe import Failed
from idp.kernel.clock import Clock
from idp.kernel.ports import HttpClient

MAX_METADATA = 65_536
# Seconds that metadata is remembered for; it is a part of the login path, so not for long.
REMEMBERED = 600.0


@dataclass(frozen=True)
class OidcClient:
    """Who we are to an issuer. callback: our registered one. timeout: seconds of a call."""

    issuer: str
    client_id: str
    callback: str
    client_secret: str = field(default="", repr=False)
    scope: str = "openid"
    timeout: float = 15.0
    agent: str = ""


class OidcPath:
    """`probe.Path` of an issuer (OpenID Connect Discovery §4)."""

    def __init__(self, client: OidcClient, *, http: HttpClient, clock: Clock) -> None:
        self._client = client
        self._http = http
        self._clock = clock
        self._metadata: dict[str, Any] = {}
        self._until = 0.0

    def form_url(self, state: str) -> str:
        """The authorization endpoint, asked as a login would, PKCE included (RFC 7636 §4.3)."""
        challenge = hashlib.sha256(_verifier(state).encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self._client.client_id,
            "redirect_uri": self._client.callback,
            "scope": self._client.scope,
            "state": state,
            "nonce": state,
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        url = self._endpoint("authorization_endpoint")
        return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(query)}"

    def token_url(self) -> str:
        """The token endpoint."""
        return self._endpoint("token_endpoint")

    def fields(self, code: str, state: str) -> dict[str, str]:
        """A code grant with client_secret_post (RFC 6749 §4.1.3, §2.3.1)."""
        found = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._client.callback,
            "client_id": self._client.client_id,
            "client_secret": self._client.client_secret,
            "code_verifier": _verifier(state),
        }
        return {name: value for name, value in found.items() if value}

    def _endpoint(self, name: str) -> str:
        now = self._clock.timestamp()
        if not self._metadata or now >= self._until:
            self._metadata = self._discover()
            self._until = now + REMEMBERED
        found = self._metadata.get(name)
        if not isinstance(found, str) or not found:
            self._metadata = {}
            raise Failed("metadata_incomplete")
        return found

    def _discover(self) -> dict[str, Any]:
        issuer = self._client.issuer.rstrip("/")
        answer = self._http.get(
            f"{issuer}/.well-known/openid-configuration",
            headers={"Accept": "application/json", "User-Agent": self._client.agent},
            timeout=self._client.timeout,
            max_bytes=MAX_METADATA,
        )
        if answer.status != 200:
            raise Failed("metadata_missing", answer.status)
        try:
            found = json.loads(answer.body)
        except (ValueError, RecursionError) as error:
            raise Failed("metadata_not_json", answer.status) from error
        # Discovery §4.3: it must be this very issuer's.
        if not isinstance(found, dict) or found.get("issuer") != self._client.issuer:
            raise Failed("metadata_of_another", answer.status)
        return found


def _verifier(state: str) -> str:
    return hashlib.sha256(f"probe:{state}".encode()).hexdigest()
