"""The components of this process: a snapshot of clients.yaml, swapped whole when it changes."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from idp.clients import loader
from idp.clients.client import Client
from idp.clients.problem import LoadResult, Problem
from idp.clients.rules import ALGORITHMS
from idp.kernel.clock import Clock, SystemClock
from idp.kernel.errors import StartError

_log = logging.getLogger(__name__)
_POLL = 0.4  # seconds; a change counts at the second look that finds it: within one second
_Stamp = tuple[int, int, int] | None


class ClientsFileError(StartError):
    """The file cannot be used and there is no earlier one."""


@dataclass(frozen=True)
class Reload:
    """What came of reading the file again.

    ok: whether it is in force now. clients: how many are in force. digest: of the file's bytes.
    added, removed, changed: client_ids. problems: why it is not in force.
    """

    ok: bool
    clients: int
    digest: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class InForce:
    """What this process goes by. digest: of the bytes of the file that it has, since: when it read
    them; read_at: its last reading, which may have been refused.
    """

    digest: str
    since: datetime
    read_at: datetime


class ClientRegistry:
    """Answers from memory; a file that became invalid leaves the last good one in force.

    realms: those that exist (from the upstreams). algorithms: those that there are keys for, asked
    anew for each reading. on_reload: told of every later reading, good or
    bad, from the thread that read; settable, since wiring builds the audit log afterwards.
    Raises ClientsFileError when the first reading finds problems.
    """

    def __init__(
        self,
        path: Path,
        *,
        production: bool,
        realms: tuple[str, ...],
        algorithms: Callable[[], tuple[str, ...]] = lambda: ALGORITHMS,
        on_reload: Callable[[Reload], None] | None = None,
        poll: float = _POLL,
        clock: Clock | None = None,
    ) -> None:
        self._path = path
        self._production = production
        self._realms = realms
        self._algorithms = algorithms
        self.on_reload = on_reload
        self._poll = poll
        self._reading = threading.RLock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._problems: tuple[Problem, ...] = ()
        self._stamp = _stamp(path)
        first = self._load()
        if not first.ok:
            raise ClientsFileError(first.problems)
        self._clients: Mapping[str, Client] = MappingProxyType(dict(first.clients))
        self._clock = clock or SystemClock()
        now = self._clock.now()
        self._in_force = InForce(first.digest, now, now)

    def get(self, client_id: str) -> Client | None:
        """The component, or None: a dict look-up, no lock."""
        return self._clients.get(client_id)

    def all(self) -> tuple[Client, ...]:
        """Every component, in the file's order."""
        return tuple(self._clients.values())

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Why the file as it is now is not in force; empty while it is."""
        return self._problems

    @property
    def in_force(self) -> InForce:
        """What this process goes by, and since when."""
        return self._in_force

    def reload(self) -> bool:
        """Read the file now (the watcher, SIGHUP); False when it is not usable."""
        with self._reading:
            # The stamp is taken before reading: a write in between is then seen as a change.
            self._stamp = _stamp(self._path)
            result = self._load()
            self._problems = result.problems
            now = self._clock.now()
            if result.ok:
                self._in_force = InForce(result.digest, now, now)
                told = _difference(self._clients, result)
                self._clients = MappingProxyType(dict(result.clients))
                _log.info("clients file reloaded", extra={"clients": len(result.clients)})
            else:
                self._in_force = replace(self._in_force, read_at=now)
                told = Reload(False, len(self._clients), result.digest, problems=result.problems)
                for one in result.problems:
                    _log.error("clients file refused, the last good one stays: %s", one)
        self._tell(told)
        return result.ok

    def start(self) -> None:
        """Begin to watch the file, in a daemon thread; a second call does nothing."""
        if self._thread is None:
            self._stop.clear()
            self._thread = threading.Thread(target=self._watch, name="clients-file", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop watching; returns when the thread has ended."""
        if self._thread is not None:
            self._stop.set()
            self._thread.join()
            self._thread = None

    def _load(self) -> LoadResult:
        return loader.load(
            self._path,
            production=self._production,
            realms=self._realms,
            algorithms=self._algorithms(),
        )

    def _watch(self) -> None:
        before = self._stamp
        while not self._stop.wait(self._poll):
            now = _stamp(self._path)
            # Only once it rests: half of a file that is being written may well be valid YAML.
            if now != self._stamp and now == before:
                try:
                    self.reload()
                except Exception:
                    # Whatever went wrong, the watcher lives on and the snapshot stays.
                    _log.exception("clients file could not be reloaded")
            before = now

    def _tell(self, told: Reload) -> None:
        if self.on_reload is not None:
            try:
                self.on_reload(told)
            except Exception:
                _log.exception("a listener to reloads failed")


def _stamp(path: Path) -> _Stamp:
    """What changes when the file does: mtime, size, inode (a rename over it); None when missing."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _difference(old: Mapping[str, Client], result: LoadResult) -> Reload:
    new = result.clients
    return Reload(
        ok=True,
        clients=len(new),
        digest=result.digest,
        added=tuple(one for one in new if one not in old),
        removed=tuple(one for one in old if one not in new),
        changed=tuple(one for one in new if one in old and new[one] != old[one]),
    )
