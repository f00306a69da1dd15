"""Getting checkpoints off the machine: to a file or folder that is mounted, and to an address."""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from idp.audit.checkpoints import Signed
from idp.audit.ports import CheckpointStore, Destination
from idp.kernel.clock import Clock
from idp.kernel.files import settle
from idp.kernel.ports import HttpClient, HttpFailure

_log = logging.getLogger(__name__)
_SOME = 50
_FIRST, _LONGEST = 5.0, 120.0
CONTENT_TYPE = "application/jose"


class FileDestination:
    """A line each in a file that is only appended to; in a folder a file each, `000000000012.jws`,
    never written again: for volumes that let nothing be changed.
    """

    name = "file"

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, signed: Signed) -> None:
        """Append it, and wait for the disk. A second time is a second line, which harms nothing."""
        if self._path.is_dir():
            self._place(self._path / f"{signed.checkpoint.n:012}.jws", signed.jws)
            return
        end = _missing_end(self._path)
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
        try:
            # In one call: of two workers neither writes into the other's line.
            _whole(handle, f"{end}{signed.jws}\n")
        finally:
            os.close(handle)

    def _place(self, path: Path, jws: str) -> None:
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
        except FileExistsError:
            found = path.read_text("ascii", "replace").strip()
            if found == jws:
                return
            if not jws.startswith(found):
                raise  # another statement of this n: not ours to replace
            handle = os.open(path, os.O_WRONLY)  # cut off before all of it was written
        try:
            _whole(handle, f"{jws}\n")
        finally:
            os.close(handle)
        settle(path.parent)


def _missing_end(path: Path) -> str:
    """What ends a last line that was cut off, as far as we may read it; nothing for most files."""
    with suppress(OSError):
        if path.is_file() and path.stat().st_size:
            with path.open("rb") as file:
                file.seek(-1, os.SEEK_END)
                return "" if file.read(1) == b"\n" else "\n"
    return ""


def _whole(handle: int, text: str) -> None:
    """Write it, and wait for the disk. Raises OSError where a full one took a part of it."""
    written = os.write(handle, text.encode())
    if written < len(text):
        raise OSError(errno.ENOSPC, "not all of it was written")
    os.fsync(handle)


class HttpDestination:
    """An address that takes a JWS by POST; it has it when it answers 2xx. It may come again."""

    name = "url"

    def __init__(self, http: HttpClient, url: str) -> None:
        self._http = http
        self._url = url

    def send(self, signed: Signed) -> None:
        """POST it. Raises HttpFailure, also for any other answer."""
        answer = self._http.post(
            self._url, signed.jws.encode(), content_type=CONTENT_TYPE, max_bytes=65_536
        )
        if not 200 <= answer.status < 300:
            raise HttpFailure("protocol", f"status {answer.status}")


class Delivery:
    """Sends every checkpoint to every destination, in their order, until it is there."""

    def __init__(
        self, *, store: CheckpointStore, destinations: Sequence[Destination], clock: Clock
    ) -> None:
        self._store = store
        self._destinations = tuple(destinations)
        self._clock = clock
        self._pause: dict[str, float] = {}
        self._not_before: dict[str, datetime] = {}

    def step(self) -> bool:
        """Send some; whether there are others. Raises Unavailable("sql")."""
        return sum(self._some(one) for one in self._destinations) > 0

    def _some(self, destination: Destination) -> bool:
        name = destination.name
        if name in self._not_before and self._clock.now() < self._not_before[name]:
            return False
        left = self._store.left(name, _SOME)
        for one in left:
            try:
                destination.send(one)
            except (OSError, HttpFailure) as error:
                self._put_off(name, one, error)
                return False
            self._store.arrived(one.checkpoint.n, name, self._clock.now())
        self._pause.pop(name, None)
        self._not_before.pop(name, None)
        return len(left) == _SOME

    def _put_off(self, name: str, one: Signed, error: Exception) -> None:
        pause = min(self._pause.get(name, _FIRST / 2) * 2, _LONGEST)
        self._pause[name] = pause
        self._not_before[name] = self._clock.now() + timedelta(seconds=pause)
        why = error.reason if isinstance(error, HttpFailure) else type(error).__name__
        _log.warning(
            "an audit checkpoint did not leave the machine",
            extra={"destination": name, "n": one.checkpoint.n, "reason": why},
        )
