"""How the text of a variable becomes a value; each raises ValueError(what was expected)."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from pathlib import Path

LONGEST = 36_500 * 86_400


def text(raw: str) -> str:
    """Any text, without spaces around it."""
    return raw.strip()


def seconds(raw: str) -> int:
    """`600`, `10m`, `8h`, `180d`, in seconds."""
    match = re.fullmatch(r"([0-9]{1,9})\s*([smhd]?)", raw.strip())
    if not match:
        raise ValueError("a number of seconds, or with a unit: 600, 10m, 8h, 180d")
    found = int(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}[match[2]]
    if found > LONGEST:
        raise ValueError("a hundred years at most")
    return found


def count(raw: str) -> int:
    """A whole number."""
    if not re.fullmatch(r"[0-9]{1,7}", raw.strip()):
        raise ValueError("a whole number below ten million")
    return int(raw)


def path(raw: str) -> Path:
    """A file or folder."""
    return Path(raw.strip())


def ca_file(raw: str) -> Path:
    """A file of certificates in PEM that OpenSSL takes."""
    found = path(raw)
    try:
        ssl.create_default_context().load_verify_locations(cafile=found)
    except (OSError, ValueError) as error:
        raise ValueError(f"a file of CA certificates in PEM ({type(error).__name__})") from error
    return found


def manual_folder(raw: str) -> Path:
    """A folder that `make manual` made."""
    found = path(raw)
    if not (found / "imagenes").is_dir():
        raise ValueError("a folder that `make manual` made, with its `imagenes`")
    return found


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
