"""The folder of keys: PEM files that only their owner may read, and `keyring.json` about them."""

from __future__ import annotations

import json
import os
import stat
from collections import Counter
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from idp.kernel.errors import StartError
from idp.kernel.files import replace_private
from idp.signing.key import ALGORITHMS, JoseKey, KeyRecord, KeyState, SigningKey

METADATA = "keyring.json"
_TEMPORARY = f".{METADATA}."
_RSA_SIZES = (2048, 3072)
_MAX_BYTES = 65_536
_ATTEMPTS = 4
_TIMES = ("created_at", "activated_at", "retired_at")


class KeyringError(StartError):
    """The keys cannot be used; each problem says how to mend it (in Spanish)."""


def read(keys_dir: Path) -> tuple[SigningKey, ...]:
    """Every key of the folder but revoked ones, parsed; as it is between two changes, although one
    may be under way. Raises KeyringError with every problem found.
    """
    for _ in range(_ATTEMPTS):
        before = stamp(keys_dir)
        try:
            return _read(keys_dir)
        except KeyringError:
            # Files that come and go with a change are no problem of the folder.
            if stamp(keys_dir) == before:
                raise
    return _read(keys_dir)


def _read(keys_dir: Path) -> tuple[SigningKey, ...]:
    records, pending = _document(keys_dir)
    problems = _folder_problems(keys_dir, records, pending)
    keys = []
    for record in records:
        if record.state is KeyState.REVOKED:
            continue
        try:
            keys.append(_parse(record, _read_private(keys_dir / record.file)))
        except KeyringError as error:
            problems.extend(error.problems)
    if not problems and not any(one.state is KeyState.ACTIVE for one in records):
        problems.append(
            f"{keys_dir / METADATA}: ninguna llave está activa; genere una con `idp keys generate`"
        )
    if problems:
        raise KeyringError(problems)
    return tuple(keys)


def read_records(keys_dir: Path) -> tuple[KeyRecord, ...]:
    """The rows of keyring.json, without touching a private key. Raises KeyringError."""
    return _document(keys_dir)[0]


def _document(keys_dir: Path) -> tuple[tuple[KeyRecord, ...], tuple[str, ...]]:
    """The rows, and the files that a change has (or had, when it was cut off) under way."""
    path = keys_dir / METADATA
    try:
        raw = path.read_bytes()[: _MAX_BYTES * 4]
    except FileNotFoundError as error:
        raise KeyringError(
            [f"{path}: no existe; genere las llaves con `idp keys generate`"]
        ) from error
    except OSError as error:
        raise KeyringError([f"{path}: no se puede leer ({error.strerror})"]) from error
    try:
        found = json.loads(raw)
        pending = tuple(_file_name(one) for one in found.get("pending", ()))
        return tuple(_record(row) for row in found["keys"]), pending
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise KeyringError(
            [f"{path}: no tiene la forma esperada ({type(error).__name__}: {error}); "
             "restáurelo de una copia de respaldo"]
        ) from error  # fmt: skip


def stamp(keys_dir: Path) -> tuple[int, int, int] | None:
    """What changes when keyring.json does: mtime, size, inode; None when it is missing."""
    try:
        found = os.stat(keys_dir / METADATA)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def write_records(
    keys_dir: Path, records: tuple[KeyRecord, ...], pending: tuple[str, ...] = ()
) -> None:
    """Replace keyring.json in one step: a reader sees the old one or the new one.

    pending: files about to come or to go. Named here, they stop no start meanwhile, and `tidy`
    removes what is left of them where the change was cut off.
    """
    rows = [{name: _json(value) for name, value in asdict(one).items()} for one in records]
    found = {"keys": rows} | ({"pending": list(pending)} if pending else {})
    replace_private(keys_dir / METADATA, (json.dumps(found, indent=2) + "\n").encode())


def tidy(keys_dir: Path) -> None:
    """Remove what changes that were cut off left: keys that nobody ever saw or needs any more, and
    the private halves of revoked keys. The folder must be locked. Raises KeyringError.
    """
    records, pending = _document(keys_dir)
    kept = {one.file for one in records if one.state is not KeyState.REVOKED}
    revoked = {one.file for one in records if one.state is KeyState.REVOKED}
    for name in ({*pending} | revoked) - kept:
        (keys_dir / name).unlink(missing_ok=True)
    for path in keys_dir.glob(f"{_TEMPORARY}*"):
        path.unlink(missing_ok=True)


