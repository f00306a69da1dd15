"""Pushed authorization requests (RFC 9126)."""

from __future__ import annotations

from idp.clients.client import Client
from idp.kernel.clock import Clock
from idp.kernel.ids import digest
from idp.kernel.random import Random
from idp.oidc.errors import InvalidRequestUriError
from idp.oidc.ports import Pairs, PushedRequest, PushedStore

PREFIX = "urn:ietf:params:oauth:request_uri:"
# Consumed by the code that answers it, which may come an hour after it was begun.
_KEPT = 7_200


class PushedRequests:
    """Keeps pushed requests until they are begun. ttl: seconds within which they must be."""

    def __init__(self, *, store: PushedStore, clock: Clock, random: Random, ttl: int) -> None:
        self._store = store
        self._clock = clock
        self._random = random
        self.ttl = ttl

    def add(self, client: Client, params: Pairs) -> str:
        """Keep a request that was found good; its request_uri (§2.2)."""
        reference = self._random.token()
        request = PushedRequest(client.client_id, params, self._clock.timestamp() + self.ttl)
        self._store.add(digest(reference), request, self.ttl + _KEPT)
        return PREFIX + reference

    def find(self, request_uri: str, client: Client) -> tuple[str, Pairs]:
        """The digest that stands for it, and its parameters.

        It may be begun again until it is answered: people reload pages (§7.3). Raises
        InvalidRequestUriError for one that is unknown, answered, expired or another client's.
        """
        reference = digest(request_uri.removeprefix(PREFIX))
        found = self._store.get(reference)
        if (
            found is None
            or found.client_id != client.client_id
            or found.expires_at <= self._clock.timestamp()
        ):
            raise InvalidRequestUriError("The request_uri is unknown, used or expired.")
        return reference, found.params

    def end(self, reference: str) -> None:
        """It was answered, by a refusal; what it led to cannot be begun again."""
        self._store.remove(reference)
