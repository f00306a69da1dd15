"""Components of every kind in front of the provider, with keys of their own."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from flask.testing import FlaskClient
from joserfc import jws, jwt
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey
from werkzeug.test import TestResponse

from idp.kernel.identity import Mode
from idp.upstream_status.state import FlagState
from tests.support.world import (
    CLIENTS,
    ISSUER,
    VERIFIER,
    World,
    authorization_params,
    query_of,
)

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
Key = RSAKey | ECKey | OKPKey
SCOPES = ("openid", "profile", "email", "address", "phone", "vuce")
_ALL = list(jws.JWSRegistry.algorithms)
KIDS = {"RS256": "rsa", "PS256": "rsa", "ES256": "ec", "EdDSA": "okp", "Ed25519": "okp"}


@cache
def component_key(kid: str) -> Key:
    """A private key that lives as long as the test process: `rsa`, `ec`, `okp` and others."""
    if kid.startswith("rsa"):
        return RSAKey.generate_key(2048, {"kid": kid})
    if kid.startswith("okp"):
        return OKPKey.generate_key("Ed25519", {"kid": kid})
    return ECKey.generate_key("P-256", {"kid": kid})


def public_jwks(*kids: str) -> str:
    """Their public keys, as JSON."""
    keys = [component_key(kid).as_dict(private=False, kid=kid) for kid in kids]
    return json.dumps({"keys": keys})


def sign(key: Key, alg: str, claims: dict[str, Any], **header: Any) -> str:
    """A compact JWS over JSON claims."""
    registry = jws.JWSRegistry(algorithms=_ALL, strict_check_header=False)
    head = {"alg": alg, **{name: value for name, value in header.items() if value is not None}}
    return jws.serialize_compact(head, json.dumps(claims), key, registry=registry)


def unsigned(claims: dict[str, Any], **header: Any) -> str:
    """A token with `alg` none."""
    parts = ({"alg": "none", **header}, claims)
    return ".".join(_b64(json.dumps(part).encode()) for part in parts) + "."


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


_BASIC = {
    "token_endpoint_auth_method": "client_secret_basic",
    "secrets": [{"hash": "@hash@"}],
}
_REFRESH = {"grant_types": ["authorization_code", "refresh_token"]}
_KEYS = ("rsa", "ec", "okp")


def _with_keys(**more: Any) -> dict[str, Any]:
    return {
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": json.loads(public_jwks(*_KEYS)),
        **more,
    }


def kinds() -> dict[str, dict[str, Any]]:
    """What each component has beside a name, a redirect_uri, realms and every scope."""
    return {
        "renueva": {**_BASIC, **_REFRESH},
        "gracia": {**_BASIC, **_REFRESH, "refresh_grace": 20},
        "renueva-spa": {
            **_REFRESH,
            "token_endpoint_auth_method": "none",
            "allowed_origins": ["http://localhost:9012"],
        },
        "llave": _with_keys(**_REFRESH),
        "token-jwt": {
            **_BASIC,
            **_REFRESH,
            "access_token_format": "jwt",
            "access_token_audience": ["https://api.vuce.example/"],
        },
        "empuja": {**_BASIC, "require_pushed_authorization_requests": True},
        "firma": {**_BASIC, "jwks": json.loads(public_jwks(*_KEYS))},
        "firma-siempre": {
            **_BASIC,
            "jwks": json.loads(public_jwks(*_KEYS)),
            "require_signed_request_object": True,
        },
        "atado": {**_BASIC, **_REFRESH, "dpop_bound_access_tokens": True},
        "fapi": _with_keys(**_REFRESH, profile="fapi2", id_token_signed_response_alg="ES256"),
        "fapi-otro": _with_keys(profile="fapi2", id_token_signed_response_alg="ES256"),
        "par-a": {**_BASIC, **_REFRESH, "subject_type": "pairwise"},
        "par-b": {
            **_BASIC,
            "subject_type": "pairwise",
            "sector_identifier_uri": "https://otro.example/sector.json",
        },
        "sunat": {**_BASIC, **_REFRESH, "contingency": {"allowed": False}},
        "sin-pkce": {**_BASIC, "require_pkce": False},
        "inhabil": {**_BASIC, "disabled": True},
        "conserva": {
            **_BASIC,
            **_REFRESH,
            "contingency": {"on_recovery": "keep", "max_session": 1800},
        },
    }


def _services() -> dict[str, dict[str, Any]]:
    """Programs that act for themselves."""
    own = {**_BASIC, "grant_types": ["client_credentials"]}
    return {
        "servicio": {**own, "scope": "api:leer api:escribir"},
        "personas": {**own, "scope": "scim:read scim:write"},
        "servicio-jwt": {**own, "scope": "api:leer", "access_token_format": "jwt"},
        "api": {**own, "scope": "api:ver", "may_introspect": ["renueva", "token-jwt", "servicio"]},
    }


def clients_text(**changes: dict[str, Any]) -> str:
    """clients.yaml with every kind; changes: fields that a kind has besides, by its id."""
    rows = []
    for port, (client_id, kind) in enumerate(kinds().items(), start=9010):
        renews = "refresh_token" in kind.get("grant_types", ())
        rows.append(
            {
                "client_id": client_id,
                "client_name": f"Componente {client_id}",
                "redirect_uris": [f"http://localhost:{port}/callback"],
                "post_logout_redirect_uris": [f"http://localhost:{port}/"],
                "scope": " ".join((*SCOPES, *(["offline_access"] if renews else []))),
                "realms": ["sol", "extranet"],
                "nudge": {"missing": False, "yearly": False},
                **kind,
                **changes.get(client_id, {}),
            }
        )
    for client_id, kind in _services().items():
        rows.append({"client_id": client_id, "client_name": f"Programa {client_id}", **kind})
    # JSON is YAML: what the provider reads is the same.
    return CLIENTS + "".join(f"  - {json.dumps(row)}\n" for row in rows)


@dataclass
class Proof:
    """A key of a component, which makes DPoP proofs (RFC 9449 §4.2)."""

    key: Key = field(default_factory=lambda: component_key("ec-dpop"))
    alg: str = "ES256"

    @property
    def jkt(self) -> str:
        """The key's thumbprint."""
        return self.key.thumbprint()

    def make(
        self, world: World, method: str, path: str, token: str | None = None, **changes: Any
    ) -> str:
        """A proof for one request; changes: claims, or `header_…` for its header."""
        claims: dict[str, Any] = {
            "htm": method,
            "htu": f"{ISSUER}{path}",
            "iat": int(world.clock.timestamp()),
            "jti": secrets.token_urlsafe(12),
        }
        if token is not None:
            claims["ath"] = _b64(hashlib.sha256(token.encode()).digest())
        header: dict[str, Any] = {"typ": "dpop+jwt", "jwk": self.key.as_dict(private=False)}
        for name, value in changes.items():
            place, name = (header, name[7:]) if name.startswith("header_") else (claims, name)
            place[name] = value
        kept = {name: value for name, value in claims.items() if value is not None}
        return sign(self.key, self.alg, kept, **header)


