"""What carries background work out of the request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class JobQueue(Protocol):
    """At-least-once: a handler must bear being called twice with the same payload."""

    def enqueue(
        self, name: str, payload: Mapping[str, str], *, max_age: int, delay: float = 0
    ) -> None:
        """Hand over one piece of work.

        payload: opaque ids and sealed values only. max_age, delay: seconds; what is older than
        max_age is given up (`Jobs.register`), never run. Raises Unavailable("redis"), LookupError
        for an unknown name.
        """
        ...
