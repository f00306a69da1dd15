"""Relays' URLs: `smtp://host:port`, `smtp+starttls://user:pass@host:587`, `smtps://host:465`.

Several stand in the order of preference, with spaces between them; `?per_minute=600` is a cap.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote, urlsplit

Security = Literal["none", "starttls", "tls"]
_SCHEMES: dict[str, tuple[Security, int]] = {
    "smtp": ("none", 25),
    "smtp+starttls": ("starttls", 587),
    "smtps": ("tls", 465),
}


@dataclass(frozen=True)
class SmtpUrl:
    """Where the relay is, how the way there is kept private, and who we are to it."""

    host: str
    port: int
    security: Security
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    per_minute: int = 0

    @property
    def name(self) -> str:
        """Host and port: what a log may tell."""
        return f"{self.host}:{self.port}"


def parse_smtp_urls(urls: str) -> list[SmtpUrl]:
    """Read one or several. Raises ValueError as `parse_smtp_url`."""
    return [parse_smtp_url(one) for one in urls.split()]


def parse_smtp_url(url: str) -> SmtpUrl:
    """Read the URL. Raises ValueError, whose text does not repeat the URL (it may hold a password).

    A password is never sent in clear: credentials need `smtp+starttls` or `smtps`.
    """
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES or not parts.hostname:
        raise ValueError("smtp://, smtp+starttls:// or smtps:// with a host")
    security, port = _SCHEMES[parts.scheme]
    if parts.username and security == "none":
        raise ValueError("credentials need smtp+starttls:// or smtps://")
    return SmtpUrl(
        host=parts.hostname,
        port=parts.port or port,
        security=security,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        per_minute=_cap(parts.query),
    )


def _cap(query: str) -> int:
    name, _, value = query.partition("=")
    if not query:
        return 0
    if name != "per_minute" or not (value.isascii() and value.isdigit() and int(value) > 0):
        raise ValueError("smtp URL: only ?per_minute=NUMBER may follow")
    return int(value)