@dataclass
class Party:
    """A registered component, and one person's browser in front of it."""

    world: World
    browser: FlaskClient
    client_id: str

    @classmethod
    def logged_in(cls, world: World, client_id: str, mode: Mode = Mode.SUNAT) -> Party:
        """With a browser whose person has a session, proved in this mode while it is in force."""
        if mode is Mode.CONTINGENCIA:
            flag = world.services.upstream_status
            flag.set("sol", FlagState.FORCED_DOWN, reason="prueba", who="prueba")
        browser = world.browser()
        world.log_in(browser, world.person(), mode)
        return cls(world, browser, client_id)

    @property
    def redirect_uri(self) -> str:
        """Its one redirect_uri."""
        client = self.world.services.clients.get(self.client_id)
        assert client is not None
        return client.redirect_uris[0]

    def params(self, **changes: Any) -> dict[str, Any]:
        """A good authorization request, changed; what is None is left out."""
        own = {"client_id": self.client_id, "redirect_uri": self.redirect_uri}
        return authorization_params(**{**own, **changes})

    def authorize(self, **changes: Any) -> TestResponse:
        """GET /authorize."""
        return self.browser.get("/authorize", query_string=self.params(**changes))

    def answer(self, **changes: Any) -> dict[str, str]:
        """What /authorize sends back by redirect; it must come to our redirect_uri."""
        response = self.authorize(**changes)
        location = response.headers.get("Location", response.text)
        assert location.startswith(self.redirect_uri + "?"), location
        return query_of(location)

    def code(self, **changes: Any) -> str:
        """A new code, without a page; by PAR where it is asked for."""
        found = self.answer(**changes)
        assert "code" in found, found
        return found["code"]

    def credentials(self, path: str) -> tuple[dict[str, str], tuple[str, str] | None]:
        """How it authenticates: fields of the form, and the header's pair."""
        client = self.world.services.clients.get(self.client_id)
        assert client is not None
        match client.token_endpoint_auth_method:
            case "private_key_jwt":
                return self.by_assertion(), None
            case "client_secret_post":
                return {"client_id": self.client_id, "client_secret": self.world.secret}, None
            case "none":
                return {"client_id": self.client_id}, None
            case _:
                return {}, (self.client_id, self.world.secret)

    def assertion(
        self, alg: str = "ES256", *, kid: str | None = None, key: Key | None = None, **changes: Any
    ) -> str:
        """A client assertion (RFC 7523 §3), changed."""
        now = int(self.world.clock.timestamp())
        claims: dict[str, Any] = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": ISSUER,
            "exp": now + 60,
            "iat": now,
            "jti": secrets.token_urlsafe(12),
        }
        typ = changes.pop("header_typ", None)
        claims.update(changes)
        kept = {name: value for name, value in claims.items() if value is not None}
        kid = kid or KIDS.get(alg, "ec")
        return sign(key or component_key(kid), alg, kept, kid=kid, typ=typ)

    def by_assertion(self, *args: Any, **changes: Any) -> dict[str, str]:
        """The fields that carry an assertion (RFC 7521 §4.2)."""
        return {
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self.assertion(*args, **changes),
        }

    def post(self, path: str, form: dict[str, Any], **changes: Any) -> TestResponse:
        """POST as this component is registered. changes: `auth`, `headers`, or fields."""
        fields, auth = self.credentials(path)
        auth = changes.pop("auth", auth)
        headers = changes.pop("headers", {})
        sent = {**fields, **form, **changes}
        kept = {name: value for name, value in sent.items() if value is not None}
        return self.world.browser().post(path, data=kept, auth=auth, headers=headers)

    def redeem(self, code: str, **changes: Any) -> TestResponse:
        """POST /token with a code."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": VERIFIER,
        }
        return self.post("/token", form, **changes)

    def tokens(self, **changes: Any) -> dict[str, Any]:
        """A whole silent login: the token answer."""
        response = self.redeem(self.code(**changes))
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json
        return answer

    def refresh(self, refresh_token: str, /, **changes: Any) -> TestResponse:
        """POST /token with a refresh token."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return self.post("/token", form, **changes)

    def push(self, **changes: Any) -> TestResponse:
        """POST /par with a good request, changed. `auth`, `headers`: as in `post`."""
        how = {name: changes.pop(name) for name in ("auth", "headers") if name in changes}
        return self.post("/par", self.params(**changes), **how)

    def begin(self, request_uri: str, **changes: Any) -> TestResponse:
        """GET /authorize with a pushed request."""
        query = {"client_id": self.client_id, "request_uri": request_uri, **changes}
        return self.browser.get("/authorize", query_string=query)

    def userinfo(self, access_token: str, proof: str | None = None) -> TestResponse:
        """GET /userinfo, by header; bound to a key with a proof."""
        scheme = "DPoP" if proof else "Bearer"
        headers = {"Authorization": f"{scheme} {access_token}"}
        if proof:
            headers["DPoP"] = proof
        return self.world.browser().get("/userinfo", headers=headers)

    def id_token(self, text: str) -> jwt.Token:
        """A token, verified against the keys that the provider publishes."""
        return verified(self.world, text)


def verified(world: World, text: str) -> jwt.Token:
    """A token of the provider's, verified against the keys that it publishes."""
    keys = KeySet.import_key_set(world.browser().get("/jwks.json").json)
    registry = jws.JWSRegistry(algorithms=["RS256", "ES256"])
    return jwt.decode(text, keys, algorithms=["RS256", "ES256"], registry=registry)


def refused(response: TestResponse, error: str, statuses: Sequence[int] = (400,)) -> None:
    """RFC 6749 §5.2: JSON with the error, which nobody stores."""
    assert response.json["error"] == error, response.text
    assert response.status_code in statuses
    assert response.headers["Cache-Control"] == "no-store"
    assert response.mimetype == "application/json"
