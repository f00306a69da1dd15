"""The relay's URL: `smtp://host:port`, `smtp+starttls://user:pass@host:587`, `smtps://host:465`."""

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
    )
