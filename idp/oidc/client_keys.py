"""The public keys of components: written in clients.yaml, or published at their jwks_uri."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from idp.clients.client import Client
from idp.kernel.clock import Clock
from idp.kernel.ports import HttpClient, HttpFailure
from idp.oidc.jose import PublicKey, SignedToken, UntrustedToken, public_key, verify

_log = logging.getLogger(__name__)

# A key that we do not know makes us look again, but no oftener than this (seconds).
_LOOK_AGAIN = 30.0
# What was fetched once serves on while the component's server is away (seconds).
_STALE = 86_400.0
_TIMEOUT = 3.0
_MAX_BYTES = 65_536
_MAX_KEYS = 50


@dataclass
class _Fetched:
    keys: tuple[PublicKey, ...] = ()
    fetched_at: float = 0.0
    tried_at: float = 0.0


class ClientKeys:
    """Finds the keys of a component and checks its tokens with them. ttl: seconds.

    One thread at a time fetches one address; the others wait for it rather than ask as well.
    """

    def __init__(self, *, http: HttpClient, clock: Clock, ttl: int) -> None:
        self._http = http
        self._clock = clock
        self._ttl = ttl
        self._fetched: dict[str, _Fetched] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def verify(self, client: Client, token: str, algorithms: Sequence[str]) -> SignedToken:
        """A token that the component signed. Raises UntrustedToken."""
        try:
            return verify(token, self.keys(client), algorithms)
        except LookupError:
            pass
        except UntrustedToken:
            if client.jwks_uri is None:
                raise
        try:
            # It may have changed its keys, also under the same kid.
            return verify(token, self.keys(client, look_again=True), algorithms)
        except LookupError as error:
            raise UntrustedToken("kid") from error

    def keys(self, client: Client, *, look_again: bool = False) -> tuple[PublicKey, ...]:
        """Its keys; none where it has none, or where they cannot be had."""
        if client.jwks is not None:
            return _inline(client.jwks)
        if client.jwks_uri is None:
            return ()
        with self._lock(client.jwks_uri):
            return self._current(client.jwks_uri, look_again)

    def _current(self, uri: str, look_again: bool) -> tuple[PublicKey, ...]:
        entry = self._fetched.setdefault(uri, _Fetched())
        now = self._clock.timestamp()
        wanted = look_again or now - entry.fetched_at >= self._ttl
        if wanted and now - entry.tried_at >= _LOOK_AGAIN:
            entry.tried_at = now
            try:
                entry.keys, entry.fetched_at = self._fetch(uri), now
            except (HttpFailure, ValueError) as error:
                reason = getattr(error, "reason", "not a key set")
                _log.warning("jwks_uri not usable", extra={"reason": reason})
        return entry.keys if now - entry.fetched_at < _STALE else ()

    def _fetch(self, uri: str) -> tuple[PublicKey, ...]:
        answer = self._http.get(
            uri,
            headers={"Accept": "application/jwk-set+json, application/json"},
            timeout=_TIMEOUT,
            max_bytes=_MAX_BYTES,
        )
        if answer.status != 200:
            raise ValueError(f"status {answer.status}")
        return _parsed(answer.body.decode("utf-8"))

    def _lock(self, uri: str) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault(uri, threading.Lock())


@lru_cache(maxsize=512)
def _inline(text: str) -> tuple[PublicKey, ...]:
    return _parsed(text)


def _parsed(text: str) -> tuple[PublicKey, ...]:
    """The usable keys of a set; those of kinds that we do not take are left out (RFC 7517 §5).

    Raises ValueError for what is no key set.
    """
    try:
        rows = json.loads(text)["keys"]
    except (TypeError, LookupError, RecursionError) as error:
        raise ValueError("not a key set") from error
    if not isinstance(rows, list):
        raise ValueError("not a key set")
    found = []
    for row in rows[:_MAX_KEYS]:
        try:
            found.append(public_key(row))
        except UntrustedToken:
            continue
    return tuple(found)