def _folder_problems(
    keys_dir: Path, records: tuple[KeyRecord, ...], pending: tuple[str, ...]
) -> list[str]:
    problems = []
    if keys_dir.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        problems.append(
            f"{keys_dir}: otros usuarios pueden escribir en esta carpeta; "
            f"ejecute: chmod 700 {keys_dir}"
        )
    listed = {one.file for one in records} | {*pending}
    problems.extend(
        f"{path}: {METADATA} no la nombra; muévala a otra carpeta o restaure {METADATA}"
        for path in sorted(keys_dir.glob("*.pem"))
        if path.name not in listed
    )
    # A revoked key must not come back by a second row, of a backup that was merged by hand.
    problems.extend(
        f"{keys_dir / METADATA}: nombra más de una vez la llave {kid}; deje solo una fila"
        for kid, times in Counter(one.kid for one in records).items()
        if times > 1
    )
    active = [one.alg for one in records if one.state is KeyState.ACTIVE]
    problems.extend(
        f"{keys_dir / METADATA}: hay más de una llave activa para {alg}; deje solo una"
        for alg in ALGORITHMS
        if active.count(alg) > 1
    )
    return problems


def _read_private(path: Path) -> bytes:
    """The bytes of a PEM; the mode is asked of the open file, so that it is the one read."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if mode & 0o077:
                raise KeyringError(
                    [f"{path}: otros usuarios pueden leer esta llave privada (modo "
                     f"{stat.S_IMODE(mode):04o}); ejecute: chmod 600 {path}"]
                )  # fmt: skip
            return file.read(_MAX_BYTES)
    except OSError as error:
        raise KeyringError([f"{path}: no se puede leer ({error.strerror})"]) from error


def _parse(record: KeyRecord, pem: bytes) -> SigningKey:
    try:
        native = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise KeyringError(
            [f"{record.file}: no es una llave privada PKCS#8 sin contraseña en formato PEM"]
        ) from error
    if not _fits(native, record.alg):
        raise KeyringError(
            [f"{record.file}: {record.alg} necesita una llave "
             + ("RSA de 2048 o 3072 bits" if record.alg == "RS256" else "de la curva P-256")]
        )  # fmt: skip
    try:
        return signing_key(record, native)
    except JoseError as error:  # pragma: no cover - cryptography accepted it just above
        raise KeyringError([f"{record.file}: no se puede usar"]) from error


def _fits(native: object, alg: str) -> bool:
    if alg == "RS256":
        return isinstance(native, rsa.RSAPrivateKey) and native.key_size in _RSA_SIZES
    return isinstance(native, ec.EllipticCurvePrivateKey) and native.curve.name == "secp256r1"


def signing_key(record: KeyRecord, native: object) -> SigningKey:
    """Of a key as cryptography parsed it, which is done once: it takes some 40 ms for RSA.

    Raises KeyringError when the kid is not the key's own thumbprint.
    """
    parameters: Any = {"kid": record.kid, "use": "sig", "alg": record.alg}
    kind: Any = RSAKey if record.alg == "RS256" else ECKey
    jose: JoseKey = kind.import_key(native, parameters)
    if jose.thumbprint() != record.kid:
        raise KeyringError([f"{record.file}: el kid de {METADATA} no es el de esta llave"])
    return SigningKey(record=record, jose=jose, public=dict(jose.as_dict(private=False)))


def _record(row: dict[str, Any]) -> KeyRecord:
    if row["alg"] not in ALGORITHMS:
        raise ValueError(f"alg {row['alg']}")
    file = _file_name(row["file"])
    times = {name: _time(row.get(name)) for name in _TIMES}
    state = KeyState(row["state"])
    if times["created_at"] is None:
        raise ValueError("created_at")
    over = state in (KeyState.RETIRED, KeyState.REVOKED)
    if over != (times["retired_at"] is not None):
        raise ValueError("retired_at")
    return KeyRecord(
        kid=str(row["kid"]),
        alg=row["alg"],
        file=file,
        state=state,
        created_at=times["created_at"],
        activated_at=times["activated_at"],
        retired_at=times["retired_at"],
        reason=None if row.get("reason") is None else str(row["reason"]),
    )


def _file_name(found: object) -> str:
    """A plain name within the folder, never a path out of it."""
    if not isinstance(found, str) or Path(found).name != found:
        raise ValueError("file")
    return found


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("a time without zone")
    return found


def _json(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
