"""Randomness, injected: nothing outside this package asks the machine for random bytes."""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Protocol


class Random(Protocol):
    """A source of unpredictable bytes."""

    def bytes(self, count: int) -> bytes:
        """So many random bytes."""
        ...

    def token(self, count: int = 32) -> str:
        """So many random bytes as unpadded base64url (32 bytes: 256 bits, 43 characters)."""
        ...

    def digits(self, count: int) -> str:
        """So many decimal digits, each equally likely; the first may be zero."""
        ...


class _FromBytes:
    def bytes(self, count: int) -> bytes:
        raise NotImplementedError

    def token(self, count: int = 32) -> str:
        return base64.urlsafe_b64encode(self.bytes(count)).rstrip(b"=").decode("ascii")

    def digits(self, count: int) -> str:
        found: list[str] = []
        while len(found) < count:
            # 250 is the largest multiple of ten in a byte: what is above would favour low digits.
            found.extend(str(byte % 10) for byte in self.bytes(count) if byte < 250)
        return "".join(found[:count])


class SystemRandom(_FromBytes):
    """The operating system's source."""

    def bytes(self, count: int) -> bytes:
        """So many random bytes."""
        return secrets.token_bytes(count)


class SeededRandom(_FromBytes):
    """A repeatable source: for tests only."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._drawn = 0

    def bytes(self, count: int) -> bytes:
        """The next bytes of the sequence that the seed fixes."""
        found = b""
        while len(found) < count:
            found += hashlib.sha256(f"{self._seed}:{self._drawn}".encode()).digest()
            self._drawn += 1
        return found[:count]
