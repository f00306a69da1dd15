"""Ports that several rooms need; a port that one room needs stands beside that room."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol


class UnitOfWork(Protocol):
    """A durable transaction: what is written inside commits together, or not at all."""

    def transaction(self) -> AbstractContextManager[None]:
        """Begin, or join the one under way in this thread; commit at the end, roll back on error.

        Raises Unavailable("sql") when the database does not answer.
        """
        ...

    @property
    def in_transaction(self) -> bool:
        """Whether one is under way in this thread."""
        ...


@dataclass(frozen=True)
class HttpResponse:
    """An outbound call's answer. `body` is at most the cap that the caller gave."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class HttpFailure(Exception):
    """An outbound call brought no usable answer.

    reason: `timeout`, `connect`, `tls`, `too_large`, `refused_address` or `protocol`.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


class HttpClient(Protocol):
    """The one guarded way out: address pinned, no redirects, size cap, time-outs."""

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float = 10.0,
        max_bytes: int = 262_144,
    ) -> HttpResponse:
        """GET; any status is an answer (redirects are not followed). Raises HttpFailure."""
        ...

    def post_form(
        self,
        url: str,
        fields: Mapping[str, str],
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float = 10.0,
        max_bytes: int = 262_144,
    ) -> HttpResponse:
        """POST as application/x-www-form-urlencoded. Raises HttpFailure."""
        ...

    def post(
        self,
        url: str,
        body: bytes,
        *,
        content_type: str,
        headers: Mapping[str, str] | None = None,
        timeout: float = 10.0,
        max_bytes: int = 262_144,
    ) -> HttpResponse:
        """POST of a body as it is. Raises HttpFailure."""
        ...


@dataclass(frozen=True)
class Presented:
    """How an access token came: its scheme (`bearer`, `dpop`), and the proof that came along, if
    any; with which method, to which URI.
    """

    token: str
    scheme: str
    proof: str | None
    method: str
    uri: str


class TokenRefused(Exception):
    """A request to a resource is refused (RFC 6750 §3.1, RFC 9449 §7.1).

    scheme: of the challenge: Bearer or DPoP. error: its code. scope: the one that would do.
    """

    def __init__(
        self,
        status: int,
        error: str,
        description: str,
        scheme: str = "Bearer",
        *,
        scope: str | None = None,
    ) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.description = description
        self.scheme = scheme
        self.scope = scope


@dataclass(frozen=True)
class Program:
    """A program that acts for itself. scopes: what it may do with the token that it presented."""

    client_id: str
    scopes: frozenset[str]


class AccessTokens(Protocol):
    """What an API of ours asks of the token that a program presents."""

    def check(
        self, presented: Presented, scope: str, *, redis_may_be_down: bool = False
    ) -> Program:
        """The program that acts for itself with this token and, among others, this scope.

        redis_may_be_down: a JWT counts by its signature then, though it may have been revoked.
        Raises TokenRefused, Unavailable("redis").
        """
        ...
