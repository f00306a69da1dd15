"""New keys, written so that nobody else may read them, not even for a moment."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc.jwk import ECKey, RSAKey

from idp.kernel.clock import Clock
from idp.kernel.files import write_private
from idp.signing.key import ALGORITHMS, KeyRecord, KeyState
from idp.signing.store import (
    METADATA,
    KeyringError,
    read_records,
    tidy,
    write_records,
)

_RSA_BITS = 2048


def generate(
    keys_dir: Path, alg: str, *, clock: Clock, state: KeyState | None = None, bits: int = _RSA_BITS
) -> KeyRecord:
    """Make a key, write its PEM (PKCS#8, mode 0600) and its row of keyring.json.

    state: by default `active` where none of this algorithm is, else `next`. bits: of RS256, 2048
    or 3072. The randomness is OpenSSL's own: a key from an injected source would be a test's.
    Raises ValueError for an unknown algorithm or size, KeyringError for an unusable folder.
    """
    if alg not in ALGORITHMS or bits not in (2048, 3072):
        raise ValueError(f"{alg} {bits}")
    with locked(keys_dir, make=True):
        return make_key(keys_dir, alg, clock=clock, state=state, bits=bits)


def ensure_generated(
    keys_dir: Path, *, clock: Clock, algorithms: tuple[str, ...] = ALGORITHMS
) -> tuple[KeyRecord, ...]:
    """Make an active key of each algorithm that has none; the rows of the keys that were made.

    Safe to call from several processes at once: the folder is locked meanwhile.
    """
    with locked(keys_dir, make=True):
        active = {one.alg for one in _records(keys_dir) if one.state is KeyState.ACTIVE}
        return tuple(
            make_key(keys_dir, alg, clock=clock, state=KeyState.ACTIVE, bits=_RSA_BITS)
            for alg in algorithms
            if alg not in active
        )


def make_key(
    keys_dir: Path,
    alg: str,
    *,
    clock: Clock,
    state: KeyState | None,
    bits: int = _RSA_BITS,
    records: tuple[KeyRecord, ...] | None = None,
) -> KeyRecord:
    """A key with its row, in a folder that is locked. records: what the other rows become by the
    same write; by default they stay.
    """
    if records is None:
        records = _records(keys_dir)
    has_active = any(one.alg == alg and one.state is KeyState.ACTIVE for one in records)
    state = state or (KeyState.NEXT if has_active else KeyState.ACTIVE)
    if state in (KeyState.RETIRED, KeyState.REVOKED) or (state is KeyState.ACTIVE and has_active):
        raise ValueError(f"state {state}")
    pem, kid = _pem(alg, bits)
    now = clock.now()
    record = KeyRecord(
        kid=kid, alg=alg, file=f"{alg.lower()}-{kid}.pem", state=state, created_at=now
    )
    if state is KeyState.ACTIVE:
        record = replace(record, activated_at=now)
    # The PEM before its row, which would stop the next start without it; announced first, since
    # one without a row, where we are cut off in between, would stop it as well.
    write_records(keys_dir, _records(keys_dir), pending=(record.file,))
    write_private(keys_dir / record.file, pem)
    write_records(keys_dir, (*records, record))
    return record


def _records(keys_dir: Path) -> tuple[KeyRecord, ...]:
    return read_records(keys_dir) if (keys_dir / METADATA).exists() else ()


def _pem(alg: str, bits: int) -> tuple[bytes, str]:
    """A new key, and its thumbprint (RFC 7638)."""
    native: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    jose: RSAKey | ECKey
    if alg == "RS256":
        native = rsa.generate_private_key(public_exponent=65_537, key_size=bits)
        jose = RSAKey.import_key(native)
    else:
        native = ec.generate_private_key(ec.SECP256R1())
        jose = ECKey.import_key(native)
    pem = native.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return pem, jose.thumbprint()


@contextmanager
def locked(keys_dir: Path, *, make: bool = False) -> Iterator[None]:
    """The folder, locked against a second generator, closed to others, and rid of what a change
    that was cut off had left.

    make: make it when missing. Otherwise a folder without keyring.json is somebody else's, and is
    left as it is. Raises KeyringError.
    """
    if not make:
        read_records(keys_dir)
    try:
        if make:
            keys_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        keys_dir.chmod(0o700)
        handle = os.open(keys_dir, os.O_RDONLY)
    except OSError as error:
        raise KeyringError(
            [f"{keys_dir}: no se puede usar la carpeta ({error.strerror})"]
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if (keys_dir / METADATA).exists():
            tidy(keys_dir)
        yield
    finally:
        os.close(handle)
