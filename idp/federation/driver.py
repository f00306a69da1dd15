"""What an upstream is: two calls and one normalised answer.

A new kind of upstream is a new driver behind this interface; nothing else changes.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from idp.people.person import UpstreamFacts


class Failure(StrEnum):
    """Why an upstream gave no usable answer: a sign of its health, not of the person's proof."""

    TIMEOUT = "timeout"
    CONNECT = "connect"
    TLS = "tls"
    ADDRESS = "refused_address"
    PROTOCOL = "protocol"
    TOO_LARGE = "too_large"
    REDIRECT = "redirect"
    SERVER_ERROR = "server_error"
    CLIENT_REFUSED = "client_refused"
    STATUS = "unexpected_status"
    EMPTY = "empty_body"
    HTML = "html_body"
    NOT_JSON = "not_json"
    NO_TOKEN = "no_token"
    NO_CODE = "no_code"
    ERROR = "upstream_error"
    BUSY = "busy"


class Refusal(StrEnum):
    """Why what came back from an upstream proves nobody."""

    DENIED = "denied"
    LOGIN_OVER = "login_over"
    CODE = "code_refused"
    CODE_SEEN = "code_seen"
    STATE_UNKNOWN = "state_unknown"
    STATE_SPENT = "state_spent"
    STATE_EXPIRED = "state_expired"
    STATE_BROWSER = "state_other_browser"
    STATE_REALM = "state_other_realm"
    MALFORMED = "token_malformed"
    SIGNATURE = "token_signature"
    KEY = "token_unknown_key"
    ISSUER = "token_issuer"
    CLIENT = "token_client"
    EXPIRED = "token_expired"
    NOT_YET = "token_not_yet_valid"
    AUDIENCE = "token_audience"
    ORIGIN = "token_other_realm"
    SUBJECT = "token_subject"
    RUC = "token_ruc"
    LOGIN = "token_login"
    USER = "token_user"


class UpstreamFailed(Exception):
    """The upstream did not answer as it should: trying again may do. No personal data in it."""

    def __init__(self, reason: Failure) -> None:
        super().__init__(reason.value)
        self.reason = reason


class ProofRefused(Exception):
    """The upstream answered, and the answer is no proof. No personal data in it."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason.value)
        self.reason = reason


class Upstream(Protocol):
    """Proves the people of one realm.

    A protocol that needs a nonce or a PKCE verifier derives them from `state`, so that a driver
    keeps nothing between the two calls.
    """

    @property
    def label(self) -> str:
        """What users call it, e.g. `Clave SOL`."""
        ...

    def login_url(self, state: str, callback: str) -> str:
        """Where the browser goes. state: 32 hex digits. callback: our URL that it comes back to."""
        ...

    def exchange(self, code: str, *, state: str, callback: str) -> UpstreamFacts:
        """Turn the code into who it was. Raises ProofRefused, UpstreamFailed and nothing else."""
        ...
