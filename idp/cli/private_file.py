"""A new file of people's data: for its owner alone, and whole or not there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from idp.kernel.errors import IdpError


@contextmanager
def private_file(path: Path) -> Iterator[TextIO]:
    """Open it to write UTF-8, with mode 0600 from its first moment. What is left half written, by
    whatever was raised or Ctrl-C, is removed: it would be in clear, and in the way of the next try.

    Raises IdpError("file_unwritable"), also for a file that is there already, which stays.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                yield file
        except BaseException:
            with suppress(OSError):
                path.unlink()
            raise
    except OSError as error:
        raise IdpError("file_unwritable", detail=f"{path}: {error.strerror}") from error
