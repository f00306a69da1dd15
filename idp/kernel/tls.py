"""Whom this machine trusts, read once: the system's bundle takes tens of milliseconds to parse."""

from __future__ import annotations

import ssl
from functools import cache
from pathlib import Path


@cache
def trust(use: str, ca_file: Path | None, *, also_system: bool = True) -> ssl.SSLContext:
    """A context that checks certificates and names.

    use: who shares it, a library of one protocol: urllib3 offers HTTP in the handshakes of its
    contexts (ALPN), which a mail server may refuse. ca_file: a PEM bundle of further authorities,
    or of the only ones. Raises OSError.
    """
    if ca_file is None:
        return ssl.create_default_context()
    if not also_system:
        return ssl.create_default_context(cafile=str(ca_file))
    context = ssl.create_default_context()
    context.load_verify_locations(cafile=ca_file)
    return context
