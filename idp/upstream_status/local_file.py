"""The file in which an operator flips a flag while the database is away."""

from __future__ import annotations

import fcntl
import logging
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from idp.kernel.files import replace_private
from idp.upstream_status.override import Override, parse, written

_log = logging.getLogger(__name__)
_MOST = 65_536


class LocalOverrides:
    """A file of this machine: it holds for the processes here alone, whatever the database knows,
    until it was taken over into that.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._found: tuple[Override, ...] = ()

    def read(self) -> tuple[Override, ...]:
        """Every one that waits; costs one `stat` while the file stays as it is."""
        try:
            found = self._path.stat()
        except OSError:
            self._seen, self._found = None, ()
            return ()
        # By what changes also where somebody only mends its owner or mode.
        seen = (found.st_ino, found.st_ctime_ns, found.st_size)
        if seen != self._seen:
            self._seen, self._found = seen, self._parsed(found)
        return self._found

    def write(self, override: Override) -> None:
        """Say it, instead of what was said of this upstream before. Raises OSError."""
        with self._alone():
            others = tuple(one for one in self.read() if one.realm != override.realm)
            replace_private(self._path, written((*others, override)).encode())

    def remove(self, override: Override) -> None:
        """It is in the database; one that was written since stays."""
        # Where this process may not write, the database's word is newer and counts anyway.
        # One whose file is busy just now is removed the next time.
        with suppress(OSError), self._alone(fcntl.LOCK_NB):
            found = self.read()
            left = tuple(one for one in found if one.id != override.id)
            if len(left) == len(found):
                return
            if left:
                replace_private(self._path, written(left).encode())
            else:
                self._path.unlink(missing_ok=True)

    @contextmanager
    def _alone(self, manner: int = 0) -> Iterator[None]:
        """No other process changes the file meanwhile. The folder is locked, since whoever may use
        the file may open that.
        """
        handle = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | manner)
            yield
        finally:
            os.close(handle)

    def _parsed(self, found: os.stat_result) -> tuple[Override, ...]:
        problem = _unsafe(found)
        if problem is None:
            try:
                return parse(self._path.read_text(encoding="utf-8"))
            except (OSError, ValueError, RecursionError) as error:
                problem = type(error).__name__
        _log.error("the file of local overrides is not used", extra={"reason": problem})
        return ()


def _unsafe(found: os.stat_result) -> str | None:
    """Why a file is not one that an operator of this machine wrote, if so."""
    if not stat.S_ISREG(found.st_mode) or found.st_size > _MOST:
        return "not a small file"
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return "others may write it"
    if found.st_uid not in (0, os.geteuid()):
        return "it belongs to another user"
    return None
