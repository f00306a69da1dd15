"""SUNAT's login ("clientessol"): like OAuth 2.0, but not OpenID Connect.

No `redirect_uri`, scope, nonce or PKCE; `originalUrl` plays redirect_uri. The token endpoint ends
with a slash, and a status of 200 says little: faulty days bring 200 with an empty or HTML body.
The Extranet speaks the same under another path.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from idp.federation.driver import Failure, ProofRefused, Refusal, UpstreamFailed
from idp.federation.token import Expected, facts_of
from idp.kernel.clock import Clock
from idp.kernel.ports import HttpClient, HttpFailure, HttpResponse
from idp.people.person import UpstreamFacts

MAX_ANSWER = 65_536
_QUEUE_SECONDS = 1.0
# A 4xx with one of these is about the code; any other is about us, or about SUNAT's state.
_CODE_ERRORS = {"invalid_grant", "access_denied", "expired_token"}


@dataclass(frozen=True)
class Endpoint:
    """Where an upstream is and who we are to it. timeout: seconds of a whole exchange.

    extra_fields: form fields beside grant_type, client_id, client_secret and the code, or in their
    place; an empty value leaves a field out. code_field: what the code's field is called.
    parallel: exchanges of one process at a time, fewer than its threads: a SUNAT that hangs must
    leave threads to contingency and to whoever is logged in already.
    """

    base_url: str
    path: str
    client_id: str
    client_secret: str = field(repr=False)
    label: str = ""
    grant_type: str = "authorization_code"
    code_field: str = "code"
    extra_fields: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: float = 15.0
    parallel: int = 4

    @property
    def oauth2_url(self) -> str:
        """What the login page and the token endpoint begin with."""
        base = self.base_url.rstrip("/")
        return f"{base}/v1/{self.path.strip('/')}/{quote(self.client_id, safe='')}/oauth2"

    @property
    def token_url(self) -> str:
        """The token endpoint, which is the `iss` of its tokens as well."""
        return f"{self.oauth2_url}/token/"

    def login_url(self, state: str, callback: str) -> str:
        """SUNAT's login page, which sends the browser back to `callback?code=…&state=…`."""
        query = urlencode({"originalUrl": callback, "state": state})
        return f"{self.oauth2_url}/login?{query}"

    def fields(self, code: str) -> dict[str, str]:
        """What the token endpoint is asked with."""
        fields = {
            "grant_type": self.grant_type,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            self.code_field: code,
            **self.extra_fields,
        }
        return {name: value for name, value in fields.items() if value}


class ClientesSol:
    """`driver.Upstream` over that protocol."""

    def __init__(
        self, *, endpoint: Endpoint, expected: Expected, http: HttpClient, clock: Clock
    ) -> None:
        self._endpoint = endpoint
        self._expected = expected
        self._http = http
        self._clock = clock
        self._slots = threading.BoundedSemaphore(endpoint.parallel)

    @property
    def label(self) -> str:
        """What users call it."""
        return self._endpoint.label

    def login_url(self, state: str, callback: str) -> str:
        """SUNAT's login page, which sends the browser back to `callback?code=…&state=…`."""
        return self._endpoint.login_url(state, callback)

    def exchange(self, code: str, *, state: str, callback: str) -> UpstreamFacts:
        """Turn the code into who it was. Raises ProofRefused, UpstreamFailed and nothing else."""
        if not self._slots.acquire(timeout=_QUEUE_SECONDS):
            raise UpstreamFailed(Failure.BUSY)
        try:
            answer = self._post(code)
        finally:
            self._slots.release()
        return facts_of(access_token(answer), self._expected, self._clock.now())

    def _post(self, code: str) -> HttpResponse:
        try:
            return self._http.post_form(
                self._endpoint.token_url,
                self._endpoint.fields(code),
                headers={"Accept": "application/json"},
                timeout=self._endpoint.timeout,
                max_bytes=MAX_ANSWER,
            )
        except HttpFailure as error:
            raise UpstreamFailed(_failure(error.reason)) from error


def _failure(reason: str) -> Failure:
    return Failure(reason) if reason in set(Failure) else Failure.PROTOCOL


def access_token(answer: HttpResponse) -> str:
    """The token in a token endpoint's answer; `token_type` is SUNAT's own business.

    Raises UpstreamFailed, and ProofRefused when the answer is about the code.
    """
    if answer.status >= 500:
        raise UpstreamFailed(Failure.SERVER_ERROR)
    if 300 <= answer.status < 400:
        raise UpstreamFailed(Failure.REDIRECT)
    body = _json_object(answer.body) if answer.status == 200 else _json_or_nothing(answer.body)
    error = body.get("error")
    if isinstance(error, str) and error in _CODE_ERRORS and answer.status in (200, 400, 401, 403):
        raise ProofRefused(Refusal.CODE)
    if answer.status in (400, 401, 403):
        raise UpstreamFailed(Failure.CLIENT_REFUSED)
    if answer.status != 200:
        raise UpstreamFailed(Failure.STATUS)
    token = body.get("access_token")
    if not isinstance(token, str) or not token:
        raise UpstreamFailed(Failure.NO_TOKEN)
    return token


def oauth_error(answer: HttpResponse) -> str:
    """The code of an OAuth error (RFC 6749 §5.2); empty for an answer that is none."""
    error = _json_or_nothing(answer.body).get("error")
    return error if isinstance(error, str) else ""


def _json_object(body: bytes) -> dict[str, Any]:
    text = body.strip()
    if not text:
        raise UpstreamFailed(Failure.EMPTY)
    if text.startswith(b"<"):
        raise UpstreamFailed(Failure.HTML)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UpstreamFailed(Failure.NOT_JSON) from error
    if not isinstance(found, dict):
        raise UpstreamFailed(Failure.NOT_JSON)
    return found


def _json_or_nothing(body: bytes) -> dict[str, Any]:
    try:
        return _json_object(body)
    except UpstreamFailed:
        return {}
