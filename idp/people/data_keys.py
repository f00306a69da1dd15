"""The keys that personal data is kept under: one file that only its owner may read.

    {"lookup": "<key>", "sealing": [{"id": "d1", "made_at": "2026-…", "key": "<key>"}, …]}

Each key is 32 random bytes in base64url. The last of `sealing` seals; the ones before only open
what they sealed. `lookup` stays for good: rows are found by it. Who loses the file loses the
people: it belongs into a backup of its own, apart from the database's.
"""

from __future__ import annotations

import base64
import binascii
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from idp.kernel.clock import Clock
from idp.kernel.errors import StartError
from idp.kernel.files import is_private, replace_private, write_private
from idp.kernel.random import Random
from idp.kernel.times import read_moment

_BYTES = 32
_MAX_FILE = 65_536
_NEW = "genere las llaves con `idp data-keys generate`, o restáurelas de su copia de respaldo"


class DataKeysError(StartError):
    """The file cannot be used; each problem says how to mend it (in Spanish)."""


@dataclass(frozen=True)
class DataKey:
    """A key that seals. id: letters and digits, in front of all that it sealed."""

    id: str
    made_at: datetime
    key: bytes


@dataclass(frozen=True)
class DataKeys:
    """All keys of an installation. sealing: the oldest first; the last one seals."""

    lookup: bytes
    sealing: tuple[DataKey, ...]

    @property
    def newest(self) -> DataKey:
        """The one that seals."""
        return self.sealing[-1]


def read(path: Path) -> DataKeys:
    """The keys of a file. Raises DataKeysError."""
    try:
        if not is_private(path):
            why = f"otros usuarios pueden leerlo; ejecute: chmod 600 {path}"
            raise DataKeysError([f"{path}: {why}"])
        with path.open("rb") as file:
            found = json.loads(file.read(_MAX_FILE))
        return _parse(found)
    except FileNotFoundError as error:
        raise DataKeysError([f"{path}: no existe; {_NEW}"]) from error
    except OSError as error:
        raise DataKeysError([f"{path}: no se pudo leer ({error.strerror})"]) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        # What stands there is secret: the reason names the kind of mistake, never the content.
        raise DataKeysError([f"{path}: no tiene la forma esperada; {_NEW}"]) from error


def generate(path: Path, *, clock: Clock, random: Random) -> bool:
    """Make the file unless it is there; whether it was made. Raises OSError."""
    if path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    keys = DataKeys(random.bytes(_BYTES), (_make("d1", clock, random),))
    try:
        write_private(path, _written(keys))
    except FileExistsError:
        return False
    return True


def rotate(path: Path, *, clock: Clock, random: Random) -> DataKeys:
    """Add a key that seals from now on. Raises DataKeysError, OSError."""
    with _alone(path):
        keys = read(path)
        highest = max(int(one.id[1:]) for one in keys.sealing)
        added = replace(keys, sealing=(*keys.sealing, _make(f"d{highest + 1}", clock, random)))
        replace_private(path, _written(added))
    return added


def forget(path: Path, ids: frozenset[str]) -> DataKeys:
    """Remove keys that nothing is sealed with any more; never the one that seals.

    Raises DataKeysError, OSError.
    """
    with _alone(path):
        keys = read(path)
        kept = tuple(one for one in keys.sealing if one.id not in ids or one == keys.newest)
        remaining = replace(keys, sealing=kept)
        if remaining != keys:
            replace_private(path, _written(remaining))
    return remaining


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """No other command changes the file meanwhile: a key that was written and lost again may have
    sealed rows by then. A file that is missing is for `read` to say.
    """
    try:
        folder = os.open(path.parent, os.O_RDONLY)
    except FileNotFoundError:
        yield
        return
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _make(name: str, clock: Clock, random: Random) -> DataKey:
    return DataKey(name, clock.now().replace(microsecond=0), random.bytes(_BYTES))


def _parse(found: Any) -> DataKeys:
    sealing = tuple(_parse_one(row) for row in found["sealing"])
    names = {one.id for one in sealing}
    if not sealing or len(names) != len(sealing):
        raise ValueError("no key seals, or two have one name")
    return DataKeys(_decode(found["lookup"]), sealing)


def _parse_one(row: Any) -> DataKey:
    made_at, name = read_moment(row["made_at"]), row["id"]
    if made_at is None or not (name[:1] == "d" and name[1:].isascii() and name[1:].isdigit()):
        raise ValueError("not a key's row")
    return DataKey(name, made_at, _decode(row["key"]))


def _decode(text: str) -> bytes:
    try:
        key = base64.b64decode(text, altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url") from error
    if len(key) != _BYTES:
        raise ValueError("a key of another length")
    return key


def _encode(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).decode("ascii")


def _written(keys: DataKeys) -> bytes:
    rows = [
        {"id": one.id, "made_at": one.made_at.isoformat(), "key": _encode(one.key)}
        for one in keys.sealing
    ]
    return (json.dumps({"lookup": _encode(keys.lookup), "sealing": rows}, indent=2) + "\n").encode()
