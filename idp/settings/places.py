"""URLs and addresses as settings; each parser raises ValueError(what was expected).

No message repeats the value: many hold a password.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from email.headerregistry import HeaderRegistry
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import SplitResult, urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
_SMTP_CLEAR = "smtp"
_SQLITE_IN_MEMORY = ("", "/", "/:memory:")


def split(raw: str) -> SplitResult | None:
    """The parts of a URL whose host and port can be read; None for any other text."""
    text = raw.strip()
    if any(char < " " for char in text):
        return None
    try:
        parts = urlsplit(text)
        _ = parts.hostname, parts.port
    except ValueError:
        return None
    return parts


def split_web(raw: str) -> SplitResult | None:
    """The parts of an http(s) URL with a host, written as RFC 3986 has it; else None."""
    parts = split(raw)
    if not raw.isascii() or any(char in ' \\<>"' for char in raw.strip()) or parts is None:
        return None
    return parts if parts.scheme in _DEFAULT_PORTS and parts.hostname else None


def issuer(raw: str) -> str:
    """An issuer URL (OpenID Connect Discovery §3): it is compared as a text, so it has one form."""
    parts = split_web(raw)
    if parts is None:
        raise ValueError("an http(s) URL")
    if parts.query or parts.fragment or "@" in parts.netloc or parts.path:
        raise ValueError("scheme, host and port alone, without a slash at the end")
    if parts.port == _DEFAULT_PORTS[parts.scheme] or raw.strip() != raw.strip().lower():
        raise ValueError("lower case, and no port where it is the scheme's own")
    return raw.strip()


def web_page(raw: str) -> str:
    """A page that a person is sent to."""
    parts = split_web(raw)
    if parts is None:
        raise ValueError("an http(s) URL")
    return raw.strip()


def proxy(raw: str) -> str:
    """An HTTP proxy, without credentials."""
    parts = split_web(raw)
    if parts is None or parts.scheme != "http" or "@" in parts.netloc:
        raise ValueError("http://HOST:PORT, without a user")
    return raw.strip()


def smtp(raw: str) -> str:
    """Mail relays, with spaces between them; a password is never sent in clear."""
    for one in raw.split() or [raw]:
        _relay(one)
    return " ".join(raw.split())


def _relay(raw: str) -> None:
    parts = split(raw)
    known = ("smtp", "smtp+starttls", "smtps")
    if parts is None or parts.scheme not in known or not parts.hostname:
        raise ValueError("smtp://, smtp+starttls:// or smtps:// with a host")
    if "@" in parts.netloc and parts.scheme == _SMTP_CLEAR:
        raise ValueError("smtp+starttls:// or smtps:// where there are credentials")
    if bool(parts.username) != bool(parts.password):
        raise ValueError("both a user and a password, or neither (encode `@`, `:` and `/` as %XX)")
    if not re.fullmatch(r"(per_minute=[1-9]\d{0,6})?", parts.query, re.ASCII):
        raise ValueError("nothing but ?per_minute=NUMBER after a relay")


def relays_in_clear(urls: str) -> list[str]:
    """The hosts beyond this machine to which mail would go without encryption. urls: as `smtp`
    returned them.
    """
    parts = [urlsplit(one) for one in urls.split()]
    hosts = [one.hostname or "" for one in parts if one.scheme == _SMTP_CLEAR]
    return [host for host in hosts if not is_this_machine(host)]


def is_this_machine(host: str) -> bool:
    """Whether a name or an address is of this machine alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def database(raw: str) -> str:
    """A file of SQLite, or a PostgreSQL."""
    parts = split(raw)
    if parts is not None and parts.scheme == "sqlite":
        if parts.path in _SQLITE_IN_MEMORY or parts.netloc:
            raise ValueError("sqlite:///FILE")
        return raw.strip()
    known = ("postgres", "postgresql", "postgresql+psycopg")
    if parts is None or parts.scheme not in known or not parts.netloc + parts.path.strip("/"):
        raise ValueError("sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME")
    return raw.strip()


def redis(raw: str) -> str:
    """A Redis or Valkey."""
    parts = split(raw)
    expected = "redis://HOST:PORT/0, rediss://HOST:PORT/0 or unix:///PATH"
    if parts is None or parts.scheme not in ("redis", "rediss", "unix"):
        raise ValueError(expected)
    if parts.scheme == "unix":
        good = bool(parts.path.strip("/"))
    else:
        good = bool(parts.hostname) and re.fullmatch(r"/?[0-9]{0,4}", parts.path) is not None
    if not good:
        raise ValueError(expected)
    return raw.strip()


def mailbox(raw: str) -> str:
    """`Name <name@host>` or `name@host`: one address of ASCII (RFC 5322 §3.4)."""
    text = raw.strip()
    expected = ValueError("one address, such as VUCE <no-responder@example.com>")
    if not text.isprintable():
        raise expected
    header: Any = HeaderRegistry()("From", text)
    if header.defects or len(header.addresses) != 1:
        raise expected
    found = header.addresses[0]
    if not found.addr_spec.isascii() or not found.username or not found.domain:
        raise expected
    return text


# Whom everything is told to is a list at most.
_MOST_ADDRESSES = 20


def addresses(raw: str) -> tuple[str, ...]:
    """`name@host` and others, between commas, each once; no names beside them."""
    found = each(_address)(raw)
    if len(found) > _MOST_ADDRESSES:
        raise ValueError(f"{_MOST_ADDRESSES} addresses at most")
    return tuple(dict.fromkeys(found))


def _address(raw: str) -> str:
    text = mailbox(raw)
    if " " in text or "<" in text:
        raise ValueError("addresses alone, such as turno@example.com")
    return text


def listen(raw: str) -> str:
    """`HOST:PORT` to listen on, an IPv6 host in brackets."""
    text = raw.strip()
    match = re.fullmatch(r"(?:\[[0-9a-fA-F:.]+\]|[^\s:\[\]]+):([0-9]{1,5})", text)
    if not match or not 0 < int(match[1]) < 65_536:
        raise ValueError("HOST:PORT, such as 127.0.0.1:8000 or [::1]:8000")
    return text


def host_of(address: str) -> str:
    """The host of what `listen` returned."""
    return address.rpartition(":")[0].strip("[]")


def each(parse: Callable[[str], str]) -> Callable[[str], tuple[str, ...]]:
    """A parser of parts between commas."""

    def parts(raw: str) -> tuple[str, ...]:
        return tuple(parse(part) for part in raw.split(",") if part.strip())

    return parts


def destination(raw: str) -> str:
    """`HOST:PORT` or a network in CIDR notation."""
    try:
        ip_network(raw.strip(), strict=False)
    except ValueError:
        return listen(raw)
    return raw.strip()


def network(raw: str) -> str:
    """A network in CIDR notation, or one address; never all there are."""
    try:
        found = ip_network(raw.strip())
    except ValueError as error:
        raise ValueError("a network such as 10.20.0.0/16, or an address") from error
    if not found.prefixlen:
        raise ValueError("a network smaller than all addresses there are")
    return str(found)
