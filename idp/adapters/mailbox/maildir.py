"""A maildir, into which the mail server of the installation delivers."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from idp.mail.bounces import MOST_BYTES

_log = logging.getLogger(__name__)


class MaildirBox:
    """`mail.bounces.Mailbox`: what is not marked as seen. Raises FileNotFoundError at once.

    The standard library's `mailbox` parses a message to tell its flags and writes it anew to change
    them: what nobody can parse would stop the reader. Here both are in the file's name.
    """

    def __init__(self, folder: Path) -> None:
        if not (folder / "new").is_dir():
            raise FileNotFoundError(f"{folder} is no maildir")
        self._folder = folder

    def unread(self) -> Iterator[tuple[str, bytes]]:
        """What is new, or was read by nobody, by its path in the folder."""
        for place in ("new", "cur"):
            folder = self._folder / place
            for path in sorted(folder.iterdir()) if folder.is_dir() else ():
                if not path.name.startswith(".") and "S" not in _flags(path.name):
                    raw = _first_bytes(path)
                    if raw is not None:
                        yield f"{place}/{path.name}", raw

    def done(self, message: str) -> None:
        """Marked as seen, and no longer new; another reader may have done so."""
        path = self._folder / message
        flags = "".join(sorted({*_flags(path.name), "S"}))
        (self._folder / "cur").mkdir(exist_ok=True)
        with suppress(FileNotFoundError):
            path.rename(self._folder / "cur" / f"{path.name.partition(':')[0]}:2,{flags}")


def _flags(name: str) -> str:
    return name.partition(":2,")[2]


def _first_bytes(path: Path) -> bytes | None:
    """None for what another reader took meanwhile, and for what we may not read."""
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES)
    except OSError as error:
        _log.warning("a message was not read", extra={"error": type(error).__name__})
        return None
