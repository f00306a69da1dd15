"""A folder of an IMAP account, over verified TLS."""

from __future__ import annotations

import imaplib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from idp.kernel.tls import trust
from idp.mail.bounces import MOST_BYTES

_log = logging.getLogger(__name__)
TIMEOUT_SECONDS = 30.0
# RFC 9051 §6.4.5: the first bytes of the whole message, without marking it as seen.
_WHAT = f"(BODY.PEEK[]<0.{MOST_BYTES}>)"


class ImapBox:
    """`mail.bounces.Mailbox`: what is not marked as seen.

    url: `imaps://user@host[:port][/FOLDER]`, INBOX without a folder. Raises ValueError for another
    form, OSError when the server does not answer or refuses us.
    """

    def __init__(self, url: str, password: str, *, ca_file: Path | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme != "imaps" or not parts.hostname or not parts.username or parts.password:
            raise ValueError("imaps://USER@HOST/FOLDER, without a password")
        with _as_os_error():
            self._imap = imaplib.IMAP4_SSL(
                parts.hostname,
                parts.port or 993,
                ssl_context=trust("imap", ca_file),
                timeout=TIMEOUT_SECONDS,
            )
            self._imap.login(unquote(parts.username), password)
            _ok(self._imap.select(f'"{unquote(parts.path.strip("/")) or "INBOX"}"'))

    def unread(self) -> Iterator[tuple[str, bytes]]:
        """By the folder's own ids (RFC 9051 §2.3.1.1)."""
        with _as_os_error():
            found = _ok(self._imap.uid("SEARCH", "UNSEEN"))
        for uid in (found[0] or b"").split():
            with _as_os_error():
                status, answer = self._imap.uid("FETCH", uid.decode(), _WHAT)
            if status != "OK":
                _log.warning("a message was not read", extra={"uid": uid.decode(), "said": status})
                continue
            raw = next((one[1] for one in answer if isinstance(one, tuple)), None)
            if raw is not None:
                yield uid.decode(), raw

    def done(self, message: str) -> None:
        """Marked as seen."""
        with _as_os_error():
            _ok(self._imap.uid("STORE", message, "+FLAGS", r"(\Seen)"))

    def close(self) -> None:
        """End the connection."""
        with _as_os_error():
            self._imap.logout()


@contextmanager
def _as_os_error() -> Iterator[None]:
    """The library's errors, which may repeat what a server said, as one of ours."""
    try:
        yield
    except imaplib.IMAP4.error:
        raise OSError("the IMAP server refuses what we asked") from None


def _ok(answer: tuple[str, list[Any]]) -> list[Any]:
    if answer[0] != "OK":
        raise OSError("the IMAP server refuses what we asked")
    return answer[1]
