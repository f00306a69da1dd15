"""Personal data as it is kept: sealed, and found again by a keyed hash.

AES-256-GCM (NIST SP 800-38D) with random 96-bit nonces; each value is bound to its row, so that
none can be moved to another. A hash that whoever has the database cannot compute (HMAC-SHA-256)
finds an identifier or an address without telling it.
"""

from __future__ import annotations

import base64
import logging
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from idp.kernel.errors import StartError, Unavailable
from idp.kernel.ids import keyed_digest
from idp.kernel.random import Random
from idp.people.data_keys import DataKeys, read

_log = logging.getLogger(__name__)
_NONCE = 12
_LOOK_AGAIN = 1.0


@dataclass(frozen=True)
class _Loaded:
    lookup: bytes
    newest: str
    ciphers: dict[str, AESGCM]
    stamp: tuple[int, int, int] | None

    @classmethod
    def of(cls, keys: DataKeys, stamp: tuple[int, int, int] | None) -> _Loaded:
        ciphers = {one.id: AESGCM(one.key) for one in keys.sealing}
        return cls(keys.lookup, keys.newest.id, ciphers, stamp)


class Vault:
    """Seals and opens with the keys of a file, which it follows within a second.

    Raises StartError at once for a file that cannot be used; one that breaks later changes nothing,
    nor does the file of another database once `pin` was called.
    """

    def __init__(self, path: Path, *, random: Random) -> None:
        self._path = path
        self._random = random
        self._pinned = False
        self._loaded = self._read()
        self._looked = time.monotonic()

    @property
    def newest(self) -> str:
        """The id of the key that seals now."""
        return self._now().newest

    @property
    def fingerprint(self) -> str:
        """What tells whether a database was filled with the same lookup key."""
        return self.lookup("fingerprint", "")[:16]

    def pin(self) -> None:
        """The database was filled with this lookup key: from now on no file with another counts."""
        self._pinned = True

    def seal(self, text: str, bound: str) -> str:
        """Encrypt as `<key id>.<base64url>`; two seals of one text differ.

        bound: the row and column that it is for: it opens there alone.
        """
        loaded = self._now()
        nonce = self._random.bytes(_NONCE)
        sealed = loaded.ciphers[loaded.newest].encrypt(nonce, text.encode(), bound.encode())
        return f"{loaded.newest}.{base64.urlsafe_b64encode(nonce + sealed).decode('ascii')}"

    def open(self, sealed: str, bound: str) -> str:
        """Decrypt. Raises Unavailable("data_keys") for what these keys did not seal, or not there:
        a key that is missing may come back.
        """
        key_id, _, body = sealed.partition(".")
        cipher = self._loaded.ciphers.get(key_id) or self._now(at_once=True).ciphers.get(key_id)
        if cipher is None:
            raise Unavailable("data_keys", f"no key {key_id[:8]}")
        try:
            raw = base64.urlsafe_b64decode(body)
            return cipher.decrypt(raw[:_NONCE], raw[_NONCE:], bound.encode()).decode()
        except (ValueError, InvalidTag) as error:
            raise Unavailable("data_keys", f"a value of key {key_id[:8]} is damaged") from error

    def has_key_of(self, sealed: str) -> bool:
        """Whether the key that this says it was sealed with is there."""
        return sealed.partition(".")[0] in self._loaded.ciphers

    def lookup(self, kind: str, value: str) -> str:
        """The keyed hash of a guessable value, as 64 hex digits; kinds never meet."""
        return keyed_digest(self._loaded.lookup, f"{kind}\0{value}")

    def _now(self, *, at_once: bool = False) -> _Loaded:
        if at_once or time.monotonic() - self._looked >= _LOOK_AGAIN:
            self._looked = time.monotonic()
            if _stamp(self._path) not in (None, self._loaded.stamp):
                # Half restored, perhaps: the keys at hand go on, and the next look tells.
                with suppress(StartError):
                    self._follow(self._read())
        return self._loaded

    def _follow(self, found: _Loaded) -> None:
        if self._pinned and found.lookup != self._loaded.lookup:
            # By another one nobody would be found, and everybody made anew with another `sub`.
            _log.error("the file of data keys is another database's: the keys at hand go on")
        else:
            self._loaded = found

    def _read(self) -> _Loaded:
        stamp = _stamp(self._path)
        return _Loaded.of(read(self._path), stamp)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
