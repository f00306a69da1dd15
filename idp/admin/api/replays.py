"""A change that is sent again is done once: its key is kept with the answer for a day."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from idp.admin.api.call import Answer
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError, Unavailable
from idp.kernel.ids import keyed_digest

KEPT = 86_400
# Longer than any change takes; a process that died in one holds its key no longer.
UNDER_WAY = 60
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kept:
    """request: a digest of what came with the key. answer: empty while it is being done."""

    request: str
    answer: str


class ReplayStore(Protocol):
    """Keys in use. Every method raises Unavailable("redis")."""

    def begin(self, key: str, request: str, *, now: float, seconds: int) -> Kept | None:
        """Take the key for so long: None; what is kept of it where somebody did. Of parallel calls
        exactly one is None.
        """
        ...

    def finish(self, key: str, request: str, answer: str, *, now: float, seconds: int) -> None:
        """Keep the answer for so long."""
        ...

    def drop(self, key: str) -> None:
        """Nothing was done: the key may be used again."""
        ...


class Replays:
    """key: 32 bytes; what clients send as keys is stored as an HMAC."""

    def __init__(self, *, store: ReplayStore, clock: Clock, key: bytes) -> None:
        self._store = store
        self._clock = clock
        self._key = key

    def once(
        self, client_id: str, key: str, request: Mapping[str, Any], do: Callable[[], Answer]
    ) -> Answer:
        """What `do` answers, now or when the same request came first. What it raises is not kept.

        Raises IdpError idempotency_key_reused (422), idempotency_in_progress (409),
        Unavailable("redis").
        """
        stored_as = keyed_digest(self._key, f"{len(client_id)}:{client_id}{key}")
        wanted = keyed_digest(self._key, json.dumps(request, sort_keys=True, default=str))
        found = self._store.begin(stored_as, wanted, now=self._clock.timestamp(), seconds=UNDER_WAY)
        if found is not None:
            return _again(found, wanted)
        try:
            answer = do()
        except BaseException:
            self._forgotten(stored_as)
            raise
        self._finished(stored_as, wanted, answer)
        return answer

    def _finished(self, key: str, wanted: str, answer: Answer) -> None:
        text = json.dumps([answer.status, answer.body, answer.tag])
        try:
            now = self._clock.timestamp()
            self._store.finish(key, wanted, text, now=now, seconds=KEPT)
        except Unavailable:
            # It is done, and that is what must be told.
            _log.warning("the answer to a change was not kept: a repeat would be done anew")

    def _forgotten(self, key: str) -> None:
        try:
            self._store.drop(key)
        except Unavailable:
            _log.warning("a key of a change that was not done is held for a minute")


def _again(found: Kept, wanted: str) -> Answer:
    if found.request != wanted:
        raise IdpError("idempotency_key_reused", 422)
    if not found.answer:
        raise IdpError("idempotency_in_progress", 409, retry_after=2)
    status, body, tag = json.loads(found.answer)
    return Answer(body, status, tag, repeated=True)
