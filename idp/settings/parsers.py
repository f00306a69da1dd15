"""How the text of a variable becomes a value; each raises ValueError(what was expected)."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit


def text(raw: str) -> str:
    """Any text, without spaces around it."""
    return raw.strip()


def seconds(raw: str) -> int:
    """`600`, `10m`, `8h`, `180d`, in seconds."""
    match = re.fullmatch(r"(\d+)\s*([smhd]?)", raw.strip())
    if not match:
        raise ValueError("a number of seconds, or with a unit: 600, 10m, 8h, 180d")
    return int(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}[match[2]]


def count(raw: str) -> int:
    """A whole number."""
    if not raw.strip().isdigit():
        raise ValueError("a whole number")
    return int(raw)


def path(raw: str) -> Path:
    """A file or folder."""
    return Path(raw.strip())


def comma_list(raw: str) -> tuple[str, ...]:
    """Parts between commas."""
    return tuple(part.strip() for part in raw.split(",") if part.strip())


def one_of(*allowed: str) -> Callable[[str], str]:
    """A parser of a closed list."""

    def parse(raw: str) -> str:
        if raw.strip() not in allowed:
            raise ValueError("one of " + ", ".join(allowed))
        return raw.strip()

    return parse


def pattern(raw: str) -> str:
    """A regular expression that compiles."""
    try:
        re.compile(raw)
    except re.error as error:
        raise ValueError(f"a regular expression ({error})") from error
    return raw


def issuer(raw: str) -> str:
    """An issuer URL (OpenID Connect Discovery §3)."""
    parts = urlsplit(raw.strip())
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError("an http(s) URL without query or fragment (OpenID Connect Discovery §3)")
    if raw.strip().endswith("/"):
        raise ValueError("a URL without a slash at its end")
    return raw.strip()


def address(raw: str) -> str:
    """`HOST:PORT`, an IPv6 host in brackets."""
    if not re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[^\s:\[\]]+):\d{1,5}", raw.strip()):
        raise ValueError("HOST:PORT, such as 127.0.0.1:8000 or [::1]:8000")
    return raw.strip()
