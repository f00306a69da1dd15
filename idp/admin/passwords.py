"""Passwords as they are kept: Argon2id (RFC 9106), few at a time."""

from __future__ import annotations

import base64
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from idp.kernel.errors import IdpError
from idp.kernel.random import Random

_LENGTH = 32
_SALT = 16
_QUEUE_SECONDS = 1.0


@dataclass(frozen=True)
class Cost:
    """What one hash takes: KiB of memory, passes over it, lanes."""

    memory: int
    passes: int
    lanes: int


# RFC 9106 §4, second recommended option: 64 MiB.
COST = Cost(memory=65_536, passes=3, lanes=4)


class Passwords:
    """Hashes and compares, of a process with so many threads.

    A quarter of them hash at once (at least one), and with those that wait up to a second for their
    turn they are never more than half: who sends junk to the login neither takes the memory nor the
    threads that everybody else needs.
    """

    def __init__(self, *, random: Random, cost: Cost = COST, threads: int = 8) -> None:
        self._random = random
        self._cost = cost
        parallel = max(1, threads // 4)
        self._slots = threading.BoundedSemaphore(parallel)
        self._places = threading.BoundedSemaphore(max(parallel, threads // 2))
        self._nobodys = self._of_nobody()

    def hash(self, password: str) -> str:
        """The form to keep, which tells its cost. Raises IdpError("console_busy", 503)."""
        with self._slot():
            return Argon2id(
                salt=self._random.bytes(_SALT),
                length=_LENGTH,
                iterations=self._cost.passes,
                lanes=self._cost.lanes,
                memory_cost=self._cost.memory,
            ).derive_phc_encoded(_bytes(password))

    def matches(self, kept: str | None, password: str) -> bool:
        """Whether it is that password; as long a work where nothing is kept.

        Raises IdpError("console_busy", 503).
        """
        with self._slot():
            try:
                Argon2id.verify_phc_encoded(_bytes(password), kept or self._nobodys)
            except InvalidKey:
                return False
        return kept is not None

    def outdated(self, kept: str) -> bool:
        """Whether a kept form is of another cost than ours: its work tells it from nobody's."""
        return not kept.startswith(self._head())

    def _of_nobody(self) -> str:
        # What nothing hashes to: made up, since making it costs as much as a login.
        salt, tag = (
            base64.b64encode(self._random.bytes(size)).rstrip(b"=").decode()
            for size in (_SALT, _LENGTH)
        )
        return f"{self._head()}{salt}${tag}"

    def _head(self) -> str:
        cost = self._cost
        return f"$argon2id$v=19$m={cost.memory},t={cost.passes},p={cost.lanes}$"

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise _busy()
        try:
            if not self._slots.acquire(timeout=_QUEUE_SECONDS):
                raise _busy()
            try:
                yield
            finally:
                self._slots.release()
        finally:
            self._places.release()


def _bytes(password: str) -> bytes:
    # NIST SP 800-63B §3.1.1.2: one form, whichever keyboard typed it.
    return unicodedata.normalize("NFKC", password).encode("utf-8", "replace")


def _busy() -> IdpError:
    return IdpError("console_busy", 503, retry_after=5)
