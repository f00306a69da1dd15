"""What a URI of a component must be like: exact, absolute and safe to send a person to."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_EXAMPLE = "https://componente.vuce.gob.pe/callback"
_NATIVE = "use https, o `application_type: native` si es un programa instalado"
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\.?")
_UNSAFE = frozenset('\\<>"{}|^`')

Fault = tuple[str, str]
"""What is wrong, and what to write instead."""


def uri_faults(
    uri: str, *, loopback: bool, example: str = _EXAMPLE, loopback_hint: str = _NATIVE
) -> list[Fault]:
    """Every fault of a URI that a browser is sent to (OpenID Connect Core §3.1.2.1, RFC 9700 §2.1).

    loopback: whether http on localhost, 127.0.0.1 or [::1] is allowed (RFC 8252 §7.3);
    loopback_hint: what to do where it is not.
    """
    faults = []
    if not uri.isascii() or any(char <= " " or char == "\x7f" or char in _UNSAFE for char in uri):
        faults.append(("tiene espacios o caracteres que una URI no admite",
                       "codifíquelos como %XX (el dominio, en punycode)"))  # fmt: skip
    if "*" in uri:
        faults.append(("los comodines no están admitidos", "registre cada URI completa"))
    if "#" in uri:
        faults.append(("no puede tener fragmento", "quite `#` y lo que sigue"))
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return [*faults, ("no es una URI válida", example)]
    if not parts.scheme or not host:
        return [*faults, ("debe ser una URI absoluta", example)]
    if "@" in parts.netloc:
        faults.append(("no puede llevar usuario ni contraseña", "quite lo que precede a `@`"))
    if not faults and not _good_place(parts):
        faults.append(("el dominio o el puerto no es válido", example))
    return faults + _scheme_faults(parts, loopback, loopback_hint)


def _good_place(parts: SplitResult) -> bool:
    """Host and port as DNS and TCP have them (RFC 1123 §2.1); an IPv6 address was parsed before."""
    port = parts.netloc.rsplit("]", 1)[-1].partition(":")
    if port[1] and not 1 <= (parts.port or 0) <= 65_535:
        return False
    return "[" in parts.netloc or bool(_HOST.fullmatch(parts.hostname or ""))


def _scheme_faults(parts: SplitResult, loopback: bool, hint: str) -> list[Fault]:
    if parts.scheme == "https":
        return []
    if parts.scheme != "http":
        return [(f"el esquema `{parts.scheme}` no está admitido", "use https")]
    if parts.hostname not in LOOPBACK:
        return [("http no protege la respuesta", "use https (http solo en localhost)")]
    if not loopback:
        return [("http en localhost no está admitido en producción", hint)]
    return []


def origin_faults(origin: str, *, loopback: bool) -> list[Fault]:
    """Every fault of a browser origin: scheme, host and port alone (RFC 6454 §6.2)."""
    faults = uri_faults(origin, loopback=loopback, example="https://componente.vuce.gob.pe")
    if faults:
        return faults
    parts = urlsplit(origin)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    own = {"http": 80, "https": 443}[parts.scheme]
    port = "" if parts.port in (None, own) else f":{parts.port}"
    plain = f"{parts.scheme}://{host}{port}"
    return [] if origin == plain else [("debe ser solo esquema, dominio y puerto", plain)]
