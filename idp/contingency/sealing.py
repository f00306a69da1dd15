"""What was typed, encrypted for the way to the worker: a queue's dump must not tell who asked.

AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce; the realm and the purpose are bound as
associated data. The text is padded to one length, so that the sealed form tells nothing either.
"""

from __future__ import annotations

import base64

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from idp.kernel.identity import Identifier
from idp.kernel.random import Random

_PURPOSE = b"vuce-idp/contingency/identifier"
_PADDED = 64


class SealBroken(Exception):
    """The sealed text is not ours, was altered, or the key changed."""


class Sealing:
    """Seals identifiers with a 32-byte key."""

    def __init__(self, *, key: bytes, random: Random) -> None:
        self._cipher = AESGCM(key)
        self._random = random

    def seal(self, identifier: Identifier) -> str:
        """Encrypt as base64url text; two seals of the same identifier differ."""
        nonce = self._random.bytes(12)
        plain = f"{identifier.realm}|{identifier.value}".encode().ljust(_PADDED, b"\0")
        return base64.urlsafe_b64encode(
            nonce + self._cipher.encrypt(nonce, plain, _PURPOSE)
        ).decode()

    def unseal(self, sealed: str) -> Identifier:
        """Decrypt. Raises SealBroken."""
        try:
            raw = base64.urlsafe_b64decode(sealed.encode())
            plain = self._cipher.decrypt(raw[:12], raw[12:], _PURPOSE).rstrip(b"\0").decode()
        except (ValueError, InvalidTag) as error:
            raise SealBroken from error
        realm, _, value = plain.partition("|")
        return Identifier(realm, value)
