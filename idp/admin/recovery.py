"""Recovery codes: ten, each good once, for whoever is without the app."""

from __future__ import annotations

import base64

from idp.kernel.ids import keyed_digest
from idp.kernel.random import Random

COUNT = 10
_LENGTH = 12


class RecoveryCodes:
    """Makes codes of 60 bits and tells the digest under which each is kept. key: 32 bytes."""

    def __init__(self, *, key: bytes, random: Random) -> None:
        self._key = key
        self._random = random

    def new(self) -> list[str]:
        """Ten codes, as people write them down: `k3qf-ab2d-xy7q`."""
        return [self._one() for _ in range(COUNT)]

    def digest(self, account_id: str, typed: str) -> str:
        """The digest of a code of that account, however it was typed."""
        # Base32 has no zero: whoever typed one read the letter.
        code = "".join(char for char in typed.casefold() if char.isalnum()).replace("0", "o")
        return keyed_digest(self._key, f"{account_id}|{code}")

    def _one(self) -> str:
        text = base64.b32encode(self._random.bytes(10)).decode("ascii").lower()[:_LENGTH]
        return "-".join(text[at : at + 4] for at in range(0, _LENGTH, 4))
