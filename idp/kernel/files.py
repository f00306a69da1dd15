"""Writing files that hold secrets: private from their first moment, replaced in one step."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def write_private(path: Path, content: bytes) -> None:
    """A new file with mode 0600 from its first moment, whatever the umask; never overwrites.

    It belongs to the folder's owner, so that root may rotate keys that a service reads.
    """
    owner = path.parent.stat()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        if os.geteuid() == 0:
            os.fchown(handle, owner.st_uid, owner.st_gid)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def replace_private(path: Path, content: bytes) -> None:
    """Put a private file in the place of another: a reader sees the old one or the new one.

    It outlives a power cut from the moment that this returns.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    write_private(temporary, content)
    os.replace(temporary, path)
    settle(path.parent)


def settle(folder: Path) -> None:
    """Make a rename outlive a power cut: the folder's own entry is on disk when this returns."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_private(path: Path) -> bool:
    """Whether nobody but its owner may read or write a file."""
    return not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
