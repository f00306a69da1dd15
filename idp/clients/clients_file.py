"""The clients file on disk, changed by a command: read, edited as text, checked whole, swapped.

A change is written only when the new text says exactly what was wanted and has no problem; the
running provider then takes it as it takes any other change of the file.
"""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from idp.clients import edit, loader
from idp.clients.block import NewClient
from idp.clients.client import Client
from idp.clients.edit import CannotEdit
from idp.clients.problem import LoadResult, Problem
from idp.clients.report import Report
from idp.clients.rules import ALGORITHMS

# A clients.yaml holds hashes of random secrets: nothing that its group may not read.
_NEW = 0o640


class FileHasProblems(Exception):
    """The file cannot be used as it is, before any change: `problems`."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(one) for one in problems))
        self.problems = problems


class NotPossible(Exception):
    """The change is refused, and nothing was written: `reasons`, a line each, in Spanish."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = reasons


class ClientsFile:
    """One file. production, realms, algorithms: what it is judged by (see loader.load)."""

    def __init__(
        self,
        path: Path,
        *,
        production: bool,
        realms: tuple[str, ...],
        algorithms: tuple[str, ...] = ALGORITHMS,
    ) -> None:
        # Behind a symbolic link the file itself is replaced, and the link stays.
        self.path = Path(os.path.realpath(path))
        self._production = production
        self._realms = realms
        self._algorithms = algorithms

    def add(self, new: NewClient) -> Client:
        """Append a component. Raises FileHasProblems, NotPossible, CannotEdit and OSError."""
        with self._locked() as folder:
            raw, before, changed = self._appended(new)
            after = self._parsed(changed)
            if not after.ok:
                raise NotPossible(*_told(after.problems, f"clients[{len(before)}]"))
            client = after.clients.get(new.client_id)
            others = {name: one for name, one in after.clients.items() if name != new.client_id}
            if client is None or client.client_name != new.client_name or others != before:
                raise _surprise(edit.by_hand(new.lines()))
            self._write(raw, changed, folder)
        return client

    def _appended(self, new: NewClient) -> tuple[bytes | None, dict[str, Client], bytes]:
        """The file (None: there is none yet), its components, and the file with one more."""
        try:
            there: bytes | None = self.path.read_bytes()
        except FileNotFoundError:
            there = None
        begun = edit.emptied(there or b"")
        if begun is not None:
            lines = [f"{'- ' if at == 0 else '  '}{one}\n" for at, one in enumerate(new.lines())]
            return there, {}, begun + "".join(f"  {one}" for one in lines).encode()
        raw, before = self._read()
        if new.client_id in before:
            raise NotPossible(f"ya existe un componente {new.client_id}")
        return raw, before, edit.append(raw, new.lines())

    def set_disabled(self, client_id: str, disabled: bool) -> bool:
        """Disable or enable a component; False when it already was so. Raises as `add` does."""
        with self._locked() as folder:
            raw, before = self._read()
            client = before.get(client_id)
            if client is None:
                raise NotPossible(f"no hay un componente {client_id} en {self.path}")
            if client.disabled is disabled:
                return False
            changed = edit.set_disabled(raw, client_id, disabled)
            after = self._parsed(changed)
            wanted = {**before, client_id: replace(client, disabled=disabled)}
            # An anchor or a merge may carry the value to other components, or back again.
            if not after.ok or after.clients != wanted:
                word = "true" if disabled else "false"
                raise _surprise(f"escriba a mano `disabled: {word}` en el bloque de {client_id}")
            self._write(raw, changed, folder)
        return True

    def _read(self) -> tuple[bytes, dict[str, Client]]:
        found = loader.load(
            self.path,
            production=self._production,
            realms=self._realms,
            algorithms=self._algorithms,
        )
        if not found.ok:
            raise FileHasProblems(found.problems)
        raw = self.path.read_bytes()
        again = self._parsed(raw)
        if not again.ok:
            raise FileHasProblems(again.problems)
        return raw, dict(again.clients)

    def _parsed(self, raw: bytes) -> LoadResult:
        return loader.parse(
            raw,
            report=Report(str(self.path)),
            production=self._production,
            realms=self._realms,
            algorithms=self._algorithms,
        )

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """One command at a time: the folder is locked, since the file itself gets replaced."""
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield folder
        finally:
            os.close(folder)

    def _write(self, before: bytes | None, after: bytes, folder: int) -> None:
        """Swap the file by rename, so that no reader ever sees half of it; mode and owner stay.

        before: None for a file that is not there yet: it will be the folder's owner's.
        """
        found, mode = os.fstat(folder), _NEW
        if before is not None:
            found = self.path.stat()
            mode = stat.S_IMODE(found.st_mode)
        new = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        # Of a command that was cut off, where process numbers come again: the folder is locked.
        new.unlink(missing_ok=True)
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(after)
                file.flush()
                _give(file.fileno(), found)
                os.fchmod(file.fileno(), mode)
                os.fsync(file.fileno())
            # An editor knows nothing of our lock.
            if (self.path.read_bytes() if self.path.exists() else None) != before:
                raise NotPossible("el archivo cambió mientras tanto; repita la orden")
            os.replace(new, self.path)
            os.fsync(folder)
        except BaseException:
            new.unlink(missing_ok=True)
            raise


def _give(handle: int, to: os.stat_result) -> None:
    """The old file's owner and group: the provider may be reading it by either."""
    try:
        os.fchown(handle, to.st_uid, to.st_gid)
    except PermissionError:
        raise NotPossible(
            "el archivo es de otro usuario, y el nuevo no quedaría igual: "
            "ejecute la orden como su dueño, o como root"
        ) from None


def _told(problems: tuple[Problem, ...], block: str) -> list[str]:
    """What is wrong with the new block, by field: it has no line, since it was not written."""
    found = []
    for one in problems:
        if not one.path.startswith(block):
            raise _surprise("agregue el componente a mano")
        field = one.path.removeprefix(block).removeprefix(".")
        found.append(f"{field}: {one.message} → {one.instead}")
    return found


def _surprise(instead: str) -> CannotEdit:
    return CannotEdit("el archivo está escrito de un modo que esta orden no puede cambiar", instead)
