"""The relying party's side of OpenID Connect, on Authlib's client and joserfc."""

from __future__ import annotations

import secrets
import threading
import time
from typing import Any
from urllib.parse import urlencode

import requests
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.jwk import KeySet

from sandbox.rp.config import Config
from sandbox.rp.notices import EventRefused

SCOPE = "openid profile email vuce"


class LoginFailed(Exception):
    """code: from the provider, or ours; the text is for the page."""

    def __init__(self, code: str, text: str = "") -> None:
        super().__init__(text or code)
        self.code = code


class Provider:
    """Discovery and keys are read when first needed: a provider that is away only delays."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._metadata: dict[str, Any] | None = None
        self._lock = threading.Lock()

    def metadata(self) -> dict[str, Any]:
        """The discovery document. Raises LoginFailed("provider_unavailable")."""
        with self._lock:
            if self._metadata is None:
                self._metadata = self._get(
                    f"{self._config.issuer}/.well-known/openid-configuration"
                )
            return self._metadata

    def authorization_url(self, **extra: str) -> tuple[str, dict[str, str]]:
        """Where to send the browser, and what to remember under its state."""
        nonce, verifier = secrets.token_urlsafe(16), secrets.token_urlsafe(48)
        extra = {name: value for name, value in extra.items() if value}
        if self._config.form_post:
            extra["response_mode"] = "form_post"
        url, state = self._session().create_authorization_url(
            self.metadata()["authorization_endpoint"],
            nonce=nonce,
            code_verifier=verifier,
            **extra,
        )
        return url, {"state": state, "nonce": nonce, "verifier": verifier}

    def finish(self, params: dict[str, str], pending: dict[str, str]) -> dict[str, Any]:
        """Redeem the code: claims of the ID token, userinfo, and the ID token itself."""
        if params.get("iss") != self._config.issuer:
            raise LoginFailed("wrong_issuer")  # RFC 9207 §2.4
        if "error" in params:
            raise LoginFailed(params["error"], params.get("error_description", ""))
        metadata = self.metadata()
        try:
            session = self._session()
            token = session.fetch_token(
                metadata["token_endpoint"],
                grant_type="authorization_code",
                code=params.get("code", ""),
                code_verifier=pending["verifier"],
                timeout=10,
            )
            userinfo = session.get(metadata["userinfo_endpoint"], timeout=10).json()
        except requests.RequestException as error:
            raise LoginFailed("provider_unavailable") from error
        except Exception as error:  # Authlib's errors name what the provider said
            raise LoginFailed("token_refused", type(error).__name__) from error
        claims = self._claims(token["id_token"], pending["nonce"])
        if userinfo.get("sub") != claims["sub"]:
            raise LoginFailed("userinfo_mismatch")
        return {"claims": claims, "userinfo": userinfo, "id_token": token["id_token"]}

    def logout_url(self, id_token: str, state: str) -> str:
        """RP-initiated logout."""
        query = {
            "id_token_hint": id_token,
            "post_logout_redirect_uri": self._config.base_url + "/",
            "state": state,
        }
        return f"{self.metadata()['end_session_endpoint']}?{urlencode(query)}"

    def _claims(self, id_token: str, nonce: str) -> dict[str, Any]:
        """OpenID Connect Core §3.1.3.7."""
        metadata = self.metadata()
        keys = KeySet.import_key_set(self._get(metadata["jwks_uri"]))
        algorithms = metadata["id_token_signing_alg_values_supported"]
        try:
            claims = dict(jwt.decode(id_token, keys, algorithms=algorithms).claims)
        except Exception as error:
            raise LoginFailed("id_token_invalid", type(error).__name__) from error
        now = time.time()
        good = (
            claims.get("iss") == self._config.issuer
            and claims.get("aud") == self._config.client_id
            and claims.get("nonce") == nonce
            and float(claims.get("exp", 0)) > now - 60
        )
        if not good:
            raise LoginFailed("id_token_invalid")
        return claims

    def event(self, token: str) -> dict[str, Any]:
        """The claims of a Security Event Token for this component (RFC 8417, RFC 8935 §2.4).

        Raises EventRefused, and LoginFailed("provider_unavailable").
        """
        metadata = self.metadata()
        keys = KeySet.import_key_set(self._get(metadata["jwks_uri"]))
        algorithms = metadata["id_token_signing_alg_values_supported"]
        try:
            found = jwt.decode(token, keys, algorithms=algorithms)
        except Exception as error:
            raise EventRefused("authentication_failed") from error
        # An ID token is signed by the same keys, and is no event (RFC 8417 §4.6).
        if found.header.get("typ") != "secevent+jwt":
            raise EventRefused("invalid_request")
        if found.claims.get("iss") != self._config.issuer:
            raise EventRefused("invalid_issuer")
        if found.claims.get("aud") != self._config.client_id:
            raise EventRefused("invalid_audience")
        return dict(found.claims)

    def _session(self) -> OAuth2Session:
        return OAuth2Session(
            self._config.client_id,
            self._config.client_secret,
            scope=SCOPE,
            redirect_uri=f"{self._config.base_url}/callback",
            token_endpoint_auth_method=self._config.auth_method,
            code_challenge_method="S256",
        )

    def _get(self, url: str) -> dict[str, Any]:
        try:
            answer = requests.get(url, timeout=10)
            answer.raise_for_status()
            return dict(answer.json())
        except (requests.RequestException, ValueError) as error:
            raise LoginFailed("provider_unavailable") from error
