"""Opaque ids and digests.

A secret that travels (cookie, code, link, state) is stored only as its SHA-256: 256 random bits
need no slow hash. What a person typed is stored only as a keyed HMAC, since it can be guessed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from idp.kernel.random import Random


def new_id(random: Random, prefix: str) -> str:
    """A new opaque id such as `per_5f…`: the prefix, then 120 random bits in lower-case base32."""
    body = base64.b32encode(random.bytes(15)).decode("ascii").lower()
    return f"{prefix}_{body}"


def digest(secret: str) -> str:
    """SHA-256 of a high-entropy secret, as 64 hex digits: the form in which it is stored."""
    return hashlib.sha256(secret.encode()).hexdigest()


def derive_key(secret_key: str, purpose: str) -> bytes:
    """A 32-byte key for one purpose, from the installation's secret (HMAC as a PRF, RFC 5869 §2.3).

    Keys of different purposes tell nothing about one another.
    """
    return hmac.new(secret_key.encode(), f"vuce-idp/{purpose}".encode(), hashlib.sha256).digest()


def keyed_digest(key: bytes, value: str) -> str:
    """HMAC-SHA-256 of a guessable value (RUC, e-mail, address prefix), as 64 hex digits."""
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()


def keyed_token(key: bytes, value: str) -> str:
    """HMAC-SHA-256 as unpadded base64url, 43 characters: a secret derived from an opaque id."""
    mac = hmac.new(key, value.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode("ascii")


def same(left: str, right: str) -> bool:
    """Compare two secrets in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())


def storable(value: object) -> object:
    """A text without what PostgreSQL cannot hold (NUL, halves of surrogate pairs); else the value.

    An odd name must neither fail a login on one database and pass on the other, nor look changed
    each time that it is read back.
    """
    if not isinstance(value, str):
        return value
    return value.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")
