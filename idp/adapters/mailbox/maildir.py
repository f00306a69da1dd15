"""A maildir, into which the mail server of the installation delivers."""

from __future__ import annotations

import mailbox
from collections.abc import Iterator
from pathlib import Path


class MaildirBox:
    """`mail.bounces.Mailbox`: what is not marked as seen. Raises FileNotFoundError at once."""

    def __init__(self, folder: Path) -> None:
        if not (folder / "new").is_dir():
            raise FileNotFoundError(f"{folder} is no maildir")
        self._box = mailbox.Maildir(folder, create=False)

    def unread(self) -> Iterator[tuple[str, bytes]]:
        """What is new, or was read by nobody."""
        for key, message in self._box.iteritems():
            if "S" not in message.get_flags():
                yield key, self._box.get_bytes(key)

    def done(self, message: str) -> None:
        """Marked as seen, and no longer new."""
        found = self._box.get_message(message)
        found.set_subdir("cur")
        found.add_flag("S")
        self._box[message] = found
